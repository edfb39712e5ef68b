using System.Net;
using System.Text;
using SightPay.Ledger;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Transit;

/// <summary>The main job over HTTP with real pictures: a face opens a gate and pays the fare.</summary>
public sealed class GateStoryTests : IAsyncLifetime
{
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_face_opens_a_gate_and_pays_the_fare_once()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 10_000);
        await asha.EnrolAsync(TestPhotos.AtHome(0));
        await ravi.EnrolAsync(TestPhotos.AtHome(1));

        var entry = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal(("open", "ok", asha.Id), (
            (string)entry["decision"]!, (string)entry["reason"]!, (Guid)entry["person"]!["id"]!));
        var timings = entry["timings_ms"]!;
        Assert.All(["detect", "embed", "search", "ledger", "total"], name => Assert.True((double)timings[name]! >= 0));
        Assert.True((double)timings["total"]! >= (double)timings["detect"]! + (double)timings["embed"]!);

        var exit = await _bed.SeeAsync("S2-out", TestPhotos.AtTheGate(0));
        Assert.Equal(("open", "ok", 500L, 9500L), (
            (string)exit["decision"]!, (string)exit["reason"]!, (long)exit["fare_minor"]!,
            (long)exit["balance_minor"]!));
        Assert.Equal((9500, 0), await asha.WalletAsync());
        Assert.Equal((10_000, 0), await ravi.WalletAsync());
    }

    [SkippableFact]
    public async Task Another_photograph_of_the_person_opens_and_a_second_person_is_never_charged()
    {
        var folder = WholePhotos();
        Skip.If(folder is null, "The whole photographs are not here.");
        using var first = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        using var second = await TestRider.SignUpAsync(_bed, "Ravi Das", 10_000);
        await first.EnrolAsync(File.ReadAllBytes(Path.Combine(folder, "img1.jpg")),
            File.ReadAllBytes(Path.Combine(folder, "img4.jpg")));
        await second.EnrolAsync(File.ReadAllBytes(Path.Combine(folder, "img20.jpg")));
        foreach (var (gate, photo) in new[] { ("S1-in", "img2.jpg"), ("S2-out", "img5.jpg"), ("S3-in", "img6.jpg") })
        {
            var answer = await _bed.SeeAsync(gate, File.ReadAllBytes(Path.Combine(folder, photo)));
            Assert.Equal(("open", first.Id), ((string)answer["decision"]!, (Guid)answer["person"]!["id"]!));
        }
        Assert.Equal((9500, 2000), await first.WalletAsync());
        Assert.Equal((10_000, 0), await second.WalletAsync());
        var other = await _bed.SeeAsync("S1-in", File.ReadAllBytes(Path.Combine(folder, "img21.jpg")));
        Assert.Equal(second.Id, (Guid)other["person"]!["id"]!);
    }

    [Fact]
    public async Task S1_bystander_charge_Two_faces_are_nobodys_and_nobody_is_charged()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await asha.EnrolAsync(TestPhotos.AtHome(0));
        var answer = await _bed.SeeAsync("S1-in", TestPhotos.OfTwo(0, 1));
        Assert.Equal(("deny", "several_faces"), ((string)answer["decision"]!, (string)answer["reason"]!));
        Assert.Null(answer["person"]);
        Assert.Equal((10_000, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task S1_no_face_500_A_picture_without_a_face_is_an_answer_and_sticks_to_its_key()
    {
        var key = Guid.CreateVersion7().ToString();
        var answer = await _bed.SeeAsync("S1-in", SampleFaces.PhotoOfNobody(), key);
        Assert.Equal(("deny", "no_face"), ((string)answer["decision"]!, (string)answer["reason"]!));
        var again = await _bed.SeeAsync("S1-in", SampleFaces.PhotoOfNobody(), key);
        Assert.Equal(answer.ToJsonString(), again.ToJsonString());
        using var other = await _bed.ShowAsync("S1-in", TestPhotos.AtTheGate(0), key);
        Assert.Equal("idempotency_key_reused", await ServerBed.CodeAsync(other, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task Nobody_enrolled_is_an_unknown_person()
    {
        var answer = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal(("deny", "unknown_person"), ((string)answer["decision"]!, (string)answer["reason"]!));
    }

    [Fact]
    public async Task A_replayed_key_gives_the_first_answer_whatever_its_envelope_and_charges_once()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await asha.EnrolAsync(TestPhotos.AtHome(0));
        var (key, photo) = (Guid.CreateVersion7().ToString(), TestPhotos.AtTheGate(0));
        var bodies = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            using var answer = await _bed.ShowAsync("S1-in", photo, key, boundary: $"another-envelope-{i}");
            return (await ServerBed.ReadAsync(answer, HttpStatusCode.OK)).ToJsonString();
        }));
        Assert.Single(bodies.Distinct());
        Assert.Equal((10_000, 2000), await asha.WalletAsync());
        await _bed.RestartAsync();
        Assert.Equal(bodies[0], (await _bed.SeeAsync("S1-in", photo, key)).ToJsonString());
    }

    [Fact]
    public async Task S1_unknown_station_and_wrong_keys_are_refused()
    {
        var photo = SampleFaces.PhotoOfNobody();
        using var none = await _bed.ShowAsync("S1-in", photo, stationKey: "");
        Assert.Equal("station_key_invalid", await ServerBed.CodeAsync(none, HttpStatusCode.Unauthorized));
        using var wrong = await _bed.ShowAsync("S1-in", photo, stationKey: new string('A', 43));
        Assert.Equal("station_key_invalid", await ServerBed.CodeAsync(wrong, HttpStatusCode.Unauthorized));
        using var others = await _bed.ShowAsync("S1-in", photo, stationKey: _bed.StationKey("S2-in"));
        Assert.Equal("wrong_station", await ServerBed.CodeAsync(others, HttpStatusCode.Forbidden));
        using var unknown = await _bed.ShowAsync("S99-in", photo, stationKey: _bed.StationKey("S1-in"));
        Assert.Equal("gate_not_found", await ServerBed.CodeAsync(unknown, HttpStatusCode.NotFound));
        using var noKey = await _bed.ShowAsync("S1-in", photo, key: "");
        Assert.Equal("idempotency_key_missing", await ServerBed.CodeAsync(noKey, HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task What_is_no_picture_is_refused_and_not_recorded()
    {
        var key = Guid.CreateVersion7().ToString();
        using var text = await _bed.ShowAsync("S1-in", Encoding.UTF8.GetBytes("no picture"), key);
        Assert.Equal("not_a_picture", await ServerBed.CodeAsync(text, HttpStatusCode.UnprocessableEntity));
        using var cut = await _bed.ShowAsync("S1-in", TestPhotos.AtTheGate(0)[..3000]);
        Assert.Equal("picture_truncated", await ServerBed.CodeAsync(cut, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("no_face", (string)(await _bed.SeeAsync("S1-in", SampleFaces.PhotoOfNobody(), key))["reason"]!);
    }

    private static string? WholePhotos()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "SightPay.slnx"))) continue;
            var whole = Path.Combine(folder.FullName, "..", "shared", "data", "faces", "whole");
            return Directory.Exists(whole) ? whole : null;
        }
        return null;
    }
}
