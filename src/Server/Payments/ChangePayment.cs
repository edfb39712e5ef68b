using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// Changes a payment on what is stored: reads it, plans, and submits the act. A change that came in between makes the
/// act stale, and whoever runs it (see <see cref="Idempotency"/>) reads and plans again.
/// </summary>
public sealed class ChangePayment
{
    private readonly PaymentStore _store;
    private readonly ExpirePayment _expire;
    private readonly GeneralLedger _ledger;

    internal ChangePayment(PaymentStore store, ExpirePayment expire, GeneralLedger ledger) =>
        (_store, _expire, _ledger) = (store, expire, ledger);

    /// <param name="happened">Where it is illegal it is refused, and the refusal sticks to the key.</param>
    /// <param name="plan">Plans the change of the payment as it is stored.</param>
    /// <param name="isDone">True when the payment already is as it should become: saying it twice changes nothing.
    /// </param>
    /// <exception cref="ProblemException">404 transaction_not_found.</exception>
    public async Task<ActResult> RunAsync(
        Guid id, PaymentEvent happened, ActKey key, Func<Payment, IReadOnlyList<Plan>> plan,
        Func<Payment, bool>? isDone, CancellationToken ct)
    {
        var stored = await ReadAsync(id, ct);
        if (isDone?.Invoke(stored) == true) return Shown(stored);
        var isLegal = PaymentLifetime.Refusal(stored, happened) is null;
        var result = await _ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = isLegal ? plan(stored) : [Illegal(stored, happened)],
            Refuse = refusal => Refused(stored, refusal),
        }, ct);
        // Two equal wishes at once: the second is told what the first did.
        if (result.End == ActEnd.Stale && isDone is not null && await _store.FindAsync(id, ct) is { } now
            && isDone(now)) return Shown(now);
        return result;
    }

    /// <summary>One whose time is over is expired first, so that its state is the truth.</summary>
    public async Task<Payment> ReadAsync(Guid id, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        if (!_expire.IsDue(stored)) return stored;
        await _expire.RunAsync(stored, ct);
        return await FindAsync(id, ct);
    }

    /// <summary>A top-up changes by its provider's word alone.</summary>
    private async Task<Payment> FindAsync(Guid id, CancellationToken ct) =>
        await _store.FindAsync(id, ct) is { Kind: not PaymentKind.TopUp } payment
            ? payment
            : throw new ProblemException(404, "transaction_not_found", "There is no payment with this id for you.");

    /// <summary>Its guard refuses it, so that the refusal is recorded.</summary>
    private static Plan Illegal(Payment stored, PaymentEvent happened) => new()
    {
        Rows = [new PaymentRow(stored, stored, happened, null)],
        Compose = _ => throw new InvalidOperationException("An illegal change was not refused."),
    };

    private static ActResult Shown(Payment payment) => new(
        ActEnd.Committed, new Answer(200, ApiJson.Write(PaymentAnswer.Of(payment))), null, Replayed: true);

    internal static Answer Refused(Payment stored, Refusal refusal)
    {
        var state = Words.Of(stored.State);
        return refusal.Code switch
        {
            PaymentRefusal.Expired or RefusalCode.HoldExpired => Problems.Answer(
                409, PaymentRefusal.Expired, "Nobody confirmed in time. Open the payment again, or start a new one."),
            PaymentRefusal.IllegalTransition => Problems.Answer(
                409, refusal.Code, $"The payment is {state}; this cannot be done to it any more."),
            PaymentRefusal.Disputed => Problems.Answer(
                409, refusal.Code, "The payer has objected to this payment; decide on that first."),
            PaymentRefusal.ChargedBack => Problems.Answer(
                409, refusal.Code, "The payer has got this money back already."),
            PaymentRefusal.RefundAboveCaptured or RefusalCode.RefundAboveCaptured => Problems.Answer(
                409, PaymentRefusal.RefundAboveCaptured, "More than what is left of the payment cannot go back."),
            SpendingRow.LimitExceeded => Problems.Answer(
                409, refusal.Code, "This is more than may be spent at once, or on one day."),
            RefusalCode.InsufficientFunds => Problems.Answer(
                402, refusal.Code, "The wallet does not hold enough. Top up, or pay another way."),
            _ => Problems.Answer(409, refusal.Code, $"The payment is {state} and could not be changed."),
        };
    }
}
