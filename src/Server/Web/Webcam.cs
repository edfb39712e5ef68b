using System.ComponentModel;
using System.Diagnostics;
using SightPay.Server.Api;

namespace SightPay.Server.Web;

/// <summary>
/// The server's own camera (SIGHTPAY_CAMERA), read by ffmpeg as a child process and only while somebody asks. A device
/// can be opened once, so requests take turns.
/// </summary>
internal sealed partial class Webcam(Settings settings, ILogger<Webcam> log) : IDisposable
{
    private const string Boundary = "frame";
    private static readonly TimeSpan _pictureWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _turnWithin = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Where ffmpeg is found; tests name another program.</summary>
    internal string Program { get; init; } = "ffmpeg";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var webcam = routes.MapGroup("/webcam").RequireAuthorization(Access.Operator).WithTags("Webcam");
        webcam.MapGet("/test", (Webcam camera, CancellationToken ct) => camera.CaptureAsync(ct))
            .WithSummary("One picture, to see that the camera works").Produces<byte[]>(200, "image/jpeg");
        webcam.MapPost("/capture", (Webcam camera, CancellationToken ct) => camera.CaptureAsync(ct))
            .WithSummary("One picture of the server's camera").Produces<byte[]>(200, "image/jpeg");
        webcam.MapGet(
            "/stream", (HttpContext http, Webcam camera, CancellationToken ct) => camera.StreamAsync(http, ct))
            .WithSummary("Motion JPEG of the server's camera").DisableRequestTimeout();
    }

    public void Dispose() => _turn.Dispose();

    private async Task<IResult> CaptureAsync(CancellationToken ct)
    {
        using var turn = await TakeTurnAsync(ct);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_pictureWithin);
        using var ffmpeg = Start(["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"]);
        try
        {
            var picture = new MemoryStream();
            await ffmpeg.StandardOutput.BaseStream.CopyToAsync(picture, patience.Token);
            await ffmpeg.WaitForExitAsync(patience.Token);
            return picture.Length > 0
                ? Results.Bytes(picture.ToArray(), "image/jpeg")
                : throw Failed(ffmpeg.ExitCode);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Failed(null);
        }
        finally
        {
            End(ffmpeg);
        }
    }

    private async Task StreamAsync(HttpContext http, CancellationToken ct)
    {
        using var turn = await TakeTurnAsync(ct);
        using var ffmpeg = Start(["-r", "10", "-c:v", "mjpeg", "-q:v", "5", "-f", "mpjpeg", "-boundary_tag", Boundary,
            "pipe:1"]);
        try
        {
            var buffer = new byte[64 * 1024];
            while (await ffmpeg.StandardOutput.BaseStream.ReadAsync(buffer, ct) is > 0 and var count)
            {
                if (!http.Response.HasStarted)
                {
                    http.Response.ContentType = $"multipart/x-mixed-replace; boundary={Boundary}";
                    http.Response.Headers.CacheControl = "no-store";
                }
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, count), ct);
            }
            if (!http.Response.HasStarted)
                throw Failed(ffmpeg.HasExited ? ffmpeg.ExitCode : null);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The viewer left, as every viewer does.
        }
        finally
        {
            End(ffmpeg);
        }
    }

    private async Task<IDisposable> TakeTurnAsync(CancellationToken ct)
    {
        if (settings.Camera is null)
            throw new ProblemException(
                404, "no_camera",
                "This server has no camera of its own: set SIGHTPAY_CAMERA to a device, file or URL.");
        return await _turn.WaitAsync(_turnWithin, ct)
            ? new Turn(_turn)
            : throw new ProblemException(
                503, "camera_busy", "Somebody else is watching the camera; try again later.", retryable: true);
    }

    private Process Start(string[] output)
    {
        var info = new ProcessStartInfo(
            Program, ["-nostdin", "-hide_banner", "-loglevel", "quiet", .. Input(settings.Camera!), .. output])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            var process = Process.Start(info)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception)
        {
            throw new ProblemException(
                503, "ffmpeg_missing", "The camera is read by ffmpeg, which is not installed on the server: install it "
                + "(Debian: apt-get install ffmpeg).");
        }
    }

    /// <summary>Devices, network cameras and other addresses, still pictures, and films in a loop at their own pace.
    /// </summary>
    internal static string[] Input(string camera)
    {
        if (camera.StartsWith("/dev/", StringComparison.Ordinal))
            return ["-f", "v4l2", "-i", camera];
        if (camera.StartsWith("rtsp://", StringComparison.OrdinalIgnoreCase))
            // A camera that is gone ends the stream after five seconds (microseconds) and gives the turn back.
            return ["-rtsp_transport", "tcp", "-timeout", "5000000", "-i", camera];
        if (camera.Contains("://", StringComparison.Ordinal))
            return ["-i", camera];
        return Path.GetExtension(camera).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png"
            ? ["-re", "-loop", "1", "-i", camera]
            : ["-re", "-stream_loop", "-1", "-i", camera];
    }

    private ProblemException Failed(int? exitCode)
    {
        CameraFailed(log, exitCode);
        return new ProblemException(
            503, "camera_failed", "The camera gives no picture: check SIGHTPAY_CAMERA and the cable.", retryable: true);
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
    }

    [LoggerMessage(1030, LogLevel.Warning, "The camera gave no picture (ffmpeg ended with {ExitCode}).")]
    private static partial void CameraFailed(ILogger log, int? exitCode);

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
