using Npgsql;
using SightPay.Ledger;

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
        var overdue = await store.OverdueAsync(clock.GetUtcNow(), AtOnce, ct);
        // All at once: they meet in one commit.
        var ended = await Task.WhenAll(overdue.Select(each => expire.RunAsync(each.Payment, ct)));
        return ended.Count(done => done);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await RunOnceAsync(stoppingToken) == AtOnce)
                {
                    // A full load: there may be more.
                }
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

    [LoggerMessage(1506, LogLevel.Warning, "Unconfirmed payments could not be ended now ({Cause}); tried again soon.")]
    private partial void LogFailed(string cause);
}
