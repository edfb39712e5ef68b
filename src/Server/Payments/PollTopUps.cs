using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// Asks the provider about top-ups, and refunds of them, that no webhook has settled: the message was lost, or the
/// server stopped between recording the wish and asking for it. Also about banks' objections, daily.
/// </summary>
internal sealed partial class PollTopUps(
    TopUpStore store, TopUpRefundStore refunds, AskProvider ask, SettleReturns returns,
    PaymentSettings settings, TimeProvider clock, ILogger<PollTopUps> log) : BackgroundService
{
    private const int AtOnce = 50;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.RunAsync(LookEvery, clock, RunOnceAsync, fault => LookFailed(log, fault), stoppingToken);

    /// <summary>Asks about all that is due.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        foreach (var topUp in await store.DueAsync(clock.GetUtcNow(), AtOnce, ct))
        {
            // Written down first: one whose polling fails again and again must not starve the others.
            await store.SetPolledAsync(
                topUp.Id,
                topUp.IsOpen ? NextAfter(topUp.Details.Polls) : clock.GetUtcNow() + TopUpPlans.ObjectionsEvery, ct);
            await AskAsync(topUp.Id, () => ask.RunAsync(topUp, credits: true, ct));
        }
        foreach (var refund in await refunds.DueAsync(clock.GetUtcNow(), AtOnce, ct))
        {
            await refunds.SetPolledAsync(refund.Id, NextAfter(refund.Polls), ct);
            await AskAsync(refund.Id, () => returns.AskAsync(refund, ct));
        }
    }

    private DateTimeOffset NextAfter(int polls) =>
        clock.GetUtcNow() + settings.PollAfter[Math.Min(polls + 1, settings.PollAfter.Count - 1)];

    private async Task AskAsync(Guid id, Func<Task> ask)
    {
        try
        {
            await ask();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            AskFailed(log, id, fault);
        }
    }

    [LoggerMessage(1502, LogLevel.Warning, "Looking for open top-ups failed; it is tried again.")]
    private static partial void LookFailed(ILogger log, Exception fault);

    [LoggerMessage(1503, LogLevel.Warning, "Asking the provider about {Id} failed; it is tried again.")]
    private static partial void AskFailed(ILogger log, Guid id, Exception fault);
}
