using SightPay.Server.Api;
using SightPay.Server.Stations;
using SightPay.Server.Tests.Plates;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>Pictures of a pump's camera, from their bytes to whose car it is.</summary>
public sealed class PlatePictureTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private Station _pump = null!;
    private Guid _vehicle;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        _vehicle = (Guid)(await _asha.RegisterAsync("ABC1234", "br"))["id"]!;
        _pump = (await _bed.Get<StationDirectory>().FindAsync("F1-P1", default))!;
    }

    public async Task DisposeAsync()
    {
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_car_before_the_camera_is_known_by_its_plate()
    {
        var seen = await SeeAsync(new DrawnCar("ABC 1234") { TurnDegrees = 10 });
        Assert.Equal((SightingFinding.Recognised, _vehicle), (seen.Finding, seen.Vehicle));
        var plate = Assert.Single(seen.Plates);
        Assert.Equal("A•••••4", plate.Masked);
        Assert.InRange(plate.Box.X + plate.Box.Width / 2, 540, 740);
        Assert.True(seen.Timings is { Decode: > 0, Detect: > 0, Embed: > 0 });

        _clock.Advance(TimeSpan.FromSeconds(10));
        var stranger = await SeeAsync(new DrawnCar("DEF 5678"));
        Assert.Equal((SightingFinding.UnknownPlate, (Guid?)null), (stranger.Finding, stranger.Vehicle));
        _clock.Advance(TimeSpan.FromSeconds(10));
        var beside = await SeeAsync(new DrawnCar("ABC 1234")
        {
            Left = -0.9f, Neighbour = new("DEF 5678") { Left = 0.9f },
        });
        Assert.Equal(SightingFinding.SeveralPlates, beside.Finding);
        Assert.Equal([_vehicle], beside.CandidateVehicles);
    }

    /// <summary>S3 read a shop's sign as a plate.</summary>
    [Fact]
    public async Task A_picture_without_a_plate_is_nobodys_whatever_is_written_in_it()
    {
        var seen = await SeeAsync(new DrawnCar("ABC 1234") { HasNoPlate = true, Sign = "DORADCA" });
        Assert.Equal((SightingFinding.NoPlate, SightingBand.Reject), (seen.Finding, seen.Band));
        Assert.Empty(seen.Plates);
    }

    [Fact]
    public async Task The_same_picture_is_looked_at_once()
    {
        var first = await SeeAsync(new DrawnCar("ABC 1234"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        var again = await SeeAsync(new DrawnCar("ABC 1234"));
        Assert.Equal((true, first.Id, _vehicle), (again.Repeats, again.Id, again.Vehicle));
        Assert.Equal(0, again.Timings.Detect);
        // A camera that works gives no picture twice: its noise is another one in every frame.
        var next = await SeeAsync(new DrawnCar("ABC 1234") { Frame = 1 });
        Assert.False(next.Repeats);
        Assert.Equal((_vehicle, 2), (next.Vehicle, next.AgreeingFrames));
        // As other bytes it is the same picture, and no third witness.
        var copied = await SeeAsync([.. new DrawnCar("ABC 1234") { Frame = 1 }.Jpeg(), 0]);
        Assert.Equal((false, 2), (copied.Repeats, copied.AgreeingFrames));
    }

    [Fact]
    public async Task One_picture_that_comes_twelve_times_at_once_is_one_frame()
    {
        var picture = new DrawnCar("ABC 1234").Jpeg();
        var seen = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => SeeAsync(picture)));
        Assert.Equal(1, seen.Count(sighting => !sighting.Repeats));
        Assert.Single(seen.Select(sighting => sighting.Id).Distinct());
        Assert.All(seen, sighting => Assert.Equal(1, sighting.AgreeingFrames));
    }

    [Fact]
    public async Task What_is_no_whole_picture_is_refused_and_the_next_one_is_not()
    {
        var jpeg = new DrawnCar("ABC 1234").Jpeg();
        Assert.Equal("not_a_picture", await RefusedAsync("plates?"u8.ToArray()));
        Assert.Equal("picture_truncated", await RefusedAsync(jpeg[..(jpeg.Length / 2)]));
        Assert.Equal(_vehicle, (await SeeAsync(jpeg)).Vehicle);

        async Task<string> RefusedAsync(byte[] bytes) =>
            (await Assert.ThrowsAsync<ProblemException>(() => SeeAsync(bytes))).Code;
    }

    private Task<Sighting> SeeAsync(DrawnCar car) => SeeAsync(car.Jpeg());

    private Task<Sighting> SeeAsync(byte[] picture) =>
        _bed.Get<PlateSightings>().TakeAsync(_pump, picture, "br", Guid.CreateVersion7(), default);
}
