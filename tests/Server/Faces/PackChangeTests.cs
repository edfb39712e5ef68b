using System.Net;
using Dapper;
using SightPay.Server.Faces;
using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>The installation has changed its model pack: templates of the one before are never compared.</summary>
public sealed class PackChangeTests : IAsyncLifetime
{
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Who_enrolled_with_another_pack_is_counted_told_and_recognised_after_a_new_enrolment()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 5000);
        await rider.EnrolAsync(TestPhotos.AtHome(0));
        var follower = _bed.Get<GalleryFollower>();
        Assert.Equal(0, follower.ToEnrolAgain);

        await using (var connection = await _bed.Database.DataSource.OpenConnectionAsync())
            await connection.ExecuteAsync(
                """
                update face set pack = 'standard-1';
                insert into face_change (person, at) select person, now() from face;
                """);
        await follower.CatchUpAsync(default);
        Assert.Equal((1, 0), (follower.ToEnrolAgain, _bed.Get<FaceRecogniser>().Enrolled));
        Assert.True(await MustEnrolAgainAsync(rider));
        var seen = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal(("deny", "unknown_person"), ((string)seen["decision"]!, (string)seen["reason"]!));

        await rider.EnrolAsync(TestPhotos.AtHome(0));
        Assert.Equal((0, 1), (follower.ToEnrolAgain, _bed.Get<FaceRecogniser>().Enrolled));
        Assert.False(await MustEnrolAgainAsync(rider));
        seen = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal("open", (string)seen["decision"]!);
    }

    [SkippableFact]
    public async Task A_start_with_the_precise_pack_asks_everybody_to_enrol_again_and_then_knows_them_apart()
    {
        var packs = Directory.CreateDirectory(Path.Combine(_bed.DataFolder, "models")).FullName;
        await new PackInstaller(packs).AddPreciseAsync(new FileFolder(SharedModels.Require()), default);
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 5000);
        await asha.EnrolAsync(TestPhotos.AtHome(0));
        await _bed.RestartAsync(faces: new FacesSettings { Pack = new InstalledPacks(packs).Best });
        var recogniser = _bed.Get<FaceRecogniser>();
        Assert.Equal(("precise-1", 0), (recogniser.Pack, recogniser.Enrolled));
        Assert.Equal(1, _bed.Get<GalleryFollower>().ToEnrolAgain);

        using var again = await TestRider.SignUpAsync(_bed, "Asha Roy", 5000);
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 5000);
        await again.EnrolAsync(TestPhotos.AtHome(0));
        await ravi.EnrolAsync(TestPhotos.AtHome(1));
        Assert.Equal(2, recogniser.Enrolled);
        foreach (var (rider, person) in ((TestRider, int)[])[(again, 0), (ravi, 1)])
        {
            var seen = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(person));
            Assert.Equal(("open", rider.Id), ((string)seen["decision"]!, (Guid)seen["person"]!["id"]!));
        }
        var stranger = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(2));
        Assert.Equal("unknown_person", (string)stranger["reason"]!);
    }

    private static async Task<bool> MustEnrolAgainAsync(TestRider rider)
    {
        using var shown = await rider.Http.GetAsync($"/users/{rider.Id}/face");
        return (bool)(await ServerBed.ReadAsync(shown, HttpStatusCode.OK))["enrol_again"]!;
    }
}
