using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>Frames that are played back: repeated, reordered and duplicated ones are refused, and a lost answer is
/// given again.</summary>
public sealed class FrameOrderTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await _asha.EnrolAsync(TestPhotos.AtHome(0));
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Theory]
    [InlineData("S1-in")]
    [InlineData("canteen-till")]
    public async Task The_very_same_picture_under_another_key_is_refused_and_the_stream_goes_on(string station)
    {
        using var stream = await StationSocket.OpenAsync(_bed, station);
        var (key, photo) = (Guid.CreateVersion7().ToString(), TestPhotos.AtTheGate(0));
        var seen = await stream.ShowAsync(photo, key);
        Assert.Equal("sighting", (string)seen["type"]!);
        Assert.Equal("409 frame_repeated, 1 credit", Refusal(await stream.ShowAsync(photo)));
        Assert.Equal("no_face", await ReasonAsync(stream, Nobody(0)));
        Assert.Equal("409 frame_repeated, 1 credit", Refusal(await stream.ShowAsync(photo)));
        Assert.Equal("409 frame_repeated, 1 credit", Refusal(await stream.ShowAsync(Nobody(0))));
        // Whoever lost the answer has it, however much came in between.
        Assert.Equal(seen["answer"]!.ToJsonString(), (await stream.ShowAsync(photo, key))["answer"]!.ToJsonString());
    }

    [Fact]
    public async Task Frames_whose_count_does_not_rise_are_refused_and_answers_are_given_again()
    {
        using var stream = await StationSocket.OpenAsync(_bed, "S1-in");
        var (key, photo) = (Guid.CreateVersion7().ToString(), TestPhotos.AtTheGate(0));
        var seen = await stream.ShowAsync(photo, key, seq: 7);
        Assert.Equal("open", (string)seen["answer"]!["decision"]!);
        Assert.Equal("409 frame_out_of_order, 1 credit", Refusal(await stream.ShowAsync(Nobody(0), seq: 6)));
        Assert.Equal("409 frame_out_of_order, 1 credit", Refusal(await stream.ShowAsync(Nobody(1), seq: 7)));
        Assert.Equal("409 frame_out_of_order, 1 credit", Refusal(await stream.ShowAsync(Nobody(2))));
        Assert.Equal("400 frame_invalid, 1 credit", Refusal(await stream.ShowAsync(Nobody(3), seq: -1)));
        Assert.Equal("400 frame_not_announced, 0 credit", Refusal(await stream.HearAsync()));
        Assert.Equal("no_face", await ReasonAsync(stream, Nobody(4), seq: 8));
        var again = await stream.ShowAsync(photo, key, seq: 7);
        Assert.Equal(seen["answer"]!.ToJsonString(), again["answer"]!.ToJsonString());
        Assert.Equal((10_000, 2000), await _asha.WalletAsync());
    }

    [Fact]
    public async Task An_undecided_picture_is_looked_at_again_only_while_it_is_the_newest()
    {
        using var stream = await StationSocket.OpenAsync(_bed, "S1-in");
        var key = Guid.CreateVersion7().ToString();
        var crowded = TestPhotos.OfTwo(0, 1);
        for (var i = 0; i < 2; i++)
            Assert.Equal("several_faces", (string)(await stream.ShowAsync(crowded, key))["answer"]!["reason"]!);
        Assert.Equal("no_face", await ReasonAsync(stream, Nobody(0)));
        Assert.Equal("409 frame_out_of_order, 1 credit", Refusal(await stream.ShowAsync(crowded, key)));
        // A stream that is opened after a break has seen nothing newer.
        using var opened = await StationSocket.OpenAsync(_bed, "S1-in");
        Assert.Equal("several_faces", (string)(await opened.ShowAsync(crowded, key))["answer"]!["reason"]!);
    }

    [Fact]
    public async Task A_camera_that_stands_still_for_an_hour_charges_and_alerts_once()
    {
        var look = SampleFaces.AtTheGate;
        var twice = TestPhotos.Scene(
            960, 540, (0, look with { CentreX = 0.3f }), (0, look with { CentreX = 0.7f, FaceWidth = 150, Gain = 1 }));
        using var stream = await StationSocket.OpenAsync(_bed, "S1-in");
        Assert.Equal("ok", await ReasonAsync(stream, twice));
        for (var minute = 0; minute < 60; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal("409 frame_repeated, 1 credit", Refusal(await stream.ShowAsync(twice)));
        }
        Assert.Equal((10_000, 2000), await _asha.WalletAsync());
        await using var count = _bed.Database.DataSource.CreateCommand(
            "select count(*) from audit_entry where what = 'same_face_twice'");
        Assert.Equal(1L, await count.ExecuteScalarAsync());
    }

    [Fact]
    public void What_a_stream_remembers_is_bounded_and_a_picture_that_stands_still_stays_in_it()
    {
        var order = new FrameOrder();
        FramePlace Place(int picture, int key) =>
            order.PlaceOf(null, new Guid(key, 0, 0, new byte[8]), BitConverter.GetBytes(picture));
        Assert.Equal(FramePlace.Next, Place(0, 0));
        for (var again = 1; again <= 2 * FrameOrder.PicturesKept; again++)
            Assert.Equal(FramePlace.Repeated, Place(0, again));
        for (var other = 1; other < FrameOrder.PicturesKept; other++)
            Assert.Equal(FramePlace.Next, Place(other, other));
        Assert.Equal(FramePlace.Late, Place(0, 0));
        Assert.Equal(FramePlace.Next, Place(FrameOrder.PicturesKept, 0));
        Assert.Equal(FramePlace.Next, Place(0, 0));
    }

    private static byte[] Nobody(int different) => [.. SampleFaces.PhotoOfNobody(), (byte)different];

    private static async Task<string> ReasonAsync(StationSocket stream, byte[] picture, long? seq = null) =>
        (string)(await stream.ShowAsync(picture, seq: seq))["answer"]!["reason"]!;

    private static string Refusal(JsonObject said) =>
        $"{said["problem"]?["status"]} {said["problem"]?["code"]}, {(int?)said["credits"] ?? 0} credit";
}
