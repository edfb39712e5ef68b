using System.ComponentModel;
using System.Diagnostics;
using SightPay.Vision.Runtime;

namespace SightPay.Station.Cameras;

/// <summary>How a camera is read.</summary>
/// <param name="FramesPerSecond">At most; ffmpeg leaves the others out.</param>
/// <param name="WidthMax">Pixels; wider pictures are made smaller.</param>
/// <param name="Loops">A film begins again at its end; else the camera ends with it.</param>
internal sealed record CameraSettings(int FramesPerSecond = 5, int WidthMax = 1920, bool Loops = true)
{
    /// <summary>A camera that is silent for so long has hung, and is opened again.</summary>
    public TimeSpan SilentMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before the first new attempt; doubles up to <see cref="PauseMax"/>.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where ffmpeg is found.</summary>
    public string Program { get; init; } = "ffmpeg";
}

/// <param name="At">When it left the camera's pipe.</param>
internal sealed record CameraFrame(Picture Picture, DateTimeOffset At);

/// <summary>
/// One camera, read by ffmpeg as a child process that is started again when it ends or falls silent. Only the newest
/// frame is kept: whoever looks slowly misses frames, and never looks at old ones.
/// </summary>
internal sealed partial class Camera(
    CameraAddress address, CameraSettings settings, TimeProvider clock, ILogger<Camera> log)
{
    private readonly SemaphoreSlim _news = new(0, 1);
    private CameraFrame? _newest;
    private bool _ended;

    /// <summary>Frames that nobody looked at, because a newer one came.</summary>
    public long Missed { get; private set; }

    /// <summary>How often ffmpeg had to be started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>Reads until it is cancelled, or a film that does not loop ends.</summary>
    /// <exception cref="AgentException">ffmpeg is not installed.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var pause = settings.Pause;
        try
        {
            while (true)
            {
                var frames = await ReadOnceAsync(ct);
                if (address.Kind == CameraKind.Film && !settings.Loops && frames > 0) return;
                if (frames > 0) pause = settings.Pause;
                LogLost(address, pause.TotalSeconds);
                await Task.Delay(pause, clock, ct);
                Restarts++;
                pause = pause * 2 < settings.PauseMax ? pause * 2 : settings.PauseMax;
            }
        }
        finally
        {
            Volatile.Write(ref _ended, true);
            Ring();
        }
    }

    /// <summary>Waits for a frame that was not taken before.</summary>
    /// <returns>Null when no more will come.</returns>
    public async ValueTask<CameraFrame?> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            if (Interlocked.Exchange(ref _newest, null) is { } frame) return frame;
            if (Volatile.Read(ref _ended)) return null;
            await _news.WaitAsync(ct);
        }
    }

    /// <returns>How many frames came.</returns>
    private async Task<long> ReadOnceAsync(CancellationToken ct)
    {
        using var ffmpeg = Start();
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var frames = 0L;
        try
        {
            var reader = new PixmapReader(ffmpeg.StandardOutput.BaseStream);
            while (true)
            {
                silent.CancelAfter(settings.SilentMax);
                if (await reader.ReadSizeAsync(silent.Token) is not var (width, height)) break;
                var pixels = GC.AllocateUninitializedArray<byte>(width * height * 3);
                if (!await reader.ReadPixelsAsync(pixels, silent.Token)) break;
                Show(new(new Picture(width, height, pixels), clock.GetUtcNow()));
                frames++;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            LogSilent(address, settings.SilentMax.TotalSeconds);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException)
        {
            LogGarbled(address, fault.Message);
        }
        finally
        {
            if (!ffmpeg.HasExited) ffmpeg.Kill(entireProcessTree: true);
        }
        return frames;
    }

    private void Show(CameraFrame frame)
    {
        if (Interlocked.Exchange(ref _newest, frame) is not null) Missed++;
        Ring();
    }

    private void Ring()
    {
        // Nobody else releases it, so that it never holds more than one.
        if (_news.CurrentCount == 0) _news.Release();
    }

    private Process Start()
    {
        // The comma within min() is escaped, since commas part filters.
        var filter = $"fps={settings.FramesPerSecond},scale=w=min({settings.WidthMax}\\,iw):h=-2";
        var info = new ProcessStartInfo(
            settings.Program,
            [
                "-nostdin", "-hide_banner", "-loglevel", "quiet", .. address.Input(
                    settings.FramesPerSecond, settings.Loops),
                "-an", "-vf", filter, "-c:v", "ppm", "-f", "image2pipe", "pipe:1",
            ])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        try
        {
            var process = Process.Start(info)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception fault)
        {
            throw new AgentException(
                "Cameras are read by ffmpeg, which is not installed: install it (Debian: apt-get install ffmpeg).",
                fault);
        }
    }

    [LoggerMessage(5001, LogLevel.Warning, "The camera {Camera} ended; it is opened again in {Seconds} s.")]
    private partial void LogLost(CameraAddress camera, double seconds);

    [LoggerMessage(5002, LogLevel.Warning, "The camera {Camera} gave no picture for {Seconds} s.")]
    private partial void LogSilent(CameraAddress camera, double seconds);

    [LoggerMessage(5003, LogLevel.Warning, "The camera {Camera} cannot be read: {Reason}")]
    private partial void LogGarbled(CameraAddress camera, string reason);
}
