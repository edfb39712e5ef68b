using System.Collections.Concurrent;
using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>How the provider's word on a payment ended for us.</summary>
internal enum Settlement
{
    /// <summary>The provider has not decided.</summary>
    StillPending,

    /// <summary>The payment's reference is none of our top-ups with this provider.</summary>
    TopUpUnknown,

    /// <summary>Amount or currency differ from what was asked for; people decide.</summary>
    AmountMismatch,

    /// <summary>The ledger refused; people decide.</summary>
    LedgerRefused,

    Failed,
    AlreadyCredited,
    Credited,

    /// <summary>A bank objects, or has decided; the books say so.</summary>
    Disputed,

    /// <summary>A second payment took money for a wish that was paid; people decide.</summary>
    PaidTwice,
}

/// <summary>
/// Brings a top-up to the state that its provider reports. The one place where a wallet is credited, whoever asks:
/// a webhook, the poller or a restart.
/// </summary>
internal sealed class SettleTopUp(
    TopUpStore store, ChangeTopUp change, TopUpPlans plans, SettleReturns returns, TopUpWaiters waiters)
{
    public async Task<Settlement> RunAsync(IPaymentProvider provider, ProviderPayment payment, CancellationToken ct)
    {
        if (await store.FindAsync(payment.Reference, ct) is not { } topUp || topUp.Provider != provider.Name)
            return Settlement.TopUpUnknown;
        var settlement = payment.Status switch
        {
            ProviderPaymentStatus.Failed => await FailAsync(topUp, payment.Id, payment.FailureCode, ct),
            ProviderPaymentStatus.Succeeded => await CreditAsync(topUp, payment, ct),
            _ => await AwaitAsync(topUp, payment, ct),
        };
        if (settlement is Settlement.Credited or Settlement.AlreadyCredited)
            settlement = await WentBackAsync(topUp.Id, payment, settlement, ct);
        if (settlement != Settlement.StillPending || payment.Status == ProviderPaymentStatus.ActionNeeded)
            waiters.Settled(topUp.Id);
        return settlement;
    }

    /// <summary>The provider has refused the wish itself: there is no payment.</summary>
    public async Task RefusedAsync(TopUp topUp, string failureCode, CancellationToken ct)
    {
        await FailAsync(topUp, null, failureCode, ct);
        waiters.Settled(topUp.Id);
    }

    /// <summary>The provider has the wish; what became of it is not decided yet.</summary>
    public async Task<Settlement> AwaitAsync(TopUp topUp, ProviderPayment payment, CancellationToken ct)
    {
        await change.RunAsync(topUp.Id, stored => IsNews(stored, payment) ? plans.Await(stored, payment) : null, ct);
        return Settlement.StillPending;
    }

    private static bool IsNews(TopUp stored, ProviderPayment payment) => stored.IsOpen
        && (stored.Payment.State == PaymentState.Created || stored.Details.ProviderPaymentId != payment.Id
            || stored.Details.ActionUrl != payment.ActionUrl
            || stored.Details.NeedsAction != (payment.Status == ProviderPaymentStatus.ActionNeeded));

    /// <summary>Nothing happens to one that has ended already.</summary>
    private async Task<Settlement> FailAsync(
        TopUp topUp, string? paymentId, string? failureCode, CancellationToken ct)
    {
        await change.RunAsync(
            topUp.Id, stored => stored.IsOpen ? plans.Fail(stored, paymentId, failureCode) : null, ct);
        return Settlement.Failed;
    }

    /// <summary>What a bank or the provider has taken back of a credited top-up.</summary>
    private async Task<Settlement> WentBackAsync(
        Guid id, ProviderPayment payment, Settlement settlement, CancellationToken ct)
    {
        var topUp = (await store.FindAsync(id, ct))!;
        if (topUp.Details.ProviderPaymentId != payment.Id)
        {
            await change.NoteAsync(id, "paid_twice", ct);
            return Settlement.PaidTwice;
        }
        if (!await returns.RunAsync(topUp, payment, ct)) return Settlement.LedgerRefused;
        return payment.Dispute is null ? settlement : Settlement.Disputed;
    }

    private async Task<Settlement> CreditAsync(TopUp topUp, ProviderPayment payment, CancellationToken ct)
    {
        if (payment.Amount != topUp.Amount)
        {
            await change.NoteAsync(topUp.Id, "amount_mismatch", ct);
            return Settlement.AmountMismatch;
        }
        var result = await change.RunAsync(
            topUp.Id, stored => stored.IsCredited ? null : plans.Credit(stored, payment), ct);
        if (result is null or { End: ActEnd.Committed, Replayed: true }) return Settlement.AlreadyCredited;
        if (result.End == ActEnd.Committed) return Settlement.Credited;
        await change.NoteAsync(topUp.Id, result.RefusalCode ?? "credit_conflict", ct);
        return Settlement.LedgerRefused;
    }
}

/// <summary>Lets the request that began a top-up wait for its end.</summary>
internal sealed class TopUpWaiters
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();

    public Task Expect(Guid topUp) => _waiting.GetOrAdd(
        topUp, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Settled(Guid topUp)
    {
        if (_waiting.TryRemove(topUp, out var waiter)) waiter.TrySetResult();
    }

    public void Forget(Guid topUp) => _waiting.TryRemove(topUp, out _);
}
