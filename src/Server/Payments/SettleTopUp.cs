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

    /// <summary>A bank objects, or has decided; the books say so.</summary>
    Disputed,
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
        if (await store.FindAsync(payment.Reference, ct) is not { } topUp || topUp.Provider != provider.Name)
            return Settlement.TopUpUnknown;
        var settlement = payment.Status switch
        {
            ProviderPaymentStatus.Failed => await FailAsync(topUp, payment.Id, payment.FailureCode, ct),
            ProviderPaymentStatus.Succeeded => await CreditAsync(topUp, provider, payment, ct),
            _ => await AwaitAsync(topUp, payment, ct),
        };
        if (settlement is Settlement.Credited or Settlement.AlreadyCredited && payment.Dispute is { } dispute)
            settlement = await DisputeAsync(topUp.Id, provider, dispute, ct);
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

    private async Task<Settlement> AwaitAsync(TopUp topUp, ProviderPayment payment, CancellationToken ct)
    {
        await store.SetPendingAsync(topUp.Id, payment, ct);
        return Settlement.StillPending;
    }

    private async Task<Settlement> FailAsync(
        TopUp topUp, string? paymentId, string? failureCode, CancellationToken ct)
    {
        await store.FailAsync(
            topUp.Id, paymentId, failureCode, Told(topUp, TopUpState.Failed), clock.GetUtcNow(), ct);
        return Settlement.Failed;
    }

    /// <summary>
    /// A bank took the money back, or gave it back again. What the wallet lacks becomes a debt; what comes back pays
    /// the debt first.
    /// </summary>
    private async Task<Settlement> DisputeAsync(
        Guid id, IPaymentProvider provider, DisputeState dispute, CancellationToken ct)
    {
        while (await store.FindAsync(id, ct) is { } topUp && topUp.Dispute != dispute)
        {
            // A message may be lost: what was decided was opened before.
            var next = topUp.Dispute is null ? DisputeState.Open : dispute;
            if (topUp.Dispute is DisputeState.Won or DisputeState.Lost) break;
            var actId = Ids.Next(clock);
            var result = await ledger.SubmitAsync(new Act
            {
                Id = actId,
                Fingerprint = Idempotency.Fingerprint(actId.ToByteArray()),
                Plans = [DisputeOf(topUp, provider, next)],
                Refuse = refusal => Problems.Answer(409, refusal.Code, "The bank's objection could not be booked."),
            }, ct);
            if (result.End != ActEnd.Refused) continue;
            await store.SetExceptionAsync(id, result.RefusalCode!, ct);
            return Settlement.LedgerRefused;
        }
        return Settlement.Disputed;
    }

    private Plan DisputeOf(TopUp topUp, IPaymentProvider provider, DisputeState to)
    {
        var (wallet, owed) = (Person.WalletKey(topUp.PersonId), Person.ReceivableKey(topUp.PersonId));
        var clearing = PaymentProviders.ClearingKey(provider.Name);
        var amount = topUp.Amount.AmountMinor;
        var taken = Transfer.PostUpTo(Ids.Next(clock), wallet, clearing, amount, TransferCode.Chargeback) with
        {
            RefId = topUp.CreditTransferId,
        };
        return new Plan
        {
            Transfers = to switch
            {
                DisputeState.Open => [taken, Transfer.PostRest(Ids.Next(clock), owed, clearing, taken)],
                DisputeState.Won =>
                [
                    Transfer.Post(Ids.Next(clock), clearing, wallet, amount, TransferCode.ChargebackWon) with
                    {
                        RefId = topUp.CreditTransferId,
                    },
                    Transfer.PostUpTo(Ids.Next(clock), wallet, owed, amount, TransferCode.DebtCollect),
                ],
                _ => [],
            },
            Rows =
            [
                new TopUpDisputeRow(topUp.Id, topUp.Dispute, to),
                // Won, the top-up's own receipt holds again.
                .. to == DisputeState.Open
                    ? (IEnumerable<CompanionRow>)[new ReceiptRow(
                        Ids.Next(clock), ReceiptKind.Chargeback, topUp.PersonId, provider.Name, topUp.Amount,
                        topUp.Id, topUp.Id)]
                    : [],
                Told(topUp, topUp.State),
            ],
            Compose = _ => new Answer(200, ApiJson.Write(new { topUp.Id, Dispute = to })),
        };
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

    private Act CreditOf(TopUp topUp, IPaymentProvider provider, ProviderPayment payment)
    {
        var (wallet, amount) = (Person.WalletKey(topUp.PersonId), topUp.Amount.AmountMinor);
        var credit = Transfer.Post(
            Ids.Next(clock), PaymentProviders.ClearingKey(provider.Name), wallet, amount, TransferCode.TopUp);
        return new Act
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
                        credit,
                        // Debts first: what is owed is paid out of what comes in.
                        Transfer.PostUpTo(
                            Ids.Next(clock), wallet, Person.ReceivableKey(topUp.PersonId), amount,
                            TransferCode.DebtCollect),
                    ],
                    Rows =
                    [
                        new TopUpCreditedRow(topUp.Id, payment.Id, credit.Id),
                        new ReceiptRow(
                            Ids.Next(clock), ReceiptKind.TopUp, topUp.PersonId, provider.Name, topUp.Amount,
                            topUp.Id),
                        Told(topUp, TopUpState.Credited),
                    ],
                    Compose = _ => new Answer(200, ApiJson.Write(new { topUp.Id, State = TopUpState.Credited })),
                },
            ],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The top-up could not be credited."),
        };
    }

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
