using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Payments;

/// <summary>
/// "That was not me": the payer objects to a captured payment, and an operator decides. Nothing moves before; while it
/// is open the payment cannot be refunded, so that nobody gets the same money twice.
/// </summary>
public sealed class DisputePayment
{
    public sealed record Request(string? Reason);

    /// <param name="Outcome">Whom the decision is for.</param>
    public sealed record Resolution(Party? Outcome);

    public enum Party
    {
        Customer,
        Merchant,
    }

    private const int ListMax = 200;

    private readonly ChangePayment _payments;
    private readonly PaymentPlans _plans;
    private readonly PaymentStore _store;

    internal DisputePayment(ChangePayment payments, PaymentPlans plans, PaymentStore store) =>
        (_payments, _plans, _store) = (payments, plans, store);

    public Task<ActResult> OpenAsync(Guid id, Request request, string who, ActKey key, CancellationToken ct)
    {
        var reason = AdjustmentWords.Reason(request.Reason);
        return _payments.RunAsync(
            id, PaymentEvent.Dispute, key,
            payment => [_plans.Dispute(payment, reason, [new AuditRow(who, "payment_disputed", id.ToString())])],
            isDone: null, ct);
    }

    public Task<ActResult> ResolveAsync(
        Guid id, Resolution resolution, Caller caller, ActKey key, CancellationToken ct)
    {
        if (resolution.Outcome is not { } outcome)
            throw new ProblemException(422, "fields_invalid", "Say for whom: outcome is customer or merchant.");
        var forThePayer = outcome == Party.Customer;
        return _payments.RunAsync(
            id, forThePayer ? PaymentEvent.LoseDispute : PaymentEvent.WinDispute, key,
            payment => payment.Person == caller.PersonId
                ? throw AdjustmentWords.FourEyes("Nobody decides on their own objection.")
                : [_plans.Resolve(
                    payment, forThePayer,
                    [new AuditRow(caller.Name, $"dispute_resolved_for_{Words.Of(outcome)}", id.ToString())])],
            isDone: null, ct);
    }

    /// <summary>What waits for a decision, oldest first.</summary>
    public async Task<IResult> ListAsync(CancellationToken ct)
    {
        var open = await _store.DisputedAsync(ListMax, ct);
        return Results.Json(
            new Page<PaymentAnswer>([.. open.Select(each => PaymentAnswer.Of(each.Payment))], null), ApiJson.Options);
    }
}
