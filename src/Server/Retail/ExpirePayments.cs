using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Retail;

/// <summary>
/// Writes down that a payment nobody confirmed is over and frees what was set aside. Its answers say so from the moment
/// on in which its time is over; this only makes it last.
/// </summary>
internal sealed partial class ExpirePayments(
    RetailStore store, GeneralLedger ledger, TimeProvider clock, ILogger<ExpirePayments> log) : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(15);

    public async Task<int> RunAsync(CancellationToken ct)
    {
        var overdue = await store.OverdueAsync(clock.GetUtcNow(), AtOnce, ct);
        var expired = 0;
        foreach (var (_, payment) in overdue)
            if (await ExpireAsync(payment, ct)) expired++;
        return expired;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_every, clock);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or LedgerUnavailableException)
            {
                LogFailed(exception.GetType().Name);
                await Task.Delay(_every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> ExpireAsync(Payment payment, CancellationToken ct)
    {
        var id = Idempotency.ActIdOf($"retail-expire:{payment.Id}");
        IReadOnlyList<CompanionRow> rows =
            [new PaymentChangeRow(payment.Id, PaymentStatus.Expired), .. payment.Events(PaymentStatus.Expired)];
        var result = await ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans =
            [
                new Plan
                {
                    Transfers = [Transfer.Void(Ids.Next(clock), payment.HoldId!.Value)],
                    Rows = rows,
                    Compose = _ => new Answer(200, "{}"),
                },
                // The ledger may have freed the hold by itself already.
                new Plan { After = RefusalCode.HoldExpired, Rows = rows, Compose = _ => new Answer(200, "{}") },
            ],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The payment was confirmed meanwhile."),
        }, ct);
        return result is { End: ActEnd.Committed, Replayed: false };
    }

    [LoggerMessage(5001, LogLevel.Warning, "Unconfirmed payments could not be ended now ({Cause}); tried again soon.")]
    private partial void LogFailed(string cause);
}
