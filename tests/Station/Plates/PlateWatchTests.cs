using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Station.Cameras;
using SightPay.Station.Plates;
using SightPay.Station.Sending;
using SightPay.Tests.Support;
using SightPay.Vision.Models;
using SightPay.Vision.Plates;
using SightPay.Vision.Visits;
using Xunit;

namespace SightPay.Station.Tests.Plates;

/// <summary>Drawn cars before a camera.</summary>
public sealed class PlateWatchTests : IDisposable
{
    private const int FramesPerSecond = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(120));
    private readonly PlatePipeline _pipeline = PlatePipeline.Open(ModelPack.Load(EnginePaths.StandardPack), 1);
    private readonly SightingQueue _queue;

    public PlateWatchTests() =>
        _queue = new(_folder.Path, "key", new(), TimeProvider.System, NullLogger<SightingQueue>.Instance);

    public void Dispose()
    {
        _queue.Dispose();
        _pipeline.Dispose();
        _end.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_car_that_stands_at_the_pump_is_one_sighting()
    {
        Watch(Frames("WX4512K", 12));

        var sighting = Assert.Single(await DrainAsync());
        Assert.True(sighting.GetProperty("counter").GetInt64() > 0);
        var plate = Assert.Single(sighting.GetProperty("plates").EnumerateArray());
        Assert.Equal("WX4512K", plate.GetProperty("text").GetString());
        Assert.Equal(PlateVisit.StableFrames, plate.GetProperty("frames").GetInt32());
        Assert.Equal("pl", plate.GetProperty("region").GetString());
        Assert.Equal(7, plate.GetProperty("characters").GetArrayLength());
        Assert.Equal("W", plate.GetProperty("characters")[0][0].GetProperty("character").GetString());
        Assert.Equal(
            ["height", "width", "x", "y"],
            plate.GetProperty("box").EnumerateObject().Select(each => each.Name).Order());
    }

    [Fact]
    public async Task The_next_car_is_another_sighting()
    {
        Watch([.. Frames("WX4512K", 7), .. Frames("KR73106", 7)]);

        Assert.Equal([("WX4512K", 5), ("KR73106", 5)], (await DrainAsync()).Select(Told));
    }

    [Fact]
    public async Task A_picture_that_never_changes_is_told_once()
    {
        Watch(Enumerable.Repeat(new DrawnCar("WX4512K"), 15));

        Assert.Equal(("WX4512K", 1), Told(Assert.Single(await DrainAsync())));
    }

    /// <summary>A computer that reads a frame in a second: the bill opens before enough of them agree.</summary>
    [Fact]
    public async Task A_car_that_is_told_early_is_told_again_when_enough_of_its_frames_agree()
    {
        Watch(Frames("WX4512K", 9), everySeconds: 1);

        Assert.Equal([("WX4512K", 3), ("WX4512K", 5)], (await DrainAsync()).Select(Told));
    }

    [Fact]
    public void An_empty_forecourt_is_no_news()
    {
        Watch(Enumerable.Range(0, 6).Select(frame =>
            new DrawnCar("") { HasNoPlate = true, Sign = "DORADCA", Frame = frame }));

        Assert.Equal(0, _queue.Count);
    }

    /// <summary>A film that plays for ever, read by ffmpeg: however slow this computer is, enough frames agree at last.
    /// </summary>
    [SkippableFact]
    public async Task What_ffmpeg_reads_of_a_camera_becomes_a_sighting()
    {
        Skip.IfNot(Ffmpeg.IsInstalled, Ffmpeg.Missing);
        var camera = new Camera(
            CameraAddress.Parse(Film(Frames("WX4512K", 9))), new(FramesPerSecond), TimeProvider.System,
            NullLogger<Camera>.Instance);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var watching = Task.WhenAll(
            camera.RunAsync(over.Token), new PlateWatch(_pipeline, "pl", _queue).RunAsync(camera, over.Token));
        (string?, int Frames) told;
        do
        {
            var oldest = await _queue.OldestAsync(_end.Token);
            _queue.Done(oldest.Counter);
            told = Told(JsonDocument.Parse(oldest.Body).RootElement);
        }
        while (told.Frames < PlateVisit.StableFrames);
        Assert.Equal(("WX4512K", PlateVisit.StableFrames), told);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    private static IEnumerable<DrawnCar> Frames(string plate, int count) =>
        Enumerable.Range(0, count).Select(frame => new DrawnCar(plate) { Frame = frame });

    private void Watch(IEnumerable<DrawnCar> frames, double everySeconds = 0.2)
    {
        var watch = new PlateWatch(_pipeline, "pl", _queue);
        var at = TimeProvider.System.GetUtcNow();
        foreach (var frame in frames) watch.Look(new(frame.Draw(), at = at.AddSeconds(everySeconds)));
    }

    private static (string? Plate, int Frames) Told(JsonElement sighting)
    {
        var plate = sighting.GetProperty("plates")[0];
        return (plate.GetProperty("text").GetString(), plate.GetProperty("frames").GetInt32());
    }

    private async Task<List<JsonElement>> DrainAsync()
    {
        var sightings = new List<JsonElement>();
        while (_queue.Count > 0)
        {
            var oldest = await _queue.OldestAsync(_end.Token);
            sightings.Add(JsonDocument.Parse(oldest.Body).RootElement);
            _queue.Done(oldest.Counter);
        }
        return sightings;
    }

    private string Film(IEnumerable<DrawnCar> frames)
    {
        foreach (var (frame, i) in frames.Select((frame, i) => (frame, i)))
            File.WriteAllBytes(Path.Combine(_folder.Path, $"frame{i:000}.jpg"), frame.Jpeg());
        var film = Path.Combine(_folder.Path, "film.mkv");
        using var made = Process.Start(
            "ffmpeg",
            [
                "-nostdin", "-loglevel", "quiet", "-framerate", $"{FramesPerSecond}",
                "-i", Path.Combine(_folder.Path, "frame%03d.jpg"), "-c:v", "copy", film,
            ]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return film;
    }
}
