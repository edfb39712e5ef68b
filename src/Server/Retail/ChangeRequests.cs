using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.People;

namespace SightPay.Server.Retail;

/// <summary>What parties ask of an existing payment: each names who may, and hands over to the payment's own
/// rules.</summary>
internal sealed class ChangeRequests(
    PaymentParties parties, ChangePayment change, PaymentPlans plans, RefundPayment refunds, DisputePayment disputes,
    SpendingPolicy policy, Idempotency idempotency, RetailSettings settings, TimeProvider clock)
{
    internal sealed record CaptureRequest(CaptureRequest.Sum? Amount)
    {
        internal sealed record Sum(long? AmountMinor, string? Currency);
    }

    /// <summary>The payer, signed in, says yes. Saying it twice changes nothing.</summary>
    public Task<IResult> ConfirmAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var payment = await parties.DemandAsync(id, Caller.Of(http), payer: true, changes: true, ct: ct);
            return await ConfirmAsync(payment, StepUp.SignedIn, key, ct);
        });

    /// <summary>The payer has said yes, in the app or with their PIN.</summary>
    public Task<ActResult> ConfirmAsync(Payment payment, StepUp stepUp, ActKey key, CancellationToken ct) =>
        change.RunAsync(
            payment.Id, payment.CapturesLater ? PaymentEvent.Authorise : PaymentEvent.Capture, key,
            stored => plans.Confirm(stored, settings.Times, policy.LimitOf(Sight.None, stepUp)!),
            stored => stored.State is PaymentState.Captured or PaymentState.Authorised, ct);

    /// <summary>The till takes what is due of an authorised payment; of one that ran out too, as a late
    /// capture.</summary>
    public Task<IResult> CaptureAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: true, async (key, ct) =>
        {
            var request = await RequestBody.JsonAsync<CaptureRequest>(http, "Send amount, or an empty object.");
            var payment = await parties.DemandAsync(id, Caller.Of(http), till: true, ct: ct);
            // Nothing is taken that its payer has not said yes to, in time or late.
            if (payment.AuthorisedAt is null)
                throw new ProblemException(
                    409, "payment_not_authorised", "Its payer has not said yes to this payment.");
            var amountMinor = DemandAmount(request, payment);
            var isLate = (await change.ReadAsync(id, ct)).State == PaymentState.Expired;
            return isLate
                ? await change.RunAsync(
                    id, PaymentEvent.CaptureLate, key, stored => plans.CaptureLate(stored, amountMinor), null, ct)
                : await change.RunAsync(
                    id, PaymentEvent.Capture, key, stored => plans.Capture(stored, amountMinor), null, ct);
        });

    public Task<IResult> ExtendAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            await parties.DemandAsync(id, Caller.Of(http), till: true, ct: ct);
            return await change.RunAsync(
                id, PaymentEvent.Extend, key, stored => plans.Extend(stored, settings.Times), null, ct);
        });

    /// <summary>Before it is paid, either side may let it be.</summary>
    public Task<IResult> CancelAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            await parties.DemandAsync(
                id, Caller.Of(http), payer: true, till: true, operators: true, changes: true, ct: ct);
            return await change.RunAsync(
                id, PaymentEvent.Cancel, key, plans.Cancel, stored => stored.State == PaymentState.Cancelled, ct);
        });

    public Task<IResult> ReopenAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            await parties.DemandAsync(
                id, Caller.Of(http), payer: true, till: true, operators: true, changes: true, ct: ct);
            return await change.RunAsync(
                id, PaymentEvent.Reopen, key, stored => plans.Reopen(stored, settings.Times),
                stored => stored.State == PaymentState.Awaiting, ct);
        });

    public Task<IResult> RefundAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: true, async (key, ct) =>
        {
            var request = await RequestBody.JsonAsync<RefundPayment.Request>(
                http, "Send reason, and amount for a part.");
            var caller = Caller.Of(http);
            await parties.DemandAsync(id, caller, till: true, operators: true, cashier: true, ct: ct);
            var isCashier = caller.PersonId is not null && !caller.IsOperator;
            return await refunds.RunAsync(
                id, request, caller, key, ct, isCashier ? AloneLimitOf(caller.PersonId!.Value) : null);
        });

    private AloneLimit AloneLimitOf(Guid cashier) => new(
        settings.CashierAloneMinorMax,
        amountMinor => new CashierDayRow(
            cashier, SpendingRow.DayOf(clock.GetUtcNow()), amountMinor, settings.CashierDayMinorMax));

    public async Task<IResult> RefundsAsync(Guid id, HttpContext http)
    {
        await parties.DemandAsync(
            id, Caller.Of(http), payer: true, till: true, auditors: true, cashier: true, ct: http.RequestAborted);
        return await refunds.ListAsync(id, http.RequestAborted);
    }

    /// <summary>"That was not me."</summary>
    public Task<IResult> DisputeAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var request = await RequestBody.JsonAsync<DisputePayment.Request>(http, "Send reason.");
            var caller = Caller.Of(http);
            await parties.DemandAsync(id, caller, payer: true, ct: ct);
            return await disputes.OpenAsync(id, request, caller.Name, key, ct);
        });

    private long DemandAmount(CaptureRequest request, Payment payment)
    {
        if (request.Amount is not { } asked) return payment.Amount.AmountMinor;
        var errors = new Dictionary<string, string[]>();
        var most = PaymentPlans.CaptureMinorMax(payment, settings.Times);
        if (asked.AmountMinor is not { } minor || minor <= 0)
            errors["amount.amount_minor"] = ["More than zero is needed; cancel what was not used at all."];
        else if (minor > most)
            errors["amount.amount_minor"] = [$"At most {most} can be taken of this payment."];
        if (asked.Currency != payment.Amount.Currency)
            errors["amount.currency"] = [$"The payment is in {payment.Amount.Currency}."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "The amount cannot be taken.", errors: errors);
        return asked.AmountMinor!.Value;
    }
}
