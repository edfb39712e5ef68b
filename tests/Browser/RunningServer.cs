using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SightPay.Browser.Tests;

internal sealed record DemoOperator(string Email, string Password)
{
    public override string ToString() => "DemoOperator";
}

/// <summary>What the first start of a demo leaves for people and scripts.</summary>
internal sealed record DemoCredentials(DemoOperator Operator, IReadOnlyDictionary<string, string> Stations)
{
    public override string ToString() => "DemoCredentials";
}

/// <summary>The built program as a process of its own, on an empty data folder and a free port.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("sightpay-");
    private readonly StringBuilder _log = new();
    private Process? _process;
    private Task? _start;
    private DemoCredentials? _demo;

    public string Address { get; private set; } = "";

    internal DemoCredentials Demo => _demo ?? throw new InvalidOperationException("The server was not started.");

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Starts once; every caller learns how that went. A skipped test never starts it.</summary>
    public Task StartAsync() => _start ??= StartOnceAsync();

    private async Task StartOnceAsync()
    {
        Address = $"http://127.0.0.1:{FreePort()}";
        _process = Process.Start(Command())!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await HealthyAsync();
        var file = Path.Combine(_data.FullName, "demo-credentials.json");
        _demo = JsonSerializer.Deserialize<DemoCredentials>(
            await File.ReadAllTextAsync(file), JsonSerializerOptions.Web);
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false } process)
        {
            using (var term = Process.Start("kill", ["-TERM", $"{process.Id}"])) await term.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        _process?.Dispose();
        _data.Delete(recursive: true);
    }

    /// <summary>The program beside its own files, built in the same configuration as the tests.</summary>
    private ProcessStartInfo Command()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!;
        var program = Path.GetFullPath(Path.Combine(
            AppContext.BaseDirectory, "..", "..", "..", "..", "..",
            "src", "Server", "bin", configuration.Name, "net10.0", "sightpay.dll"));
        var command = new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _data.FullName,
        };
        foreach (var name in command.Environment.Keys.Where(IsOurs).ToArray()) command.Environment.Remove(name);
        command.Environment["SIGHTPAY_DATA"] = _data.FullName;
        command.Environment["SIGHTPAY_URLS"] = Address;
        return command;
    }

    /// <summary>What the developer has set for a server of their own must not reach this one.</summary>
    private static bool IsOurs(string name) =>
        name.StartsWith("SIGHTPAY_", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name is "DATABASE_URL" or "FACE_RECOGNITION_THRESHOLD" or "MAX_CONCURRENT_CONNECTIONS";

    private async Task HealthyAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < _patience)
        {
            if (_process!.HasExited) throw new InvalidOperationException($"The server ended.\n{Log()}");
            try
            {
                using var answer = await http.GetAsync(new Uri($"{Address}/health"));
                if (answer.StatusCode == HttpStatusCode.OK) return;
            }
            catch (Exception missing) when (missing is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"The server was not healthy after {_patience.TotalSeconds} s.\n{Log()}");
    }

    private void Note(string? line)
    {
        lock (_log) _log.AppendLine(line);
    }

    private string Log()
    {
        lock (_log) return _log.ToString();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
