using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Station.Cameras;
using SightPay.Tests.Support;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Station.Tests.Cameras;

/// <summary>Real ffmpeg; pictures and films are drawn here.</summary>
public sealed class CameraTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _end = new(_patience);

    public void Dispose()
    {
        _end.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task A_photo_is_shown_again_and_again()
    {
        RequireFfmpeg();
        var camera = Open(Photo(320, 200));
        var reading = camera.RunAsync(_end.Token);

        for (var i = 0; i < 3; i++)
        {
            var frame = await camera.NextAsync(_end.Token);
            Assert.Equal((320, 200), (frame!.Picture.Width, frame.Picture.Height));
            Assert.InRange(frame.Picture.Pixels[0], 190, 210);
        }
        await EndAsync(reading);
    }

    [SkippableFact]
    public async Task A_wide_picture_is_made_smaller_and_keeps_its_shape()
    {
        RequireFfmpeg();
        var camera = Open(Photo(1000, 500), new(WidthMax: 640));
        var reading = camera.RunAsync(_end.Token);

        var frame = await camera.NextAsync(_end.Token);

        Assert.Equal((640, 320), (frame!.Picture.Width, frame.Picture.Height));
        await EndAsync(reading);
    }

    [SkippableFact]
    public async Task A_film_that_does_not_loop_ends_the_camera()
    {
        RequireFfmpeg();
        var camera = Open(Film(seconds: 1), new(Loops: false));
        var reading = camera.RunAsync(_end.Token);

        var frames = 0;
        while (await camera.NextAsync(_end.Token) is not null) frames++;

        Assert.InRange(frames, 2, 8);
        await reading;
        Assert.Null(await camera.NextAsync(_end.Token));
    }

    [SkippableFact]
    public async Task Whoever_looks_slowly_gets_the_newest_frame()
    {
        RequireFfmpeg();
        var camera = Open(Photo(64, 64), new(FramesPerSecond: 30));
        var reading = camera.RunAsync(_end.Token);

        while (camera.Missed < 5) await Task.Delay(20, _end.Token);
        var frame = await camera.NextAsync(_end.Token);
        var next = await camera.NextAsync(_end.Token);

        Assert.True(next!.At > frame!.At);
        // Of the five that were missed none comes after a newer one.
        Assert.True(TimeProvider.System.GetUtcNow() - next.At < TimeSpan.FromSeconds(10));
        await EndAsync(reading);
    }

    [SkippableFact]
    public async Task An_ffmpeg_that_dies_is_started_again()
    {
        RequireFfmpeg();
        var camera = Open(Photo(64, 64), new() { Pause = TimeSpan.FromMilliseconds(50) });
        var reading = camera.RunAsync(_end.Token);
        Assert.NotNull(await camera.NextAsync(_end.Token));

        KillOurFfmpeg();
        while (camera.Restarts == 0) await Task.Delay(20, _end.Token);

        Assert.NotNull(await camera.NextAsync(_end.Token));
        await EndAsync(reading);
    }

    [SkippableFact]
    public async Task A_camera_that_hangs_is_opened_again()
    {
        RequireFfmpeg();
        // A pipe that nobody writes to: ffmpeg waits for ever.
        var silent = Path.Combine(_folder.Path, "silent.mp4");
        using (var made = Process.Start("mkfifo", [silent])) await made.WaitForExitAsync(_end.Token);
        var camera = new Camera(
            new(CameraKind.Film, silent),
            new() { SilentMax = TimeSpan.FromMilliseconds(300), Pause = TimeSpan.FromMilliseconds(50) },
            TimeProvider.System, NullLogger<Camera>.Instance);
        var reading = camera.RunAsync(_end.Token);

        while (camera.Restarts < 2) await Task.Delay(20, _end.Token);

        await EndAsync(reading);
    }

    [Fact]
    public async Task Without_ffmpeg_it_says_what_to_install()
    {
        var camera = Open(Photo(64, 64), new() { Program = "no-such-ffmpeg" });

        var fault = await Assert.ThrowsAsync<AgentException>(() => camera.RunAsync(_end.Token));

        Assert.Contains("apt-get install ffmpeg", fault.Message, StringComparison.Ordinal);
        Assert.Null(await camera.NextAsync(_end.Token));
    }

    [Theory]
    [InlineData("/dev/video2", CameraKind.V4L2, "/dev/video2")]
    [InlineData("rtsp://user:secret@10.0.0.7:554/live", CameraKind.Rtsp, "rtsp://10.0.0.7")]
    [InlineData("http://cam.example/mjpeg?token=secret", CameraKind.Stream, "http://cam.example")]
    public void An_address_says_what_it_is_and_keeps_its_password(string text, object kind, string printed)
    {
        var address = CameraAddress.Parse(text);

        Assert.Equal(kind, address.Kind);
        Assert.Equal(printed, address.ToString());
        Assert.Contains(text, address.Input(5, loops: true));
    }

    [Fact]
    public void A_file_that_is_not_there_is_told()
    {
        var fault = Assert.Throws<AgentException>(() => CameraAddress.Parse("/nowhere/car.jpg"));

        Assert.Contains("/nowhere/car.jpg", fault.Message, StringComparison.Ordinal);
    }

    private static Camera Open(string file, CameraSettings? settings = null) => new(
        CameraAddress.Parse(file), settings ?? new(), TimeProvider.System, NullLogger<Camera>.Instance);

    private string Photo(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        Array.Fill(pixels, (byte)200);
        var file = Path.Combine(_folder.Path, "photo.jpg");
        File.WriteAllBytes(file, PictureCodec.EncodeJpeg(new Picture(width, height, pixels), 90));
        return file;
    }

    private string Film(int seconds)
    {
        var file = Path.Combine(_folder.Path, "film.mkv");
        using var made = Process.Start(
            "ffmpeg",
            [
                "-nostdin", "-loglevel", "quiet", "-f", "lavfi",
                "-i", $"testsrc=size=160x120:rate=10:duration={seconds}", "-c:v", "mjpeg", file,
            ]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return file;
    }

    /// <summary>The one whose input lies in this test's folder.</summary>
    private void KillOurFfmpeg()
    {
        foreach (var process in Process.GetProcessesByName("ffmpeg"))
            using (process)
                if (File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(_folder.Path, StringComparison.Ordinal))
                    process.Kill();
    }

    private async Task EndAsync(Task reading)
    {
        await _end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static void RequireFfmpeg() => Skip.IfNot(Ffmpeg.IsInstalled, Ffmpeg.Missing);
}
