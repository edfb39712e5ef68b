using System.Net;
using Dapper;
using SightPay.Server.Faces;
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

    private static async Task<bool> MustEnrolAgainAsync(TestRider rider)
    {
        using var shown = await rider.Http.GetAsync($"/users/{rider.Id}/face");
        return (bool)(await ServerBed.ReadAsync(shown, HttpStatusCode.OK))["enrol_again"]!;
    }
}
