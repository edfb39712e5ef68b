using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Station.Cameras;
using SightPay.Station.Plates;
using SightPay.Station.Sending;
using SightPay.Tests.Support;
using SightPay.Vision.Models;
using SightPay.Vision.Plates;
using Xunit;

namespace SightPay.Station.Tests.Plates;

/// <summary>Drawn cars before a camera that ffmpeg reads.</summary>
public sealed class PlateWatchTests : IDisposable
{
    private const int FramesPerSecond = 2;

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

    [SkippableFact]
    public async Task A_car_that_stands_at_the_pump_is_one_sighting()
    {
        await WatchAsync(Enumerable.Range(0, 8).Select(frame => new DrawnCar("WX4512K") { Frame = frame }));

        var sighting = Assert.Single(await DrainAsync());
        Assert.True(sighting.GetProperty("counter").GetInt64() > 0);
        var plate = Assert.Single(sighting.GetProperty("plates").EnumerateArray());
        Assert.Equal("WX4512K", plate.GetProperty("text").GetString());
        Assert.Equal("pl", plate.GetProperty("region").GetString());
        Assert.Equal(7, plate.GetProperty("characters").GetArrayLength());
        Assert.Equal("W", plate.GetProperty("characters")[0][0].GetProperty("character").GetString());
        Assert.Equal(
            ["height", "width", "x", "y"],
            plate.GetProperty("box").EnumerateObject().Select(each => each.Name).Order());
    }

    [SkippableFact]
    public async Task The_next_car_is_another_sighting()
    {
        await WatchAsync([
            .. Enumerable.Range(0, 8).Select(frame => new DrawnCar("WX4512K") { Frame = frame }),
            .. Enumerable.Range(0, 8).Select(frame => new DrawnCar("KR73106") { Frame = frame }),
        ]);

        Assert.Equal(
            ["WX4512K", "KR73106"],
            (await DrainAsync()).Select(each => each.GetProperty("plates")[0].GetProperty("text").GetString()));
    }

    [SkippableFact]
    public async Task A_picture_that_never_changes_is_told_once()
    {
        await WatchAsync(Enumerable.Repeat(new DrawnCar("WX4512K"), 12));

        Assert.Single(await DrainAsync());
    }

    [SkippableFact]
    public async Task An_empty_forecourt_is_no_news()
    {
        await WatchAsync(Enumerable.Range(0, 6).Select(frame =>
            new DrawnCar("") { HasNoPlate = true, Sign = "DORADCA", Frame = frame }));

        Assert.Equal(0, _queue.Count);
    }

    private async Task WatchAsync(IEnumerable<DrawnCar> frames)
    {
        Skip.IfNot(Ffmpeg.IsInstalled, Ffmpeg.Missing);
        var camera = new Camera(
            CameraAddress.Parse(Film(frames)), new(FramesPerSecond, Loops: false), TimeProvider.System,
            NullLogger<Camera>.Instance);
        var reading = camera.RunAsync(_end.Token);
        await new PlateWatch(camera, _pipeline, "pl", _queue).RunAsync(_end.Token);
        await reading;
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
