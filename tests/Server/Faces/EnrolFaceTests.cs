using System.Net;
using System.Text;
using SightPay.Server.Api;
using SightPay.Server.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Faces;

public sealed class EnrolFaceTests : IAsyncLifetime
{
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Enrolled_face_is_told_without_its_numbers_and_found_at_once()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 5000);
        var enrolled = await rider.EnrolAsync(TestPhotos.AtHome(0));
        Assert.Equal((2, "none"), ((int)enrolled["images_used"]!, (string)enrolled["liveness"]!));
        using var shown = await rider.Http.GetAsync($"/users/{rider.Id}/face");
        var face = await ServerBed.ReadAsync(shown, HttpStatusCode.OK);
        Assert.Equal(
            ["enrolled", "template_id", "quality", "liveness", "enrolled_at", "enrol_again"],
            face.Select(member => member.Key));
        Assert.Equal((string)enrolled["template_id"]!, (string)face["template_id"]!);
        var seen = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal(("open", rider.Id), ((string)seen["decision"]!, (Guid)seen["person"]!["id"]!));
    }

    [Fact]
    public async Task A_repeated_enrolment_under_its_key_is_the_first_one_and_another_body_is_refused()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        await rider.ConsentAsync();
        rider.Http.DefaultRequestHeaders.Add(Idempotency.KeyHeader, "enrol-1");
        using var first = await rider.SendFaceAsync(TestPhotos.AtHome(0));
        using var again = await rider.SendFaceAsync(TestPhotos.AtHome(0));
        using var other = await rider.SendFaceAsync(TestPhotos.AtHome(1));
        var answer = await ServerBed.ReadAsync(first, HttpStatusCode.OK);
        var replayed = await ServerBed.ReadAsync(again, HttpStatusCode.OK);
        Assert.Equal((string)answer["template_id"]!, (string)replayed["template_id"]!);
        Assert.True(again.Headers.Contains(Idempotency.ReplayedHeader));
        Assert.Equal("idempotency_key_reused", await ServerBed.CodeAsync(other, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task Nothing_is_enrolled_without_consent()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        using var refused = await rider.SendFaceAsync(TestPhotos.AtHome(0));
        Assert.Equal("consent_missing", await ServerBed.CodeAsync(refused, HttpStatusCode.Forbidden));
        Assert.Equal(0, _bed.Get<FaceRecogniser>().Enrolled);
    }

    [Fact]
    public async Task Only_the_person_and_operators_enrol_show_and_erase()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        using var other = await TestRider.SignUpAsync(_bed, "Ravi Das");
        await rider.ConsentAsync();
        using var enrol = await rider.SendFaceAsync(other.Http, TestPhotos.AtHome(0));
        Assert.Equal(HttpStatusCode.Forbidden, enrol.StatusCode);
        using var show = await other.Http.GetAsync($"/users/{rider.Id}/face");
        Assert.Equal(HttpStatusCode.Forbidden, show.StatusCode);
        using var erase = await other.Http.DeleteAsync($"/users/{rider.Id}/face");
        Assert.Equal(HttpStatusCode.Forbidden, erase.StatusCode);
        using var operators = await _bed.OperatorAsync();
        using var byOperator = await rider.SendFaceAsync(operators, TestPhotos.AtHome(0));
        await ServerBed.ReadAsync(byOperator, HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("no_face")]
    [InlineData("several_faces")]
    [InlineData("face_too_small")]
    [InlineData("face_bad_light")]
    [InlineData("face_cut_off")]
    [InlineData("face_covered")]
    [InlineData("different_people")]
    [InlineData("not_a_picture")]
    [InlineData("picture_truncated")]
    [InlineData("picture_too_large")]
    public async Task A_photo_that_cannot_be_used_says_why_and_which_one(string code)
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        await rider.ConsentAsync();
        using var refused = await rider.SendFaceAsync(TestPhotos.AtHome(0)[0], BadPhoto(code));
        var problem = await ServerBed.ReadAsync(refused, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(code, (string)problem["code"]!);
        Assert.Equal("image[1]", Assert.Single(problem["errors"]!.AsObject()).Key);
        Assert.Equal(0, _bed.Get<FaceRecogniser>().Enrolled);
    }

    [Fact]
    public async Task Photos_are_one_to_five()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        await rider.ConsentAsync();
        using var none = await rider.SendFaceAsync();
        Assert.False(none.IsSuccessStatusCode);
        var photo = TestPhotos.AtHome(0)[0];
        using var six = await rider.SendFaceAsync(photo, photo, photo, photo, photo, photo);
        Assert.Equal("too_many_images", await ServerBed.CodeAsync(six, HttpStatusCode.UnprocessableEntity));
        using var json = await rider.Http.PutAsync(
            $"/users/{rider.Id}/face", new StringContent("{}", Encoding.UTF8, "application/json"));
        Assert.Equal("multipart_expected", await ServerBed.CodeAsync(json, HttpStatusCode.UnsupportedMediaType));
    }

    [Fact]
    public async Task One_face_never_belongs_to_two_people()
    {
        using var first = await TestRider.SignUpAsync(_bed, "Asha Roy");
        using var second = await TestRider.SignUpAsync(_bed, "Thief Roy");
        await first.EnrolAsync(TestPhotos.AtHome(0));
        await second.ConsentAsync();
        using var refused = await second.SendFaceAsync(TestPhotos.AtTheGate(0));
        Assert.Equal("face_already_enrolled", await ServerBed.CodeAsync(refused, HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Of_two_people_who_enrol_one_face_at_once_exactly_one_wins()
    {
        var riders = new List<TestRider>();
        for (var i = 0; i < 4; i++)
        {
            riders.Add(await TestRider.SignUpAsync(_bed, $"Rider {i}"));
            await riders[i].ConsentAsync();
        }
        var answers = await Task.WhenAll(riders.Select(rider => rider.SendFaceAsync(TestPhotos.AtHome(0))));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(1, _bed.Get<FaceRecogniser>().Enrolled);
        foreach (var answer in answers) answer.Dispose();
        foreach (var rider in riders) rider.Dispose();
    }

    [Fact]
    public async Task S1_stale_re_enrol_The_new_face_replaces_the_old_one()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.EnrolAsync(TestPhotos.AtHome(0));
        using (var replaced = await rider.SendFaceAsync(TestPhotos.AtHome(1)))
            await ServerBed.ReadAsync(replaced, HttpStatusCode.OK);
        Assert.Equal("unknown_person", (string)(await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0)))["reason"]!);
        Assert.Equal("ok", (string)(await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(1)))["reason"]!);
        await _bed.RestartAsync();
        Assert.Equal(1, _bed.Get<FaceRecogniser>().Enrolled);
        Assert.Equal("unknown_person", (string)(await _bed.SeeAsync("S2-in", TestPhotos.AtTheGate(0)))["reason"]!);
    }

    [Fact]
    public async Task Erased_and_withdrawn_faces_are_unrecoverable()
    {
        using var erased = await TestRider.SignUpAsync(_bed, "Asha Roy");
        using var withdrawn = await TestRider.SignUpAsync(_bed, "Ravi Das");
        await erased.EnrolAsync(TestPhotos.AtHome(0));
        await withdrawn.EnrolAsync(TestPhotos.AtHome(1));
        using (var gone = await erased.Http.DeleteAsync($"/users/{erased.Id}/face"))
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        using (var gone = await withdrawn.Http.DeleteAsync($"/users/{withdrawn.Id}/consents/face"))
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal(0, _bed.Get<FaceRecogniser>().Enrolled);
        Assert.Equal("unknown_person", (string)(await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0)))["reason"]!);
        Assert.Equal("unknown_person", (string)(await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(1)))["reason"]!);
        Assert.Equal(0, await CountAsync("select count(*) from face"));
        Assert.Equal(0, await CountAsync("select count(*) from person_key"));
        using var shown = await erased.Http.GetAsync($"/users/{erased.Id}/face");
        Assert.False((bool)(await ServerBed.ReadAsync(shown, HttpStatusCode.OK))["enrolled"]!);
    }

    [Fact]
    public async Task S1_traversal_in_enrol_A_name_of_a_file_or_a_person_is_never_a_path()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "../../../tmp/Asha");
        var known = Directory.EnumerateFileSystemEntries(_bed.DataFolder, "*", SearchOption.AllDirectories)
            .Order().ToList();
        // SendFaceAsync names each part ../../etc/photo.jpg.
        await rider.EnrolAsync(TestPhotos.AtHome(0));
        Assert.Equal(
            known,
            Directory.EnumerateFileSystemEntries(_bed.DataFolder, "*", SearchOption.AllDirectories).Order());
        using var traversal = await rider.Http.GetAsync("/users/..%2f..%2fetc%2fpasswd/face");
        Assert.Equal(HttpStatusCode.NotFound, traversal.StatusCode);
    }

    [Fact]
    public async Task Neither_the_picture_nor_the_template_is_stored_in_clear()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        var photo = TestPhotos.AtHome(0)[0];
        await rider.EnrolAsync(photo);
        await using var command = _bed.Database.DataSource.CreateCommand("select sealed from face");
        var box = (byte[])(await command.ExecuteScalarAsync())!;
        // Floats of a unit vector share their exponents; sealed bytes look random.
        Assert.True(box.GroupBy(value => value).Max(group => group.Count()) < box.Length / 20);
    }

    private static byte[] BadPhoto(string code) => code switch
    {
        "no_face" => SampleFaces.PhotoOfNobody(),
        "several_faces" => TestPhotos.OfTwo(0, 1),
        "face_too_small" => TestPhotos.Photo(0, SampleFaces.AtHome with { FaceWidth = 40 }),
        "face_bad_light" => TestPhotos.Overexposed(0),
        "face_cut_off" => TestPhotos.Photo(0, SampleFaces.AtHome with { CentreX = 0.08f }),
        "face_covered" => TestPhotos.Covered(0, "mask", SampleFaces.AtHome),
        "different_people" => TestPhotos.AtHome(1)[0],
        "not_a_picture" => Encoding.UTF8.GetBytes("this is no picture at all, whatever its name says"),
        "picture_truncated" => TestPhotos.AtHome(0)[0][..4000],
        _ => PngHeader(60_000, 60_000),
    };

    /// <summary>Claims to be huge; the header alone must do.</summary>
    private static byte[] PngHeader(int width, int height)
    {
        var png = PictureCodec.EncodePng(new Picture(1, 1, [1, 2, 3]));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc(png.AsSpan(12, 17)));
        return png;
    }

    /// <summary>The check sum of a PNG chunk.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }
        return ~crc;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
