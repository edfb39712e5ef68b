using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using SightPay.Station.Cameras;
using SightPay.Station.Faces;
using SightPay.Station.Plates;
using SightPay.Station.Sending;
using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Plates;

namespace SightPay.Station;

/// <summary>The edge agent: a camera at a pump, gate or till, read on a small computer beside it.</summary>
internal static class Program
{
    private const int Refused = 2;

    private static async Task<int> Main(string[] args)
    {
        var options = new AgentOptions();
        var root = new RootCommand(
            "The computer beside a camera: reads plates at a pump, or finds faces at a gate or till, and tells the "
            + "server. What the server answers is printed, one JSON object a line.");
        options.AddTo(root);
        root.SetAction((parsed, ct) => RunAsync(options.Read(parsed), ct));
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
            });
        }
        catch (Exception fault) when (fault is AgentException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return Refused;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private static async Task RunAsync(AgentSettings settings, CancellationToken ct)
    {
        // Answers go to the standard output, all else to the other one.
        using var logs = LoggerFactory.Create(to => to.AddJsonConsole()
            .Services.Configure<ConsoleLoggerOptions>(log => log.LogToStandardErrorThreshold = LogLevel.Trace));
        using var handler = ServerConnection.Handler(settings);
        var camera = new Camera(
            settings.Camera, settings.CameraSettings, TimeProvider.System, logs.CreateLogger<Camera>());
        // Whichever fails ends the other; a camera that ends ends both.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = camera.RunAsync(ending.Token);
        var watching = settings.Watch == Watching.Plates
            ? WatchPlatesAsync(settings, camera, handler, logs, ending.Token)
            : WatchFacesAsync(settings, camera, handler, logs, ending.Token);
        try
        {
            await await Task.WhenAny(reading, watching);
            await watching;
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    private static async Task WatchPlatesAsync(
        AgentSettings settings, Camera camera, HttpMessageHandler handler, ILoggerFactory logs, CancellationToken ct)
    {
        using var server = new HttpClient(handler, disposeHandler: false)
        {
            BaseAddress = settings.Server, Timeout = TimeSpan.FromSeconds(15),
        };
        using var queue = new SightingQueue(
            settings.DataFolder, settings.Key, new(), TimeProvider.System, logs.CreateLogger<SightingQueue>());
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sender = new SightingSender(
            settings, queue, server, Tell, TimeProvider.System, logs.CreateLogger<SightingSender>());
        var sent = sender.RunAsync(sending.Token);
        using var pipeline = PlatePipeline.Open(new InstalledPacks(settings.ModelsFolder).Best);
        await new PlateWatch(pipeline, settings.Region, queue).RunAsync(camera, ct);
        // The film is over: what is still on its way gets its chance, and waits in the queue else.
        await Task.WhenAny(sent, queue.EmptyAsync(ct), Task.Delay(TimeSpan.FromSeconds(30), ct));
        await sending.CancelAsync();
    }

    private static async Task WatchFacesAsync(
        AgentSettings settings, Camera camera, HttpMessageHandler handler, ILoggerFactory logs, CancellationToken ct)
    {
        using var server = new HttpMessageInvoker(handler, disposeHandler: false);
        using var stream = new FaceStream(
            settings, server, Tell, TimeProvider.System, logs.CreateLogger<FaceStream>());
        using var finder = FaceFinder.Open(new InstalledPacks(settings.ModelsFolder).Best, threads: 2);
        await new FaceWatch(camera, finder, stream, TimeProvider.System).RunAsync(ct);
    }

    /// <summary>For whatever opens a gate or shows a word to a customer.</summary>
    private static void Tell(JsonElement answer) => Console.Out.WriteLine(answer.GetRawText());
}
