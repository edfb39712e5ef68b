using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace SightPay.Tests.Support;

/// <summary>The first operator of a demo.</summary>
public sealed record DemoOperator(string Email, string Password)
{
    public override string ToString() => "DemoOperator";
}

/// <summary>What the first start of a demo leaves for people and scripts.</summary>
public sealed record DemoCredentials(DemoOperator Operator, IReadOnlyDictionary<string, string> Stations)
{
    public override string ToString() => "DemoCredentials";
}

/// <summary>The built program as a process of its own, on an empty data folder and a free port.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("sightpay-");
    private readonly StringBuilder _log = new();
    private Process? _process;
    private Task? _start;
    private DemoCredentials? _demo;

    // PostgreSQL runs as an account of its own, which must reach its folder below this one.
    public RunningServer() => _home.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program as the build left it, in the configuration of the tests.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "..", "..", "..",
        "src", "Server", "bin", new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Name, "net10.0",
        "sightpay.dll"));

    /// <summary>Null: that of the tests. Another one starts it as a stranger does: only HOME is set.</summary>
    public string? Account { get; init; }

    public string Address { get; private set; } = "";

    public DemoCredentials Demo => _demo ?? throw new InvalidOperationException("The server was not started.");

    /// <summary>The data folder of this server.</summary>
    public string DataFolder =>
        Account is null ? _home.FullName : Path.Combine(_home.FullName, ".local/share/sightpay");

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Starts once; every caller learns how that went. A skipped test never starts it.</summary>
    public Task StartAsync() => _start ??= StartOnceAsync();

    /// <summary>kill -9, as the kernel does when memory runs out.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        (_process, _start) = (null, null);
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        _home.Delete(recursive: true);
    }

    /// <summary>Ends it as a service manager does; its data folder stays.</summary>
    public async Task StopAsync()
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
        (_process, _start) = (null, null);
    }

    private async Task StartOnceAsync()
    {
        if (Account is not null)
        {
            using var give = Process.Start("chown", [Account, _home.FullName]);
            await give.WaitForExitAsync();
        }

        Address = $"http://127.0.0.1:{FreePort()}";
        _process = Process.Start(Command())!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await HealthyAsync(_process);
        var file = Path.Combine(DataFolder, "demo-credentials.json");
        _demo = JsonSerializer.Deserialize<DemoCredentials>(
            await File.ReadAllTextAsync(file), JsonSerializerOptions.Web);
    }

    private ProcessStartInfo Command()
    {
        var command = Account is null
            ? new ProcessStartInfo("dotnet", [Program])
            : new ProcessStartInfo("setpriv",
                [$"--reuid={Account}", "--clear-groups", "--inh-caps=-all", "--no-new-privs", "--", "dotnet", Program]);
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        command.WorkingDirectory = _home.FullName;
        foreach (var name in command.Environment.Keys.Where(IsOurs).ToArray()) command.Environment.Remove(name);
        if (Account is null) command.Environment["SIGHTPAY_DATA"] = DataFolder;
        else command.Environment["HOME"] = _home.FullName;
        command.Environment["SIGHTPAY_URLS"] = Address;
        return command;
    }

    /// <summary>What a developer has set for a server of their own must not reach this one.</summary>
    private static bool IsOurs(string name) =>
        name.StartsWith("SIGHTPAY_", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name is "DATABASE_URL" or "FACE_RECOGNITION_THRESHOLD" or "MAX_CONCURRENT_CONNECTIONS" or "XDG_DATA_HOME";

    private async Task HealthyAsync(Process process)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < _patience)
        {
            if (process.HasExited)
            {
                // Waits for the last lines too.
                await process.WaitForExitAsync();
                throw new InvalidOperationException($"The server ended.\n{Log()}");
            }

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

    /// <summary>Everything it printed.</summary>
    public string Log()
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
