using System.Data;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Books;

/// <summary>
/// Proves that the ledger, the payments, what providers report and the receipts say the same, and names what does not:
/// every day at a set hour, and when an operator asks.
/// </summary>
internal sealed partial class Reconcile(
    NpgsqlDataSource database, ReconciliationStore store, IEnumerable<IBooksCheck> checks, BooksSettings settings,
    TimeProvider clock, ILogger<Reconcile> log) : BackgroundService
{
    /// <summary>The name under which the server asks of itself.</summary>
    public const string Daily = "system:daily";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private static readonly Gauge<long> DifferencesFound = Telemetry.Meter.CreateGauge<long>(
        "sightpay.reconciliation.differences", description: "Differences that the last reconciliation found.");

    private readonly IBooksCheck[] _checks = [.. checks];
    private readonly Channel<bool> _wish = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>What the last run found, in a few words; null when all fitted or none was run.</summary>
    public string? Fault { get; private set; }

    /// <summary>Something waits, or it may be time.</summary>
    public void Wake() => _wish.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var began = clock.GetUtcNow();
        using var timer = clock.CreateTimer(_ => Wake(), null, LookEvery, LookEvery);
        Wake();
        var known = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _wish.Reader.ReadAsync(stoppingToken);
                if (!known && await store.LatestAsync(stoppingToken) is { } latest)
                    Tell(latest.Id, latest.Found!.Value);
                known = true;
                await AskDailyAsync(began, stoppingToken);
                while (await store.WaitingAsync(stoppingToken) is { } waiting) await RunAsync(waiting, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                RunFailed(log, fault);
            }
        }
    }

    /// <summary>
    /// The day's run, once its hour has come: also late, when the server was off. A new installation waits for its
    /// first hour.
    /// </summary>
    private async Task AskDailyAsync(DateTimeOffset began, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var due = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + settings.DailyAt;
        if (due > now) due -= TimeSpan.FromDays(1);
        var last = await store.LatestByAsync(Daily, ct);
        if ((last?.RequestedAt ?? began) >= due) return;
        // Two days, so that what came late to the provider's report of one is met in the other.
        var from = Earlier(last?.To ?? due, due) - TimeSpan.FromDays(2);
        await store.AddAsync(Ids.Next(clock), Daily, now, from, now, ct);
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private async Task RunAsync(Reconciliation run, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        await using var connection = await database.OpenConnectionAsync(ct);
        // One moment for all queries: payments go on meanwhile, and each of them is there whole or not at all.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var books = new OpenBooks(connection, run.From, run.To);
        foreach (var check in _checks)
        {
            books.Check = check.Name;
            try
            {
                await check.RunAsync(books, ct);
            }
            catch (Exception fault) when (fault is not OperationCanceledException and not NpgsqlException)
            {
                // What could not be compared is not proved.
                books.Add($"this could not be compared: {fault.GetType().Name}");
                CheckFailed(log, check.Name, fault);
            }
        }
        await store.EndAsync(run.Id, books, clock.GetElapsedTime(began), clock.GetUtcNow(), ct);
        Tell(run.Id, books.Found);
    }

    private void Tell(Guid id, long found)
    {
        DifferencesFound.Record(found);
        Fault = found == 0 ? null : $"{found} differences, see /reconciliations/{id}";
        if (found > 0) Differs(log, found, id);
    }

    [LoggerMessage(1801, LogLevel.Warning, "A reconciliation could not be run now; it is tried again soon.")]
    private static partial void RunFailed(ILogger log, Exception fault);

    [LoggerMessage(1802, LogLevel.Warning, "The check {Check} of a reconciliation could not be run.")]
    private static partial void CheckFailed(ILogger log, string check, Exception fault);

    [LoggerMessage(1803, LogLevel.Error, "The books differ in {Found} places: reconciliation {Id}.")]
    private static partial void Differs(ILogger log, long found, Guid id);
}
