using System.Text;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.People;
using SightPay.Server.Receipts;

namespace SightPay.Server.Payments;

/// <summary>What top-ups do in the ledger: money comes in, a bank takes it back, it goes back on request.</summary>
/// <remarks>
/// Ids of acts that a provider's word leads to are derived from the provider's object, so that any number of messages
/// about it do one thing. They are derived with the installation's key, so that no client can occupy them by its own
/// idempotency key.
/// </remarks>
internal sealed class TopUpPlans(InstallationKey installation, PaymentSettings settings, TimeProvider clock)
{
    public Act Credit(TopUp topUp, ProviderPayment payment)
    {
        var (wallet, owed, clearing) = Accounts(topUp);
        var amount = topUp.Amount.AmountMinor;
        var credit = Transfer.Post(Ids.Next(clock), clearing, wallet, amount, TransferCode.TopUp);
        return Act(
            $"top-up-credit:{topUp.Provider}:{payment.Id}",
            Idempotency.Fingerprint(
                Encoding.UTF8.GetBytes($"top_up_credit:{topUp.Provider}:{payment.Id}"), topUp.Id.ToByteArray(),
                Encoding.UTF8.GetBytes($"{payment.Amount.AmountMinor} {payment.Amount.Currency}")),
            "The top-up could not be credited.",
            new Plan
            {
                // Debts first: what is owed is paid out of what comes in.
                Transfers =
                [
                    credit, Transfer.PostUpTo(Ids.Next(clock), wallet, owed, amount, TransferCode.DebtCollect),
                ],
                Rows =
                [
                    new TopUpCreditedRow(topUp.Id, payment.Id, credit.Id),
                    new ReceiptRow(
                        Ids.Next(clock), ReceiptKind.TopUp, topUp.PersonId, topUp.Provider, topUp.Amount, topUp.Id),
                    Told(topUp, TopUpState.Credited),
                ],
                Compose = _ => new Answer(200, ApiJson.Write(new { topUp.Id, State = TopUpState.Credited })),
            });
    }

    /// <summary>
    /// A bank took money back, gave it back again, or keeps it. What the wallet lacks becomes a debt; what comes back
    /// pays the debt first.
    /// </summary>
    public Act Dispute(TopUp topUp, ProviderDispute dispute, DisputeState to)
    {
        var amount = topUp.Amount with { AmountMinor = topUp.DisputeMinor ?? dispute.AmountMinor };
        var id = Ids.Next(clock);
        return new Act
        {
            Id = id,
            Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans =
            [
                new Plan
                {
                    Transfers = to switch
                    {
                        DisputeState.Open => TakeBack(topUp, amount.AmountMinor, TransferCode.Chargeback),
                        DisputeState.Won => GiveBack(topUp, amount.AmountMinor),
                        _ => [],
                    },
                    Rows =
                    [
                        new TopUpDisputeRow(topUp.Id, topUp.Dispute, to, amount.AmountMinor),
                        // Won, the top-up's own receipt holds again.
                        .. to == DisputeState.Open
                            ? (IEnumerable<CompanionRow>)[new ReceiptRow(
                                Ids.Next(clock), ReceiptKind.Chargeback, topUp.PersonId, topUp.Provider, amount,
                                topUp.Id, topUp.Id)]
                            : [],
                        Told(topUp, topUp.State),
                    ],
                    Compose = _ => new Answer(200, ApiJson.Write(new { topUp.Id, Dispute = to })),
                },
            ],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The bank's objection could not be booked."),
        };
    }

    /// <summary>Money leaves the wallet for the card, all of it or none.</summary>
    public Plan Refund(TopUp topUp, TopUpRefund refund, IEnumerable<CompanionRow> rows)
    {
        var (wallet, _, clearing) = Accounts(topUp);
        var row = new TopUpRefundRow(refund, IsNew: true, settings.PollAfter[0]);
        return new Plan
        {
            Transfers =
            [
                Transfer.Post(
                    Ids.Next(clock), wallet, clearing, refund.Amount.AmountMinor, TransferCode.Refund) with
                {
                    RefId = topUp.CreditTransferId,
                },
            ],
            Rows =
            [
                TopUpDisputeRow.NothingDisputed(topUp), row, RefundReceipt(refund), Told(topUp, topUp.State), .. rows,
            ],
            Compose = outcome => new Answer(
                201, ApiJson.Write(TopUpRefundAnswer.Of(row.StampedAt(outcome.At)))),
        };
    }

    /// <summary>Somebody gave money back at the provider itself: it is gone, whatever the wallet holds.</summary>
    public Act RefundedElsewhere(TopUp topUp, ProviderRefund told)
    {
        var name = $"top-up-refund:{topUp.Provider}:{told.Id}";
        var refund = new TopUpRefund(
            ActIdOf(name), topUp.Id, topUp.PersonId, topUp.Provider,
            topUp.Amount with { AmountMinor = told.AmountMinor },
            told.Status == ProviderRefundStatus.Pending ? TopUpRefundState.ProviderPending : TopUpRefundState.Done,
            null, null)
        {
            ProviderRefundId = told.Id,
        };
        return Act(
            name,
            Idempotency.Fingerprint(
                Encoding.UTF8.GetBytes(name), topUp.Id.ToByteArray(), BitConverter.GetBytes(told.AmountMinor)),
            "The provider's refund could not be booked.",
            new Plan
            {
                Transfers = TakeBack(topUp, told.AmountMinor, TransferCode.Refund),
                Rows =
                [
                    new TopUpRefundRow(refund, IsNew: true, settings.PollAfter[0]), RefundReceipt(refund),
                    Told(topUp, topUp.State),
                ],
                Compose = _ => new Answer(200, ApiJson.Write(new { refund.Id, refund.State })),
            });
    }

    /// <summary>Money that did not get there is in the wallet again.</summary>
    public Act RefundFailed(TopUp topUp, TopUpRefund refund, string? providerRefundId, string failureCode)
    {
        var failed = refund with
        {
            State = TopUpRefundState.Failed, FailureCode = failureCode,
            ProviderRefundId = providerRefundId ?? refund.ProviderRefundId,
        };
        var name = $"top-up-refund-failed:{refund.Id}";
        return Act(
            name, Idempotency.Fingerprint(Encoding.UTF8.GetBytes(name)), "The failed refund could not be booked.",
            new Plan
            {
                Transfers = GiveBack(topUp, refund.Amount.AmountMinor),
                Rows =
                [
                    new TopUpRefundRow(failed, IsNew: false, TimeSpan.Zero),
                    new ReceiptRow(
                        Ids.Next(clock), ReceiptKind.Correction, topUp.PersonId, topUp.Provider, refund.Amount,
                        refund.Id, refund.Id),
                    Told(topUp, topUp.State),
                ],
                Compose = _ => new Answer(200, ApiJson.Write(new { failed.Id, failed.State })),
            });
    }

    public static OutboxRow Told(TopUp topUp, string state) => new(
        OutboxRow.PersonTopic(topUp.PersonId), "wallet",
        ApiJson.Write(new
        {
            Reason = "top_up", TopUpId = topUp.Id, State = state, topUp.Amount.AmountMinor, topUp.Amount.Currency,
        }));

    private ReceiptRow RefundReceipt(TopUpRefund refund) => new(
        Ids.Next(clock), ReceiptKind.Refund, refund.PersonId, refund.Provider, refund.Amount, refund.Id,
        refund.TopUpId);

    /// <summary>Out of the wallet as far as it goes; the rest is owed.</summary>
    private IReadOnlyList<Transfer> TakeBack(TopUp topUp, long amountMinor, TransferCode code)
    {
        var (wallet, owed, clearing) = Accounts(topUp);
        var taken = Transfer.PostUpTo(Ids.Next(clock), wallet, clearing, amountMinor, code) with
        {
            RefId = topUp.CreditTransferId,
        };
        return [taken, Transfer.PostRest(Ids.Next(clock), owed, clearing, taken)];
    }

    private IReadOnlyList<Transfer> GiveBack(TopUp topUp, long amountMinor)
    {
        var (wallet, owed, clearing) = Accounts(topUp);
        return
        [
            Transfer.Post(Ids.Next(clock), clearing, wallet, amountMinor, TransferCode.ChargebackWon) with
            {
                RefId = topUp.CreditTransferId,
            },
            Transfer.PostUpTo(Ids.Next(clock), wallet, owed, amountMinor, TransferCode.DebtCollect),
        ];
    }

    private Act Act(string name, ReadOnlyMemory<byte> fingerprint, string refused, Plan plan) => new()
    {
        Id = ActIdOf(name),
        Fingerprint = fingerprint,
        Plans = [plan],
        Refuse = refusal => Problems.Answer(409, refusal.Code, refused),
    };

    private Guid ActIdOf(string name)
    {
        var bytes = installation.Derive(name).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static (string Wallet, string Owed, string Clearing) Accounts(TopUp topUp) => (
        Person.WalletKey(topUp.PersonId), Person.ReceivableKey(topUp.PersonId),
        PaymentProviders.ClearingKey(topUp.Provider));
}
