using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Receipts;

namespace SightPay.Server.Payments;

/// <param name="ConfirmWithin">A payer who is asked must say yes within this time.</param>
/// <param name="AuthorisedFor">How long an authorisation lives, and by how much it is extended.</param>
/// <param name="OverCapturePercent">By how much a capture may exceed what was set aside: the last pulse of a pump, a
/// tip.</param>
public sealed record PaymentTimes(TimeSpan ConfirmWithin, TimeSpan AuthorisedFor, int OverCapturePercent);

/// <summary>
/// The ways in which a payment out of a wallet moves. Each gives the plans of one act: transfers, the payment's row and
/// what its payer is told, in one commit. Plans are tried in order; which one follows upon which refusal is the rule of
/// what happens when a hold is over or a wallet is short.
/// </summary>
public sealed class PaymentPlans(TimeProvider clock)
{
    /// <summary>A new payment that is taken from the wallet at once.</summary>
    /// <param name="within">What may be spent on what is known of the payer.</param>
    public Plan PayNow(Payment payment, SpendingLimit within, string? after = null)
    {
        var capture = Transfer.Post(
            Ids.Next(clock), payment.WalletKey, payment.Payee.AccountKey, payment.Amount.AmountMinor,
            TransferCode.Purchase);
        var paid = payment with
        {
            State = PaymentState.Captured, CapturedMinor = payment.Amount.AmountMinor, CaptureId = capture.Id,
        };
        return Of(new PaymentRow(null, paid, null, null), [capture], after, [Receipt(paid)], 201, within);
    }

    /// <summary>A new payment whose payer is asked. The money is set aside, so that a yes never fails for
    /// funds.</summary>
    public Plan Ask(Payment payment, PaymentTimes times, string? after = null)
    {
        var hold = Hold(payment, times.ConfirmWithin);
        var asked = payment with { State = PaymentState.Awaiting, HoldId = hold.Id, SightingId = null };
        return Of(new PaymentRow(null, asked, null, times.ConfirmWithin), [hold], after, [], 201);
    }

    /// <summary>The payer says yes: the money is taken, or stays set aside for the payee's capture.</summary>
    /// <param name="within">What may be spent on a yes of this kind.</param>
    public IReadOnlyList<Plan> Confirm(Payment payment, PaymentTimes times, SpendingLimit within)
    {
        if (!payment.CapturesLater) return Capture(payment, payment.Amount.AmountMinor, within);
        var hold = Hold(payment, times.AuthorisedFor);
        var authorised = payment with { State = PaymentState.Authorised, HoldId = hold.Id };
        return
        [
            Of(new PaymentRow(payment, authorised, PaymentEvent.Authorise, times.AuthorisedFor),
                [Transfer.Void(Ids.Next(clock), payment.HoldId!.Value), hold], within: within),
        ];
    }

    /// <summary>A new payment whose payer has said yes before it began: the money stays set aside for the payee's
    /// capture.</summary>
    /// <param name="within">What may be spent on a yes of this kind.</param>
    public Plan Authorise(Payment payment, PaymentTimes times, SpendingLimit within, string? after = null)
    {
        var hold = Hold(payment, times.AuthorisedFor);
        var authorised = payment with { State = PaymentState.Authorised, HoldId = hold.Id, CapturesLater = true };
        return Of(
            new PaymentRow(null, authorised, PaymentEvent.Authorise, times.AuthorisedFor), [hold], after, [], 201,
            within);
    }

    /// <summary>The authorisation lives longer: a new hold takes the place of the old one.</summary>
    public IReadOnlyList<Plan> Extend(Payment payment, PaymentTimes times)
    {
        var hold = Hold(payment, times.AuthorisedFor);
        return
        [
            Of(new PaymentRow(payment, payment with { HoldId = hold.Id }, PaymentEvent.Extend, times.AuthorisedFor),
                [Transfer.Void(Ids.Next(clock), payment.HoldId!.Value), hold]),
        ];
    }

    /// <summary>More is set aside under the same yes. The old hold and the new one change places in one commit, so that
    /// nothing is free in between; a wallet that is short refuses, and the old one stands.</summary>
    /// <param name="amountMinor">In all, above what is set aside.</param>
    /// <param name="within">What may be spent on a yes of this kind.</param>
    public Plan Raise(Payment payment, long amountMinor, PaymentTimes times, SpendingLimit within)
    {
        var raised = payment with { Amount = payment.Amount with { AmountMinor = amountMinor } };
        var hold = Hold(raised, times.AuthorisedFor);
        return Of(
            new PaymentRow(payment, raised with { HoldId = hold.Id }, PaymentEvent.Raise, times.AuthorisedFor),
            [Transfer.Void(Ids.Next(clock), payment.HoldId!.Value), hold], within: within);
    }

    /// <summary>
    /// Takes what was set aside: whole, in part (the rest is free again), or a little over. What is over comes out of
    /// the wallet as well; when that is short the payer owes it.
    /// </summary>
    /// <param name="amountMinor">At most the amount asked for and the tolerance, see
    /// <see cref="CaptureMinorMax"/>.</param>
    /// <param name="within">Null: what may be spent was asked when the payer said yes.</param>
    /// <param name="overMinorMax">Most of what is over that comes out of the wallet; what is beyond is owed. Null: all
    /// of it.</param>
    public IReadOnlyList<Plan> Capture(
        Payment payment, long amountMinor, SpendingLimit? within = null, long? overMinorMax = null)
    {
        var held = Math.Min(amountMinor, payment.Amount.AmountMinor);
        var capture = Transfer.Capture(Ids.Next(clock), payment.HoldId!.Value, held, TransferCode.Purchase);
        var row = new PaymentRow(
            payment, Taken(payment, capture.Id, amountMinor, null), PaymentEvent.Capture, null);
        var over = Math.Min(amountMinor - held, overMinorMax ?? long.MaxValue);
        var beyond = amountMinor - held - over;
        List<Transfer> transfers = [capture];
        if (over > 0) transfers.AddRange(OutOfWalletOrOwed(payment, over, TransferCode.OverCapture, capture.Id));
        if (beyond > 0)
            transfers.Add(Transfer.Post(
                Ids.Next(clock), payment.ReceivableKey, payment.Payee.AccountKey, beyond,
                TransferCode.OverCapture) with { RefId = capture.Id });
        return [Of(row, transfers, null, [Receipt(row.To)], within: within)];
    }

    /// <summary>
    /// Takes the money of a payment that was over: what was delivered is owed. What the wallet lacks becomes a debt.
    /// </summary>
    public IReadOnlyList<Plan> CaptureLate(Payment payment, long amountMinor)
    {
        var transfers = OutOfWalletOrOwed(payment, amountMinor, TransferCode.LateCapture, null);
        var taken = Taken(payment, null, amountMinor, PaymentException.Late);
        return
        [
            Of(new PaymentRow(payment, taken, PaymentEvent.CaptureLate, null), transfers, null, [Receipt(taken)]),
        ];
    }

    /// <summary>The payer of a payment that was over says yes to what is due: out of the wallet, or not at
    /// all.</summary>
    public IReadOnlyList<Plan> PayLate(Payment payment, long amountMinor, SpendingLimit within)
    {
        var post = Transfer.Post(
            Ids.Next(clock), payment.WalletKey, payment.Payee.AccountKey, amountMinor, TransferCode.LateCapture);
        var taken = Taken(payment, post.Id, amountMinor, PaymentException.Late);
        return
        [
            Of(
                new PaymentRow(payment, taken, PaymentEvent.CaptureLate, null), [post], null, [Receipt(taken)],
                within: within),
        ];
    }

    /// <summary>What is set aside is free again.</summary>
    public IReadOnlyList<Plan> Cancel(Payment payment) =>
        Release(payment, PaymentState.Cancelled, PaymentEvent.Cancel);

    /// <summary>The same, since nobody answered in time.</summary>
    public IReadOnlyList<Plan> Expire(Payment payment) => Release(payment, PaymentState.Expired, PaymentEvent.Expire);

    /// <summary>Asks again for an expired payment, as the same payment under a new hold.</summary>
    public IReadOnlyList<Plan> Reopen(Payment payment, PaymentTimes times)
    {
        var hold = Hold(payment, times.ConfirmWithin);
        // An earlier yes was to a payment that is over; this one needs its own.
        var asked = payment with { State = PaymentState.Awaiting, HoldId = hold.Id, AuthorisedAt = null };
        return [Of(new PaymentRow(payment, asked, PaymentEvent.Reopen, times.ConfirmWithin), [hold])];
    }

    /// <summary>Money goes back to the wallet, out of what the payee was paid.</summary>
    /// <param name="refundId">Subject of the refund's own receipt.</param>
    /// <param name="rows">What records the refund itself.</param>
    public Plan Refund(
        Payment payment, Guid refundId, long amountMinor, IReadOnlyList<CompanionRow> rows,
        Func<Outcome, Answer> compose)
    {
        var whole = payment.RefundedMinor + amountMinor == payment.CapturedMinor;
        var refunded = payment with
        {
            State = whole ? PaymentState.Refunded : PaymentState.Captured,
            RefundedMinor = payment.RefundedMinor + amountMinor,
        };
        return new Plan
        {
            Transfers = [Back(payment, amountMinor, TransferCode.Refund)],
            // What records the refund is asked first: a decision made before is what its second caller has to hear of.
            Rows =
            [
                .. rows,
                new PaymentRow(
                    payment, refunded, whole ? PaymentEvent.RefundWhole : PaymentEvent.RefundPart, null),
                .. Spent(payment, refunded, null),
                Receipt(payment, ReceiptKind.Refund, amountMinor, refundId, payment.Id), refunded.Event(),
            ],
            Compose = compose,
        };
    }

    /// <summary>The payer objects; no money moves before somebody has decided.</summary>
    public Plan Dispute(Payment payment, string reason, IReadOnlyList<CompanionRow> rows) => Of(
        new PaymentRow(
            payment, payment with { Dispute = DisputeState.Open, DisputeReason = reason }, PaymentEvent.Dispute, null),
        [], null, rows);

    /// <summary>The objection is decided: the payee keeps the money, or all that is left of it goes back.</summary>
    public Plan Resolve(Payment payment, bool forThePayer, IReadOnlyList<CompanionRow> rows)
    {
        if (!forThePayer)
            return Of(
                new PaymentRow(
                    payment, payment with { Dispute = DisputeState.Won }, PaymentEvent.WinDispute, null),
                [], null, rows);
        var back = Back(payment, payment.RefundableMinor, TransferCode.Chargeback);
        var lost = payment with
        {
            State = PaymentState.Refunded, RefundedMinor = payment.CapturedMinor, Dispute = DisputeState.Lost,
        };
        var receipt = Receipt(payment, ReceiptKind.Chargeback, payment.RefundableMinor, payment.Id, payment.Id);
        return Of(new PaymentRow(payment, lost, PaymentEvent.LoseDispute, null), [back], null, [.. rows, receipt]);
    }

    /// <summary>Most that a capture may take of a payment.</summary>
    public static long CaptureMinorMax(Payment payment, PaymentTimes times) =>
        payment.Amount.AmountMinor + (long)((Int128)payment.Amount.AmountMinor * times.OverCapturePercent / 100);

    private IReadOnlyList<Plan> Release(Payment payment, PaymentState state, PaymentEvent happened)
    {
        var row = new PaymentRow(payment, payment with { State = state }, happened, null);
        if (payment.HoldId is not { } hold || payment.State == PaymentState.Expired) return [Of(row, [])];
        return
        [
            Of(row, [Transfer.Void(Ids.Next(clock), hold)]),
            // The ledger may have freed the hold by itself already.
            Of(row, [], RefusalCode.HoldExpired),
        ];
    }

    private Transfer[] OutOfWalletOrOwed(Payment payment, long amountMinor, TransferCode code, Guid? captureId)
    {
        var paid = Transfer.PostUpTo(
            Ids.Next(clock), payment.WalletKey, payment.Payee.AccountKey, amountMinor, code) with { RefId = captureId };
        return
        [
            paid, Transfer.PostRest(Ids.Next(clock), payment.ReceivableKey, payment.Payee.AccountKey, paid),
        ];
    }

    private static Payment Taken(
        Payment payment, Guid? captureId, long amountMinor, PaymentException? exception) => payment with
        {
            State = PaymentState.Captured,
            CaptureId = captureId,
            CapturedMinor = amountMinor,
            Exception = exception
                ?? (amountMinor < payment.Amount.AmountMinor ? PaymentException.Partial
                    : amountMinor > payment.Amount.AmountMinor ? PaymentException.Over
                    : null),
        };

    private Transfer Hold(Payment payment, TimeSpan holdFor) => Transfer.Hold(
        Ids.Next(clock), payment.WalletKey, payment.Payee.AccountKey, payment.Amount.AmountMinor,
        TransferCode.Purchase, holdFor) with { RefId = payment.HoldId };

    private Transfer Back(Payment payment, long amountMinor, TransferCode code) =>
        Transfer.Post(Ids.Next(clock), payment.Payee.AccountKey, payment.WalletKey, amountMinor, code) with
        {
            RefId = payment.CaptureId,
        };

    private ReceiptRow Receipt(Payment paid) => Receipt(
        paid, paid.Kind == PaymentKind.Fuel ? ReceiptKind.Fuel : ReceiptKind.Purchase, paid.CapturedMinor, paid.Id,
        null);

    private ReceiptRow Receipt(Payment payment, string kind, long amountMinor, Guid subject, Guid? corrects) => new(
        Ids.Next(clock), kind, payment.Person, payment.Payee.Id, payment.Amount with { AmountMinor = amountMinor },
        subject, corrects);

    /// <summary>
    /// What the change adds to the day on which the payer said yes, or takes off it: a payment counts from the yes on
    /// for what is set aside, then for what was taken and not given back.
    /// </summary>
    private IEnumerable<SpendingRow> Spent(Payment? from, Payment to, SpendingLimit? within)
    {
        var (before, after) = (from is null ? 0 : Counted(from), Counted(to));
        if (before == after) yield break;
        var saidYesAt = from?.AuthorisedAt ?? from?.CapturedAt ?? clock.GetUtcNow();
        yield return new SpendingRow(
            to.Person, SpendingRow.DayOf(saidYesAt), SpentOn(to), after - before,
            (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0), within);
    }

    private static SpentBy SpentOn(Payment payment) => (payment.SightingId, payment.Kind) switch
    {
        (null, _) => SpentBy.Consent,
        (_, PaymentKind.Fuel) => SpentBy.Plate,
        _ => SpentBy.Face,
    };

    private static long Counted(Payment payment) => payment.State switch
    {
        PaymentState.Authorised => payment.Amount.AmountMinor,
        PaymentState.Captured or PaymentState.Refunded => payment.CapturedMinor - payment.RefundedMinor,
        _ => 0,
    };

    private Plan Of(
        PaymentRow row, IReadOnlyList<Transfer> transfers, string? after = null,
        IReadOnlyList<CompanionRow>? rows = null, int status = 200, SpendingLimit? within = null) => new()
        {
            After = after,
            Transfers = transfers,
            Rows = [row, .. Spent(row.From, row.To, within), .. rows ?? [], row.To.Event()],
            Compose = outcome => new Answer(status, ApiJson.Write(PaymentAnswer.Of(row.StampedAt(outcome.At)))),
        };
}
