using SightPay.Server.Api;

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
        var (now, ended, last) = (clock.GetUtcNow(), 0, (PumpSession?)null);
        while (true)
        {
            // Those that are let go on, since their pump still pours, stand in nobody's way.
            var overdue = await store.OverdueAsync(now, last, AtOnce, ct);
            var done = await Task.WhenAll(
                overdue.Where(sessions.IsDue).Select(each => sessions.ExpireAsync(each, ct)));
            ended += done.Count(each => each);
            if (overdue.Count < AtOnce) return ended;
            last = overdue[^1];
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync(
        Every, clock, RunOnceAsync, fault => LogFailed(fault.GetType().Name), stoppingToken);

    [LoggerMessage(4501, LogLevel.Warning, "Overdue fuel sessions could not be ended now ({Cause}); tried again soon.")]
    private partial void LogFailed(string cause);
}
