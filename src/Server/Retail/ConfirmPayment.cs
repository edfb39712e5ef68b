using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Retail;

/// <summary>The payer, signed in, says yes: what was set aside is captured. Saying it twice changes nothing.</summary>
internal sealed class ConfirmPayment(RetailStore store, GeneralLedger ledger, TimeProvider clock)
{
    public static Task<IResult> Handle(Guid id, HttpContext http, Idempotency idempotency, ConfirmPayment use)
    {
        var caller = Caller.Of(http);
        return idempotency.RunAsync(http, required: false, (key, ct) => use.RunAsync(id, caller, key, ct));
    }

    private async Task<ActResult> RunAsync(Guid id, Caller caller, ActKey key, CancellationToken ct)
    {
        if (await store.FindAsync(id, ct) is not { } stored || stored.Person != caller.PersonId)
            throw new ProblemException(404, "transaction_not_found", "You have no payment with this id.");
        var payment = stored.AsOf(clock.GetUtcNow());
        if (payment.Status == PaymentStatus.Captured)
            return new ActResult(ActEnd.Committed, Shown(payment), null, true);
        if (payment.Status != PaymentStatus.AwaitingConfirmation) throw NotAwaiting(payment.Status);
        var result = await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans =
            [
                new Plan
                {
                    Transfers =
                    [
                        Transfer.Capture(
                            Ids.Next(clock), payment.HoldId!.Value, payment.Amount.AmountMinor, TransferCode.Purchase),
                    ],
                    Rows =
                    [
                        new PaymentChangeRow(id, PaymentStatus.Captured), .. payment.Events(PaymentStatus.Captured),
                    ],
                    Compose = _ => Shown(payment with { Status = PaymentStatus.Captured }),
                },
            ],
            Refuse = refusal => refusal.Code == RefusalCode.HoldExpired
                ? Problems.Answer(409, "payment_expired", "Nobody confirmed in time. Ask the till to start again.")
                : Problems.Answer(409, refusal.Code, "The payment is not waiting any more; look at its status."),
        }, ct);
        // Two yeses at once: the second is told what the first did.
        if (result is { End: ActEnd.Refused, RefusalCode: PaymentChangeRow.NotAwaiting }
            && await store.FindAsync(id, ct) is { Status: PaymentStatus.Captured } captured)
            return new ActResult(ActEnd.Committed, Shown(captured), null, true);
        return result;
    }

    private static Answer Shown(Payment payment) => new(200, ApiJson.Write(payment.Show()));

    private static ProblemException NotAwaiting(PaymentStatus status) => status == PaymentStatus.Expired
        ? new ProblemException(409, "payment_expired", "Nobody confirmed in time. Ask the till to start again.")
        : new ProblemException(409, "illegal_transition", "The payment is not waiting any more; look at its status.");
}
