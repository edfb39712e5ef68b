using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SightPay.Server.Web;

namespace SightPay.Bench.Chaos;

/// <summary>
/// The built program as a process of its own, with its private, durable PostgreSQL, to be killed and started again on
/// the same data folder and address.
/// </summary>
internal sealed class VictimServer : IAsyncDisposable
{
    private static readonly TimeSpan _startPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan _stopPatience = TimeSpan.FromSeconds(30);

    private readonly string _home = Directory.CreateTempSubdirectory("sightpay-chaos-").FullName;
    private readonly HttpClient _health = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Lock _lock = new();
    private Process? _process;
    private bool _isEnded;

    public VictimServer()
    {
        // PostgreSQL runs under another account when we are root, and must pass through.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_home, (UnixFileMode)Convert.ToInt32("711", 8));
        Settings = new Settings
        {
            DataFolder = Path.Combine(_home, "data"),
            ModelsFolder = Path.Combine(_home, "data", "models"),
            Urls = ListenAddress.ParseAll($"http://127.0.0.1:{FreePort()}"),
            Demo = true,
        };
        Address = new Uri(Settings.Urls[0].ToString());
    }

    public Settings Settings { get; }
    public Uri Address { get; }

    private string LogPath => Path.Combine(_home, "log");

    /// <summary>
    /// Returns at once; whoever needs an answer asks until there is one. A server that gives up by itself, for its
    /// PostgreSQL was killed while it started, is started again, as a service manager does.
    /// </summary>
    public void Start()
    {
        // The shell becomes the server, so the process that we end is the server itself.
        var start = new ProcessStartInfo("/bin/sh",
            ["-c", "exec dotnet \"$0\" >>\"$1\" 2>&1", Path.Combine(AppContext.BaseDirectory, "sightpay.dll"), LogPath])
        {
            WorkingDirectory = _home,
        };
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToArray()) start.Environment.Remove(name);
        start.Environment["SIGHTPAY_DATA"] = Settings.DataFolder;
        start.Environment["SIGHTPAY_URLS"] = Address.GetLeftPart(UriPartial.Authority);
        start.Environment["SIGHTPAY_DEMO"] = "1";
        // The clients all come from one address, and each pays more often than a person does on a day.
        start.Environment["SIGHTPAY_LIMIT_SIGN_UPS_PER_HOUR"] = "1000000";
        start.Environment["SIGHTPAY_LIMIT_SIGN_INS_PER_MINUTE"] = "1000000";
        start.Environment["SIGHTPAY_LIMIT_CONFIRMED_PAYMENTS_PER_DAY"] = "1000000";
        start.Environment["SIGHTPAY_LIMIT_CONFIRMED_SPEND_PER_DAY_MINOR"] = "1000000000000";
        lock (_lock)
        {
            _process?.Dispose();
            _isEnded = false;
            var process = _process = Process.Start(start)!;
            process.Exited += (_, _) => StartAgain(process);
            process.EnableRaisingEvents = true;
        }
    }

    private void StartAgain(Process ended)
    {
        lock (_lock)
        {
            if (!_isEnded && _process == ended) Start();
        }
    }

    /// <summary>Nobody starts it again from here on.</summary>
    private Process? TakeOver()
    {
        lock (_lock)
        {
            _isEnded = true;
            return _process;
        }
    }

    public async Task AwaitReadyAsync(CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < _startPatience)
        {
            try
            {
                using var answer = await _health.GetAsync(new Uri(Address, "/health"), ct);
                if (answer.StatusCode == HttpStatusCode.OK) return;
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException
                && !ct.IsCancellationRequested)
            {
                // It does not listen yet.
            }
            await Task.Delay(50, ct);
        }
        throw new InvalidOperationException($"The server did not get ready: {LastWords()}");
    }

    /// <summary>kill -9, as the kernel does when memory runs out.</summary>
    public async Task KillAsync()
    {
        if (TakeOver() is not { } process) return;
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>kill -9 of the PostgreSQL that our server started; false when none runs at the moment.</summary>
    public async Task<bool> KillPostgresAsync()
    {
        var file = Directory.EnumerateFiles(
            Path.Combine(Settings.DataFolder, "postgres"), "postmaster.pid",
            new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true })
            .FirstOrDefault();
        if (file is null) return false;
        try
        {
            var process = int.Parse((await File.ReadAllLinesAsync(file))[0]);
            // Ids are used again: only what runs on our own folder is ours.
            var command = await File.ReadAllTextAsync($"/proc/{process}/cmdline");
            if (!command.Contains(_home, StringComparison.Ordinal)) return false;
            using var postmaster = Process.GetProcessById(process);
            postmaster.Kill();
            return true;
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or FormatException
            or IndexOutOfRangeException)
        {
            return false;
        }
    }

    /// <summary>Ends it in order.</summary>
    public async Task StopAsync()
    {
        if (TakeOver() is not { } process) return;
        using (var term = Process.Start("kill", ["-TERM", $"{process.Id}"])) await term.WaitForExitAsync();
        using var patience = new CancellationTokenSource(_stopPatience);
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await KillAsync();
    }

    public JsonDocument Credentials() => JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Settings.DataFolder, FirstStart.CredentialsFile)));

    public async ValueTask DisposeAsync()
    {
        _health.Dispose();
        await StopAsync();
        _process?.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    private string LastWords() => File.Exists(LogPath)
        ? string.Join(" / ", File.ReadLines(LogPath).TakeLast(5))
        : "it left no log";

    /// <summary>What a developer has set for a server of their own must not reach this one.</summary>
    private static bool IsOurs(string name) =>
        name.StartsWith("SIGHTPAY_", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name is "DATABASE_URL" or "FACE_RECOGNITION_THRESHOLD" or "MAX_CONCURRENT_CONNECTIONS";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
