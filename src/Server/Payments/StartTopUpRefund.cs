using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Payments;

/// <param name="Amount">Null: all that is left of the top-up.</param>
/// <param name="Reason">Needed of operators.</param>
internal sealed record TopUpRefundRequest(TopUpRefundRequest.Sum? Amount, string? Reason)
{
    internal sealed record Sum(long? AmountMinor, string? Currency);
}

/// <summary>
/// POST /wallet/top-ups/{id}/refunds: the owner, or an operator for them, sends money of a top-up back to where it came
/// from. It leaves the wallet at once; should it not get there, it comes back.
/// </summary>
/// <remarks>No second operator has to agree: the money can go nowhere but to the card that paid it.</remarks>
internal sealed partial class StartTopUpRefund(
    Idempotency idempotency, GeneralLedger ledger, TopUpStore topUps, TopUpRefundStore refunds, TopUpPlans plans,
    SettleReturns returns, PaymentSettings settings, TimeProvider clock, ILogger<StartTopUpRefund> log)
{
    public async Task<IResult> RunAsync(HttpContext http, string id)
    {
        var request = await RequestBody.JsonAsync<TopUpRefundRequest>(http, "Send amount, or {} for all of it.");
        var caller = Caller.Of(http);
        Guid? begun = null;
        var answer = await idempotency.RunAsync(http, required: true, async (key, ct) =>
        {
            var topUp = await FindAsync(id, caller.MaySee, ct);
            // The transfer bounds what goes back; of the oldest top-ups it is not known.
            if (topUp is { IsCredited: true, Payment.CaptureId: null })
                throw new ProblemException(
                    409, "top_up_not_refundable", "This top-up is too old to be sent back here.");
            var refund = new TopUpRefund(
                Ids.Next(clock), topUp.Id, topUp.PersonId, topUp.Provider, AmountOf(request, topUp),
                TopUpRefundState.Created, caller.Name, ReasonOf(request, topUp, caller));
            var result = await ledger.SubmitAsync(new Act
            {
                Id = key.Id,
                Fingerprint = key.Fingerprint,
                Plans = [plans.Refund(
                    topUp, refund,
                    caller.PersonId == topUp.PersonId
                        ? []
                        : [new AuditRow(caller.Name, "top_up_refunded", refund.Id.ToString())])],
                Refuse = refusal => Refused(topUp, refusal),
            }, ct);
            if (result is { End: ActEnd.Committed, Replayed: false }) begun = refund.Id;
            return result;
        });
        if (begun is { } started) await AskAsync(started, http.RequestAborted);
        return answer;
    }

    /// <summary>GET /wallet/top-ups/{id}/refunds, oldest first.</summary>
    public async Task<IResult> ListAsync(HttpContext http, string id, CancellationToken ct)
    {
        var topUp = await FindAsync(id, Caller.Of(http).MayRead, ct);
        var found = await refunds.OfTopUpAsync(topUp.Id, ct);
        return Results.Json(
            new Page<TopUpRefundAnswer>([.. found.Select(TopUpRefundAnswer.Of)], null), ApiJson.Options);
    }

    private async Task<TopUp> FindAsync(string id, Func<Guid, bool> may, CancellationToken ct) =>
        Guid.TryParse(id, out var topUp) && await topUps.FindAsync(topUp, ct) is { } found && may(found.PersonId)
            ? found
            : throw new ProblemException(404, "top_up_not_found", "There is no such top-up.");

    private static Money AmountOf(TopUpRefundRequest request, TopUp topUp)
    {
        if (request.Amount is { } asked)
        {
            var errors = new Dictionary<string, string[]>();
            if (asked.AmountMinor is not > 0) errors["amount.amount_minor"] = ["More than zero is needed."];
            if (asked.Currency != topUp.Amount.Currency)
                errors["amount.currency"] = [$"The top-up was in {topUp.Amount.Currency}."];
            return errors.Count == 0
                ? topUp.Amount with { AmountMinor = asked.AmountMinor!.Value }
                : throw new ProblemException(422, "fields_invalid", "The amount cannot be sent back.", errors: errors);
        }
        // Nothing left is refused by the payment's lifetime, so that the refusal is recorded.
        return topUp.Amount with { AmountMinor = Math.Max(1, topUp.Payment.RefundableMinor) };
    }

    private static string? ReasonOf(TopUpRefundRequest request, TopUp topUp, Caller caller) =>
        caller.PersonId == topUp.PersonId && string.IsNullOrWhiteSpace(request.Reason)
            ? null
            : AdjustmentWords.Reason(request.Reason);

    private static Answer Refused(TopUp topUp, Refusal refusal)
    {
        var (code, detail) = refusal.Code switch
        {
            PaymentRefusal.Disputed or PaymentRefusal.ChargedBack => (
                "top_up_disputed", "The card's bank takes this top-up back by itself."),
            PaymentRefusal.RefundAboveCaptured => (
                PaymentRefusal.RefundAboveCaptured, "That is more than is left of this top-up."),
            _ when !topUp.IsCredited => ("top_up_not_credited", "This top-up was never credited."),
            // All of it went back.
            PaymentRefusal.IllegalTransition => (
                PaymentRefusal.RefundAboveCaptured, "Nothing is left of this top-up."),
            RefusalCode.InsufficientFunds => (refusal.Code, "The wallet holds less than that."),
            _ => (refusal.Code, "The money could not be sent back."),
        };
        return Problems.Answer(409, code, detail);
    }

    /// <summary>A provider that is silent holds nobody up: the money is out of the wallet, and the poller goes on.
    /// </summary>
    private async Task AskAsync(Guid id, CancellationToken ct)
    {
        try
        {
            await AskAsync(id).WaitAsync(settings.SettleWait, clock, ct);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // Not cancelled with the request.
        }
    }

    private async Task AskAsync(Guid id)
    {
        try
        {
            if (await refunds.FindAsync(id, CancellationToken.None) is { } refund)
                await returns.AskAsync(refund, CancellationToken.None);
        }
        catch (Exception fault)
        {
            AskFailed(log, id, fault.GetType().Name);
        }
    }

    [LoggerMessage(1509, LogLevel.Warning, "Asking for refund {Refund} failed ({Why}); it is tried again.")]
    private static partial void AskFailed(ILogger log, Guid refund, string why);
}
