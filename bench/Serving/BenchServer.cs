using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SightPay.Server.Database;
using SightPay.Server.Web;

namespace SightPay.Bench.Serving;

/// <summary>
/// The server itself in this process, on a private PostgreSQL that writes durably, with the demo set. In one process,
/// so that a verb may fill the gallery without enrolling thousands of photographs.
/// </summary>
internal sealed class BenchServer : IAsyncDisposable
{
    public const string Currency = "INR";

    private readonly Store _store;
    private readonly WebApplication _app;

    private BenchServer(string folder, Store store, WebApplication app, JsonDocument credentials)
    {
        (Folder, _store, _app, Credentials) = (folder, store, app, credentials);
        Address = new Uri(app.Urls.Single());
    }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>Whether the folder stays when the server stops, for one that is started again.</summary>
    public bool KeepsFolder { get; set; }

    public Uri Address { get; }
    public JsonDocument Credentials { get; }
    public NpgsqlDataSource Database => _store.Database;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public string StationKey(string station) =>
        Credentials.RootElement.GetProperty("stations").GetProperty(station).GetString()!;

    public static async Task<BenchServer> StartAsync(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("sightpay-bench-").FullName;
        // PostgreSQL runs under another account when we are root, and must pass through.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("711", 8));
        return await StartAsync(folder, ct);
    }

    public static async Task<BenchServer> StartAsync(string folder, CancellationToken ct)
    {
        var settings = new Settings
        {
            DataFolder = folder,
            ModelsFolder = Path.Combine(folder, "models"),
            Urls = ListenAddress.ParseAll("http://127.0.0.1:0"),
            Demo = true,
            MaxConcurrentConnections = 10_000,
        };
        var store = Store.Prepare(SightPay.Server.Program.DatabaseOf(settings));
        var app = SightPay.Server.Program.Build(
            settings, store, services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error)));
        await app.StartAsync(ct);
        var start = app.Services.GetRequiredService<StartUp>();
        while (!start.IsDone)
        {
            if (start.Failure is { } failure) throw new InvalidOperationException("The start failed.", failure);
            await Task.Delay(50, ct);
        }
        var file = Path.Combine(folder, FirstStart.CredentialsFile);
        return new BenchServer(folder, store, app, JsonDocument.Parse(await File.ReadAllBytesAsync(file, ct)));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        if (!KeepsFolder) Directory.Delete(Folder, recursive: true);
    }
}
