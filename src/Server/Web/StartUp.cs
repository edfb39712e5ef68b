using System.Diagnostics;
using Dapper;
using SightPay.Server.Database;
using SightPay.Server.Faces;
using SightPay.Server.Plates;

namespace SightPay.Server.Web;

/// <summary>How far the start has come, in the order of its steps.</summary>
public enum StartStep
{
    Database,
    Migrations,
    Ledger,
    Workers,
    Done,
}

/// <summary>
/// Opens everything behind HTTP, in order: database, migrations, ledger, the slices' workers, the first operator and
/// the demo set. HTTP listens meanwhile and says that the server is starting. Closes all of it in reverse.
/// </summary>
internal sealed partial class StartUp(
    IServiceProvider services, Settings settings, Store store, IReadOnlyList<SliceSchema> schemas, LedgerHost ledger,
    TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<StartUp> log) : BackgroundService
{
    private readonly List<SliceWorker> _running = [];
    private long _began;

    public StartStep Step { get; private set; }

    public bool IsDone => Step == StartStep.Done;

    /// <summary>Why the start failed; Program tells it and ends with it.</summary>
    public Exception? Failure { get; private set; }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var worker in Enumerable.Reverse(_running))
            await worker.StopAsync(cancellationToken);
        await ledger.DisposeAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _began = Stopwatch.GetTimestamp();
        try
        {
            // Models are loaded while PostgreSQL starts: both take most of a second.
            var models = Task.WhenAll(
                Task.Run(() => services.GetService<FaceRecogniser>(), stoppingToken),
                Task.Run(() => services.GetService<PlateReader>(), stoppingToken));
            await store.StartAsync(stoppingToken);
            Reach(StartStep.Migrations);
            await new Migrator(store.Database, clock).MigrateAsync(schemas, stoppingToken);
            Reach(StartStep.Ledger);
            await ledger.OpenAsync(stoppingToken);
            Reach(StartStep.Workers);
            await models;
            foreach (var worker in services.GetServices<SliceWorker>())
            {
                _running.Add(worker);
                await worker.StartAsync(stoppingToken);
            }
            await FirstStartAsync(stoppingToken);
            Reach(StartStep.Done);
            Ready(log, string.Join(' ', settings.Urls), settings.DataFolder);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop before it was ready.
        }
        catch (Exception fault)
        {
            Failure = fault;
            lifetime.StopApplication();
        }
    }

    private void Reach(StartStep step)
    {
        Reached(log, step, (long)Stopwatch.GetElapsedTime(_began).TotalMilliseconds);
        Step = step;
    }

    private async Task FirstStartAsync(CancellationToken ct)
    {
        var first = new FirstStartSettings(await WantsDemoAsync(ct), settings.DataFolder, settings.Currency);
        await ActivatorUtilities.CreateInstance<FirstStart>(services, first).RunAsync(ct);
    }

    /// <summary>
    /// Unless it is said, only an empty embedded database gets the demo set. One whose first start was cut short has
    /// its credentials file already.
    /// </summary>
    private async Task<bool> WantsDemoAsync(CancellationToken ct)
    {
        if (settings.Demo is { } said)
            return said;
        if (!store.IsPrivate)
            return false;
        if (File.Exists(Path.Combine(settings.DataFolder, FirstStart.CredentialsFile)))
            return true;
        await using var connection = await store.Database.OpenConnectionAsync(ct);
        return !await connection.ExecuteScalarAsync<bool>("select exists (select from person)");
    }

    [LoggerMessage(1001, LogLevel.Information, "Start: {Step} after {ElapsedMs} ms.")]
    private static partial void Reached(ILogger log, StartStep step, long elapsedMs);

    [LoggerMessage(1002, LogLevel.Information, "Ready at {Urls}, data in {DataFolder}.")]
    private static partial void Ready(ILogger log, string urls, string dataFolder);
}
