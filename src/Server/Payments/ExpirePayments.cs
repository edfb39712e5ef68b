using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// Writes down that payments are over. Whoever reads or changes one sees so from the moment on in which its time is
/// over; this only makes it last and tells the payer's pages.
/// </summary>
internal sealed partial class ExpirePayments(
    PaymentStore store, ExpirePayment expire, TimeProvider clock, ILogger<ExpirePayments> log) : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    /// <returns>How many were ended.</returns>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        var ended = 0;
        while (true)
        {
            var overdue = await store.OverdueAsync(clock.GetUtcNow(), AtOnce, ct);
            // All at once: they meet in one commit.
            var done = await Task.WhenAll(overdue.Select(each => expire.RunAsync(each.Payment, ct)));
            var more = done.Count(each => each);
            ended += more;
            // A full load: there may be more. One of which none could be ended comes again in the next round.
            if (overdue.Count < AtOnce || more == 0) return ended;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync(
        Every, clock, RunOnceAsync, fault => LogFailed(fault.GetType().Name), stoppingToken);

    [LoggerMessage(1506, LogLevel.Warning, "Unconfirmed payments could not be ended now ({Cause}); tried again soon.")]
    private partial void LogFailed(string cause);
}
