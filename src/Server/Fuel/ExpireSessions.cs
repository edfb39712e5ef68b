using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>
/// Writes down that sessions are over: an offer nobody took up, a bill nobody paid in time, a pump that fell silent.
/// Whoever reads or changes one sees so from the moment on in which its time is over; this makes it last, frees the
/// pump and tells the pages.
/// </summary>
internal sealed class ExpireSessions(
    PumpSessionStore store, ReadSession sessions, TimeProvider clock, ILogger<ExpireSessions> log) : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.RunAsync(Every, RunAsync, clock, log, stoppingToken);

    /// <summary>Ends all that are overdue.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var overdue = await store.OverdueAsync(clock.GetUtcNow(), AtOnce, ct);
            var ended = await Task.WhenAll(
                overdue.Where(sessions.IsDue).Select(each => sessions.ExpireAsync(each, ct)));
            if (overdue.Count < AtOnce || !ended.Contains(true)) return;
        }
    }
}
