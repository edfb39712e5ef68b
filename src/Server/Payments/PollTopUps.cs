namespace SightPay.Server.Payments;

/// <summary>
/// Asks the provider about top-ups that no webhook has settled: the message was lost, or the server stopped between
/// recording the wish and asking for the money.
/// </summary>
internal sealed partial class PollTopUps(
    TopUpStore store, AskProvider ask, PaymentSettings settings, TimeProvider clock,
    ILogger<PollTopUps> log) : BackgroundService
{
    private const int AtOnce = 50;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        do
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                LookFailed(log, fault);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Returns how many were asked about.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        var due = await store.DueAsync(clock.GetUtcNow(), AtOnce, ct);
        foreach (var topUp in due)
        {
            // Written down first: a top-up whose polling fails again and again must not starve the others.
            var next = settings.PollAfter[Math.Min(topUp.Polls + 1, settings.PollAfter.Count - 1)];
            await store.SetPolledAsync(topUp.Id, clock.GetUtcNow() + next, ct);
            try
            {
                await ask.RunAsync(topUp, credits: true, ct);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                AskFailed(log, topUp.Id, fault);
            }
        }
        return due.Count;
    }

    [LoggerMessage(1502, LogLevel.Warning, "Looking for open top-ups failed; it is tried again.")]
    private static partial void LookFailed(ILogger log, Exception fault);

    [LoggerMessage(1503, LogLevel.Warning, "Asking the provider about top-up {TopUp} failed; it is tried again.")]
    private static partial void AskFailed(ILogger log, Guid topUp, Exception fault);
}
