using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Payments;

/// <summary>What somebody may give back without a second pair of eyes.</summary>
/// <param name="PaymentMinorMax">Of one payment in all.</param>
/// <param name="Counts">Counts an amount against their day, in the commit that moves it; null: nobody counts.</param>
public sealed record AloneLimit(long PaymentMinorMax, Func<long, CompanionRow>? Counts = null)
{
    /// <summary>How a count refuses: then the refund waits for somebody else.</summary>
    public const string DayExceeded = "alone_day_exceeded";
}

/// <summary>
/// Money of a captured payment goes back, whole or in part, and never more than is left of it. Above the limit of what
/// one operator may do alone, the wish waits for another one.
/// </summary>
public sealed class RefundPayment
{
    /// <param name="Amount">Null: all that is left.</param>
    public sealed record Request(Request.Sum? Amount, string? Reason)
    {
        public sealed record Sum(long? AmountMinor, string? Currency);
    }

    private readonly ChangePayment _payments;
    private readonly PaymentPlans _plans;
    private readonly AdjustmentStore _adjustments;
    private readonly PaymentSettings _settings;
    private readonly GeneralLedger _ledger;
    private readonly TimeProvider _clock;

    internal RefundPayment(
        ChangePayment payments, PaymentPlans plans, AdjustmentStore adjustments, PaymentSettings settings,
        GeneralLedger ledger, TimeProvider clock) =>
        (_payments, _plans, _adjustments, _settings, _ledger, _clock) =
            (payments, plans, adjustments, settings, ledger, clock);

    /// <param name="caller">For the audit log and for four eyes.</param>
    /// <param name="alone">What they may give back alone; null: as much as an operator.</param>
    public async Task<ActResult> RunAsync(
        Guid id, Request request, Caller caller, ActKey key, CancellationToken ct, AloneLimit? alone = null)
    {
        var payment = await _payments.ReadAsync(id, ct);
        if (payment.Person == caller.PersonId)
            throw AdjustmentWords.FourEyes("Nobody gives money back to themselves.");
        var reason = AdjustmentWords.Reason(request.Reason);
        var amountMinor = AmountOf(request, payment);
        var refund = new Adjustment(
            Ids.Next(_clock), AdjustmentKind.Refund, id, payment.Person, AdjustmentDirection.Credit,
            new Money(amountMinor, payment.Amount.Currency), reason, AdjustmentState.PendingApproval, caller.Name);
        return await _ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = PlansOf(payment, refund, alone ?? new AloneLimit(_settings.OperatorAloneMinorMax)),
            Refuse = refusal => ChangePayment.Refused(payment, refusal),
        }, ct);
    }

    private IReadOnlyList<Plan> PlansOf(Payment payment, Adjustment refund, AloneLimit alone)
    {
        var amountMinor = refund.Amount.AmountMinor;
        // What cannot be refunded is not proposed either: the payment's own guard refuses it, for the record.
        if (amountMinor > payment.RefundableMinor
            || PaymentLifetime.Refusal(payment, PaymentEvent.RefundPart) is not null)
            return [Pay(payment, refund, null, 201)];
        // What went back before counts too: a large refund in small parts is a large refund.
        if (amountMinor > alone.PaymentMinorMax - payment.RefundedMinor) return [Propose(refund)];
        return alone.Counts is { } counts
            ? [Pay(payment, refund, null, 201, counts(amountMinor)), Propose(refund, AloneLimit.DayExceeded)]
            : [Pay(payment, refund, null, 201)];
    }

    /// <summary>Refunds of a payment, newest first.</summary>
    public async Task<IResult> ListAsync(Guid payment, CancellationToken ct)
    {
        var refunds = await _adjustments.OfPaymentAsync(payment, ct);
        return Results.Json(
            new Page<AdjustmentAnswer>([.. refunds.Select(AdjustmentAnswer.Of)], null), ApiJson.Options);
    }

    /// <summary>The money moves and the refund is done, in one commit.</summary>
    /// <param name="approver">Null: nobody else had to agree.</param>
    /// <param name="count">Counts it against the day of whoever gives it back alone.</param>
    internal Plan Pay(
        Payment payment, Adjustment refund, string? approver, int status, CompanionRow? count = null)
    {
        var done = refund with { State = AdjustmentState.Done };
        var row = new AdjustmentRow(done, approver);
        return _plans.Refund(
            payment, refund.Id, refund.Amount.AmountMinor,
            [
                row, row.Event(),
                new AuditRow(
                    approver ?? refund.RequestedBy, approver is null ? "refund_paid" : "refund_approved",
                    refund.Id.ToString()),
                .. count is null ? (IEnumerable<CompanionRow>)[] : [count],
            ],
            outcome => new Answer(status, ApiJson.Write(AdjustmentAnswer.Of(row.StampedAt(outcome.At)))));
    }

    private static Plan Propose(Adjustment refund, string? after = null)
    {
        var row = new AdjustmentRow(refund, null);
        return new Plan
        {
            After = after,
            Rows = [row, row.Event(), new AuditRow(refund.RequestedBy, "refund_requested", refund.Id.ToString())],
            Compose = outcome => new Answer(201, ApiJson.Write(AdjustmentAnswer.Of(row.StampedAt(outcome.At)))),
        };
    }

    private static long AmountOf(Request request, Payment payment)
    {
        if (request.Amount is not { } asked)
        {
            // Nothing left is refused by the payment's lifetime, so that the refusal is recorded.
            return Math.Max(1, payment.RefundableMinor);
        }
        var errors = new Dictionary<string, string[]>();
        if (asked.AmountMinor is not > 0) errors["amount.amount_minor"] = ["More than zero is needed."];
        if (asked.Currency != payment.Amount.Currency)
            errors["amount.currency"] = [$"The payment was in {payment.Amount.Currency}."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "The amount cannot be refunded.", errors: errors);
        return asked.AmountMinor!.Value;
    }
}
