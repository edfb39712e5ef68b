using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// Writes down that payments are over. Whoever reads or changes one sees so from the moment on in which its time is
/// over; this only makes it last and tells the payer's pages.
/// </summary>
internal sealed class ExpirePayments(
    PaymentStore store, ExpirePayment expire, TimeProvider clock, ILogger<ExpirePayments> log) : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.RunAsync(Every, RunAsync, clock, log, stoppingToken);

    private async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var overdue = await store.OverdueAsync(clock.GetUtcNow(), AtOnce, ct);
            // All at once: they meet in one commit.
            var ended = await Task.WhenAll(overdue.Select(each => expire.RunAsync(each.Payment, ct)));
            if (overdue.Count < AtOnce || !ended.Contains(true)) return;
        }
    }
}
