using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Payments;

/// <summary>
/// Another operator agrees to a refund or correction above the limit, or does not. Never whoever asked for it, and
/// never whoever gets the money.
/// </summary>
internal sealed class DecideAdjustment(
    AdjustmentStore adjustments, ChangePayment payments, RefundPayment refunds, CorrectWallet corrections,
    GeneralLedger ledger)
{
    private const int ListMax = 200;

    public async Task<IResult> ListAsync(string? state, CancellationToken ct)
    {
        var asked = Enum.GetValues<AdjustmentState>().Where(each => Words.Of(each) == (state ?? "pending_approval"))
            .ToList();
        if (asked.Count == 0)
            throw new ProblemException(
                422, "fields_invalid", "The state is pending_approval, done or rejected.");
        var found = await adjustments.InStateAsync(asked[0], ListMax, ct);
        return Results.Json(
            new Page<AdjustmentAnswer>([.. found.Select(AdjustmentAnswer.Of)], null), ApiJson.Options);
    }

    public async Task<ActResult> RunAsync(Guid id, bool approve, Caller caller, ActKey key, CancellationToken ct)
    {
        if (await adjustments.FindAsync(id, ct) is not { } asked)
            throw new ProblemException(404, "approval_not_found", "There is nothing to approve with this id.");
        if (asked.RequestedBy == caller.Name)
            throw AdjustmentWords.FourEyes("Somebody else has to decide on what you asked for.");
        if (asked.Person == caller.PersonId)
            throw AdjustmentWords.FourEyes("Nobody decides on their own money.");
        var payment = asked.PaymentId is { } paymentId ? await payments.ReadAsync(paymentId, ct) : null;
        return await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans =
            [
                !approve ? Reject(asked, caller.Name)
                    : payment is null ? corrections.Book(asked, caller.Name, 200)
                    : refunds.Pay(payment, asked, caller.Name, 200),
            ],
            Refuse = refusal => refusal.Code == AdjustmentRow.AlreadyDecided
                ? Problems.Answer(409, refusal.Code, "This was decided already.")
                : payment is null ? CorrectWallet.Refused(refusal)
                : ChangePayment.Refused(payment, refusal),
        }, ct);
    }

    private static Plan Reject(Adjustment asked, string who)
    {
        var row = new AdjustmentRow(asked with { State = AdjustmentState.Rejected }, who);
        return new Plan
        {
            Rows = [row, row.Event(), new AuditRow(who, $"{Words.Of(asked.Kind)}_rejected", asked.Id.ToString())],
            Compose = outcome => new Answer(200, ApiJson.Write(AdjustmentAnswer.Of(row.StampedAt(outcome.At)))),
        };
    }
}
