using System.Text;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.People;
using SightPay.Server.Receipts;

namespace SightPay.Server.Payments;

/// <summary>What top-ups do in the ledger: money comes in, a bank takes it back, it goes back on request.</summary>
/// <remarks>
/// Each act names the version of the payment that it was planned on. Ids of acts by which a provider's word moves money
/// are derived from the provider's object as well, so that any number of messages about it do one thing. They are
/// derived with the installation's key, so that no client can occupy them by its own idempotency key.
/// </remarks>
internal sealed class TopUpPlans(InstallationKey installation, PaymentSettings settings, TimeProvider clock)
{
    /// <summary>Its note goes when a change has made the room that it says is missing.</summary>
    private const string NoRoom = RefusalCode.RefundAboveCaptured;

    private const string SettledByStaff = "settled_by_staff";

    /// <summary>Banks take weeks.</summary>
    public static readonly TimeSpan ObjectionsEvery = TimeSpan.FromDays(1);

    /// <summary>A wish for money, recorded; nobody was asked yet.</summary>
    public Plan Create(TopUp topUp)
    {
        var row = new PaymentRow(null, topUp.Payment, null, null);
        return new Plan
        {
            Rows = [row, new TopUpRow(topUp, settings.PollAfter[0])],
            Compose = outcome => new Answer(
                201, ApiJson.Write(TopUpAnswer.Of(topUp with { Payment = row.StampedAt(outcome.At) }))),
        };
    }

    /// <summary>The provider has the wish and has not decided; its customer may have to do something.</summary>
    public Act Await(TopUp topUp, ProviderPayment payment) => Once(
        Changed(topUp, PaymentEvent.Ask, topUp.Payment with { State = PaymentState.Awaiting }, topUp.Details with
        {
            ProviderPaymentId = payment.Id,
            NeedsAction = payment.Status == ProviderPaymentStatus.ActionNeeded,
            ActionUrl = payment.ActionUrl,
        }));

    /// <summary>The provider will not get the money, or was not asked in time.</summary>
    public Act Fail(TopUp topUp, string? paymentId, string? failureCode)
    {
        var (happened, state) = failureCode is AskProvider.Expired or AskProvider.Abandoned
            ? (PaymentEvent.Expire, PaymentState.Expired)
            : (PaymentEvent.Fail, PaymentState.Failed);
        return Once(
            Changed(topUp, happened, topUp.Payment with { State = state }, topUp.Details with
            {
                ProviderPaymentId = paymentId ?? topUp.Details.ProviderPaymentId,
                FailureCode = failureCode, NeedsAction = false, ActionUrl = null,
            }, isTold: true));
    }

    /// <summary>People have to look at it.</summary>
    public Act Note(TopUp topUp, string note) => Once(
        Changed(
            topUp, PaymentEvent.Note, topUp.Payment, topUp.Details with { Note = note },
            rows: [ToldStaff(topUp, note)]));

    /// <summary>They have. One that is still open is given up, so that nobody waits for it any more.</summary>
    public Plan Clear(TopUp topUp, CompanionRow audit)
    {
        var cleared = topUp.Details with { Note = null, Cleared = topUp.Details.Note };
        var (happened, payment, details) = topUp.IsOpen
            ? (PaymentEvent.Fail, topUp.Payment with { State = PaymentState.Failed }, cleared with
            {
                FailureCode = SettledByStaff, NeedsAction = false, ActionUrl = null,
            })
            : (PaymentEvent.Note, topUp.Payment, cleared);
        return Changed(
            topUp, happened, payment, details, rows: [audit, ToldStaff(topUp, null)],
            compose: _ => new Answer(200, ApiJson.Write(StaffTopUpAnswer.Of(new TopUp(payment, details)))),
            isTold: topUp.IsOpen);
    }

    /// <summary>The provider has the money; also of a wish that was over: late truth beats early.</summary>
    public Act Credit(TopUp topUp, ProviderPayment payment)
    {
        var (wallet, owed, clearing) = Accounts(topUp);
        var amount = topUp.Amount.AmountMinor;
        var credit = Transfer.Post(Ids.Next(clock), clearing, wallet, amount, TransferCode.TopUp);
        var credited = topUp.Payment with
        {
            State = PaymentState.Captured, CapturedMinor = amount, CaptureId = credit.Id,
            Exception = topUp.IsOpen ? null : PaymentException.Late,
        };
        return Named(
            $"top-up-credit:{topUp.Provider}:{payment.Id}",
            Idempotency.Fingerprint(
                Encoding.UTF8.GetBytes($"top_up_credit:{topUp.Provider}:{payment.Id}"), topUp.Id.ToByteArray(),
                Encoding.UTF8.GetBytes($"{payment.Amount.AmountMinor} {payment.Amount.Currency}")),
            Changed(
                topUp, topUp.IsOpen ? PaymentEvent.Capture : PaymentEvent.CaptureLate, credited,
                topUp.Details with
                {
                    ProviderPaymentId = payment.Id, Note = null, FailureCode = null, NeedsAction = false,
                    ActionUrl = null,
                },
                // Debts first: what is owed is paid out of what comes in.
                [credit, Transfer.PostUpTo(Ids.Next(clock), wallet, owed, amount, TransferCode.DebtCollect)],
                [new ReceiptRow(
                    Ids.Next(clock), ReceiptKind.TopUp, topUp.PersonId, topUp.Provider, topUp.Amount, topUp.Id)],
                isTold: true));
    }

    /// <summary>A bank took money back. What the wallet lacks becomes a debt.</summary>
    public Act Dispute(TopUp topUp, long amountMinor) => Once(
        Changed(
            topUp, PaymentEvent.Dispute,
            topUp.Payment with
            {
                Dispute = DisputeState.Open, RefundedMinor = topUp.Payment.RefundedMinor + amountMinor,
            },
            topUp.Details with
            {
                DisputeMinor = amountMinor, Note = topUp.Details.Note == NoRoom ? null : topUp.Details.Note,
            },
            TakeBack(topUp, amountMinor, TransferCode.Chargeback),
            [new ReceiptRow(
                Ids.Next(clock), ReceiptKind.Chargeback, topUp.PersonId, topUp.Provider,
                topUp.Amount with { AmountMinor = amountMinor }, topUp.Id, topUp.Id)],
            isTold: true));

    /// <summary>The bank gives the money back, which pays a debt first, and the top-up's own receipt holds again; or it
    /// keeps it.</summary>
    public Act Resolve(TopUp topUp, DisputeState decision)
    {
        var (payment, disputedMinor) = (topUp.Payment, topUp.Details.DisputeMinor!.Value);
        var isWhole = payment.RefundableMinor == 0;
        return Once(decision == DisputeState.Won
            ? Changed(
                topUp, PaymentEvent.WinDispute,
                payment with { Dispute = decision, RefundedMinor = payment.RefundedMinor - disputedMinor },
                topUp.Details, GiveBack(topUp, disputedMinor, TransferCode.ChargebackWon), isTold: true)
            : Changed(
                topUp, isWhole ? PaymentEvent.LoseDispute : PaymentEvent.LoseDisputePart,
                payment with
                {
                    Dispute = decision, State = isWhole ? PaymentState.Refunded : PaymentState.Captured,
                },
                topUp.Details, isTold: true));
    }

    /// <summary>Money leaves the wallet for the card, all of it or none.</summary>
    public Plan Refund(TopUp topUp, TopUpRefund refund, IEnumerable<CompanionRow> rows)
    {
        var (wallet, _, clearing) = Accounts(topUp);
        var row = new TopUpRefundRow(refund, IsNew: true, settings.PollAfter[0]);
        var (payment, happened) = Reduced(
            topUp.Payment, refund.Amount.AmountMinor, PaymentEvent.RefundPart, PaymentEvent.RefundWhole);
        var leaves = Transfer.Post(
            Ids.Next(clock), wallet, clearing, refund.Amount.AmountMinor, TransferCode.Refund) with
        {
            RefId = topUp.Payment.CaptureId,
        };
        return Changed(
            topUp, happened, payment, topUp.Details, [leaves], [row, RefundReceipt(refund), .. rows],
            outcome => new Answer(201, ApiJson.Write(TopUpRefundAnswer.Of(row.StampedAt(outcome.At)))), isTold: true);
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
        var (payment, happened) = Reduced(
            topUp.Payment, told.AmountMinor, PaymentEvent.ReturnPart, PaymentEvent.ReturnWhole);
        return Named(
            name,
            Idempotency.Fingerprint(
                Encoding.UTF8.GetBytes(name), topUp.Id.ToByteArray(), BitConverter.GetBytes(told.AmountMinor)),
            Changed(
                topUp, happened, payment, topUp.Details, TakeBack(topUp, told.AmountMinor, TransferCode.Refund),
                [new TopUpRefundRow(refund, IsNew: true, settings.PollAfter[0]), RefundReceipt(refund)],
                isTold: true));
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
        return Named(
            name, Idempotency.Fingerprint(Encoding.UTF8.GetBytes(name)),
            Changed(
                topUp, PaymentEvent.RefundFailed,
                topUp.Payment with
                {
                    State = PaymentState.Captured,
                    RefundedMinor = topUp.Payment.RefundedMinor - refund.Amount.AmountMinor,
                },
                topUp.Details, GiveBack(topUp, refund.Amount.AmountMinor, TransferCode.RefundFailed),
                [
                    new TopUpRefundRow(failed, IsNew: false, TimeSpan.Zero),
                    new ReceiptRow(
                        Ids.Next(clock), ReceiptKind.Correction, topUp.PersonId, topUp.Provider, refund.Amount,
                        refund.Id, refund.Id),
                ], isTold: true));
    }

    /// <summary>One commit: the payment, the provider's side of it, and what else belongs to the change.</summary>
    /// <param name="isTold">The person's own pages hear of it.</param>
    private static Plan Changed(
        TopUp from, PaymentEvent happened, Payment payment, TopUpDetails details,
        IReadOnlyList<Transfer>? transfers = null, IReadOnlyList<CompanionRow>? rows = null,
        Func<Outcome, Answer>? compose = null, bool isTold = false)
    {
        var to = new TopUp(payment, details);
        return new Plan
        {
            Transfers = transfers ?? [],
            Rows =
            [
                new PaymentRow(from.Payment, payment, happened, null), new TopUpRow(to, ObjectionsEvery), .. rows ?? [],
                .. isTold ? [Told(to)] : (IEnumerable<CompanionRow>)[],
            ],
            Compose = compose ?? (_ => new Answer(200, ApiJson.Write(new { to.Id, to.State }))),
        };
    }

    /// <summary>As long as an objection is open its decision may bring money back, so the payment is not over.
    /// </summary>
    private static (Payment Payment, PaymentEvent Happened) Reduced(
        Payment payment, long amountMinor, PaymentEvent part, PaymentEvent whole)
    {
        var isWhole = payment.RefundableMinor == amountMinor && payment.Dispute != DisputeState.Open;
        var reduced = payment with
        {
            State = isWhole ? PaymentState.Refunded : PaymentState.Captured,
            RefundedMinor = payment.RefundedMinor + amountMinor,
        };
        return (reduced, isWhole ? whole : part);
    }

    /// <summary>What operators' pages are told: something waits for them, or no longer.</summary>
    private static OutboxRow ToldStaff(TopUp topUp, string? note) => new(
        OutboxRow.Operations, "top_up", ApiJson.Write(new { TopUpId = topUp.Id, Note = note }));

    private static OutboxRow Told(TopUp topUp) => new(
        OutboxRow.PersonTopic(topUp.PersonId), "wallet",
        ApiJson.Write(new
        {
            Reason = "top_up", TopUpId = topUp.Id, topUp.State, topUp.Amount.AmountMinor, topUp.Amount.Currency,
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
            RefId = topUp.Payment.CaptureId,
        };
        return [taken, Transfer.PostRest(Ids.Next(clock), owed, clearing, taken)];
    }

    private IReadOnlyList<Transfer> GiveBack(TopUp topUp, long amountMinor, TransferCode code)
    {
        var (wallet, owed, clearing) = Accounts(topUp);
        return
        [
            Transfer.Post(Ids.Next(clock), clearing, wallet, amountMinor, code) with
            {
                RefId = topUp.Payment.CaptureId,
            },
            Transfer.PostUpTo(Ids.Next(clock), wallet, owed, amountMinor, TransferCode.DebtCollect),
        ];
    }

    private Act Once(Plan plan)
    {
        var id = Ids.Next(clock);
        return ActOf(id, Idempotency.Fingerprint(id.ToByteArray()), plan);
    }

    private Act Named(string name, ReadOnlyMemory<byte> fingerprint, Plan plan) =>
        ActOf(ActIdOf(name), fingerprint, plan);

    private static Act ActOf(Guid id, ReadOnlyMemory<byte> fingerprint, Plan plan) => new()
    {
        Id = id,
        Fingerprint = fingerprint,
        Plans = [plan],
        Refuse = refusal => Problems.Answer(409, refusal.Code, "The provider's word could not be booked."),
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
        topUp.Payment.Payee.AccountKey);
}
