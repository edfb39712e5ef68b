using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Fuel;

/// <summary>
/// Writes down that sessions are over: an offer nobody took up, a bill nobody paid in time, a pump that fell silent.
/// Whoever reads or changes one sees so from the moment on in which its time is over; this makes it last, frees the
/// pump and tells the pages.
/// </summary>
internal sealed partial class ExpireSessions(
    PumpSessionStore store, ReadSession sessions, TimeProvider clock, ILogger<ExpireSessions> log) : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <returns>How many were ended.</returns>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        var overdue = await store.OverdueAsync(clock.GetUtcNow(), AtOnce, ct);
        var ended = await Task.WhenAll(overdue.Where(sessions.IsDue).Select(each => sessions.ExpireAsync(each, ct)));
        return ended.Count(done => done);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or LedgerUnavailableException)
            {
                LogFailed(exception.GetType().Name);
                await Task.Delay(Every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(4501, LogLevel.Warning, "Overdue fuel sessions could not be ended now ({Cause}); tried again soon.")]
    private partial void LogFailed(string cause);
}
