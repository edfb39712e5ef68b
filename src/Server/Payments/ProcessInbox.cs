namespace SightPay.Server.Payments;

/// <summary>
/// Works through stored provider messages. A message is only a hint that something changed: what counts is the payment
/// as the provider itself reports it when asked.
/// </summary>
internal sealed partial class ProcessInbox(
    InboxStore inbox, InboxSignal signal, PaymentProviders providers, SettleTopUp settle, TimeProvider clock,
    ILogger<ProcessInbox> log) : BackgroundService
{
    private const int AtOnce = 50;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await RunOnceAsync(stoppingToken) == AtOnce)
                {
                    // A full load: there may be more.
                }
                await signal.WaitAsync(LookEvery, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LookFailed(log, fault);
                await Task.Delay(LookEvery, clock, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Returns how many messages were looked at.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        var due = await inbox.DueAsync(clock.GetUtcNow(), AtOnce, ct);
        foreach (var message in due)
        {
            try
            {
                var (state, note) = await ProcessAsync(message, ct);
                await inbox.SetProcessedAsync(message, state, note, clock.GetUtcNow(), ct);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                var wait = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(message.Attempts, 10)));
                MessageFailed(log, message.Source, message.EventId, fault);
                await inbox.SetLaterAsync(
                    message, clock.GetUtcNow() + (wait < RetryMax ? wait : RetryMax), ct);
            }
        }
        return due.Count;
    }

    private async Task<(string State, string Note)> ProcessAsync(InboxMessage message, CancellationToken ct)
    {
        if (providers.Find(message.Source) is not { } provider) return ("exception", "provider_not_found");
        if (provider.PaymentIdOf(message.Raw) is not { } paymentId) return ("ignored", "unreadable");
        var payment = await provider.FetchAsync(paymentId, ct) switch
        {
            ProviderCall<ProviderPayment?>.Succeeded found => found.Value,
            ProviderCall<ProviderPayment?>.Failed => null,
            ProviderCall<ProviderPayment?>.Unknown unknown => throw new TimeoutException(unknown.Why),
            _ => throw new InvalidOperationException("A call has one of three outcomes."),
        };
        if (payment is null) return ("ignored", "payment_unknown");
        return await settle.RunAsync(provider, payment, ct) switch
        {
            Settlement.Credited => ("done", "credited"),
            Settlement.AlreadyCredited => ("done", "already_credited"),
            Settlement.Failed => ("done", "failed"),
            Settlement.Disputed => ("done", "disputed"),
            Settlement.StillPending => ("ignored", "still_pending"),
            Settlement.TopUpUnknown => ("ignored", "top_up_unknown"),
            Settlement.AmountMismatch => ("exception", "amount_mismatch"),
            Settlement.PaidTwice => ("exception", "paid_twice"),
            Settlement.LedgerRefused => ("exception", "ledger_refused"),
            var other => throw new InvalidOperationException($"Unknown settlement {other}."),
        };
    }

    [LoggerMessage(1504, LogLevel.Warning, "Looking into the provider inbox failed; it is tried again.")]
    private static partial void LookFailed(ILogger log, Exception fault);

    [LoggerMessage(1505, LogLevel.Warning, "Message {EventId} of {Source} could not be processed yet.")]
    private static partial void MessageFailed(ILogger log, string source, string eventId, Exception fault);
}
