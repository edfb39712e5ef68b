using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// Ends a payment that nobody confirmed in time and frees what was set aside. The version of the payment guards it, so
/// of a confirmation and an expiry that meet exactly one wins.
/// </summary>
internal sealed class ExpirePayment(PaymentPlans plans, GeneralLedger ledger, TimeProvider clock)
{
    public bool IsDue(Payment payment) => payment.AsOf(clock.GetUtcNow()).State != payment.State;

    /// <returns>False when something else happened to the payment first.</returns>
    public async Task<bool> RunAsync(Payment payment, CancellationToken ct)
    {
        var id = Ids.Next(clock);
        var result = await ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans = plans.Expire(payment),
            Refuse = refusal => ChangePayment.Refused(payment, refusal),
        }, ct);
        return result.End == ActEnd.Committed;
    }
}
