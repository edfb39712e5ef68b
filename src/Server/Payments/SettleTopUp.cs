using System.Collections.Concurrent;
using System.Text;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.People;
using SightPay.Server.Receipts;

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
}

/// <summary>
/// Brings a top-up to the state that its provider reports. The one place where a wallet is credited, whoever asks:
/// a webhook, the poller or a restart.
/// </summary>
/// <remarks>
/// The act's id is derived from the provider's payment object, so that any number of messages about one payment credit
/// once. It is derived with the installation's key, so that no client can occupy it by its own idempotency key.
/// </remarks>
internal sealed class SettleTopUp(
    TopUpStore store, GeneralLedger ledger, InstallationKey installation, TopUpWaiters waiters, TimeProvider clock)
{
    public async Task<Settlement> RunAsync(IPaymentProvider provider, ProviderPayment payment, CancellationToken ct)
    {
        if (payment.Status == ProviderPaymentStatus.Pending) return Settlement.StillPending;
        if (await store.FindAsync(payment.Reference, ct) is not { } topUp || topUp.Provider != provider.Name)
            return Settlement.TopUpUnknown;
        var settlement = payment.Status == ProviderPaymentStatus.Failed
            ? await FailAsync(topUp, payment, ct)
            : await CreditAsync(topUp, provider, payment, ct);
        waiters.Settled(topUp.Id);
        return settlement;
    }

    private async Task<Settlement> FailAsync(TopUp topUp, ProviderPayment payment, CancellationToken ct)
    {
        await store.FailAsync(topUp.Id, payment.Id, Told(topUp, TopUpState.Failed), clock.GetUtcNow(), ct);
        return Settlement.Failed;
    }

    private async Task<Settlement> CreditAsync(
        TopUp topUp, IPaymentProvider provider, ProviderPayment payment, CancellationToken ct)
    {
        if (payment.Amount != topUp.Amount)
        {
            await store.SetExceptionAsync(topUp.Id, "amount_mismatch", ct);
            return Settlement.AmountMismatch;
        }
        var result = await ledger.SubmitAsync(CreditOf(topUp, provider, payment), ct);
        switch (result.End)
        {
            case ActEnd.Committed:
                return result.Replayed ? Settlement.AlreadyCredited : Settlement.Credited;
            case ActEnd.Refused when result.RefusalCode == TopUpCreditedRow.AlreadyCredited:
                return Settlement.AlreadyCredited;
            default:
                await store.SetExceptionAsync(topUp.Id, result.RefusalCode ?? "credit_conflict", ct);
                return Settlement.LedgerRefused;
        }
    }

    private Act CreditOf(TopUp topUp, IPaymentProvider provider, ProviderPayment payment) => new()
    {
        Id = ActIdOf(provider.Name, payment.Id),
        Fingerprint = Idempotency.Fingerprint(
            Encoding.UTF8.GetBytes($"top_up_credit:{provider.Name}:{payment.Id}"), topUp.Id.ToByteArray(),
            Encoding.UTF8.GetBytes($"{payment.Amount.AmountMinor} {payment.Amount.Currency}")),
        Plans =
        [
            new Plan
            {
                Transfers =
                [
                    Transfer.Post(
                        Ids.Next(clock), PaymentProviders.ClearingKey(provider.Name),
                        Person.WalletKey(topUp.PersonId), topUp.Amount.AmountMinor, TransferCode.TopUp),
                ],
                Rows =
                [
                    new TopUpCreditedRow(topUp.Id, payment.Id),
                    new ReceiptRow(
                        Ids.Next(clock), ReceiptKind.TopUp, topUp.PersonId, provider.Name, topUp.Amount, topUp.Id),
                    Told(topUp, TopUpState.Credited),
                ],
                Compose = _ => new Answer(200, ApiJson.Write(new { topUp.Id, State = TopUpState.Credited })),
            },
        ],
        Refuse = refusal => Problems.Answer(409, refusal.Code, "The top-up could not be credited."),
    };

    private Guid ActIdOf(string provider, string payment)
    {
        var bytes = installation.Derive($"top-up-credit:{provider}:{payment}").AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static OutboxRow Told(TopUp topUp, string state) => new(
        OutboxRow.PersonTopic(topUp.PersonId), "wallet",
        ApiJson.Write(new
        {
            Reason = "top_up", TopUpId = topUp.Id, State = state, topUp.Amount.AmountMinor, topUp.Amount.Currency,
        }));
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
