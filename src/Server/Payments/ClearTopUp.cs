using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Payments;

/// <summary>A top-up as staff see it.</summary>
/// <param name="Note">Why people have to look at it; null: nothing waits for them.</param>
internal sealed record StaffTopUpAnswer(
    Guid Id, Guid UserId, string Provider, string? ProviderPaymentId, string State, Money Amount, long RefundedMinor,
    string? Note, string? FailureCode, DisputeState? Dispute, DateTimeOffset CreatedAt)
{
    public static StaffTopUpAnswer Of(TopUp topUp) => new(
        topUp.Id, topUp.PersonId, topUp.Provider, topUp.Details.ProviderPaymentId, topUp.State, topUp.Amount,
        topUp.Payment.RefundedMinor, topUp.Details.Note, topUp.Details.FailureCode, topUp.Payment.Dispute,
        topUp.Payment.CreatedAt);
}

/// <summary>
/// GET /top-ups, GET /top-ups/{id} and POST /top-ups/{id}/clear: top-ups that people have to look at, and the word that
/// they have. No money moves by it; an open one is given up, since people have put right what the provider has of it.
/// </summary>
internal sealed class ClearTopUp(
    TopUpStore store, TopUpPlans plans, GeneralLedger ledger, Idempotency idempotency)
{
    private const int ListMax = 200;

    /// <summary>Those that wait for people, oldest first.</summary>
    public async Task<IResult> ListAsync(CancellationToken ct)
    {
        var waiting = await store.NotedAsync(ListMax, ct);
        return Results.Json(
            new Page<StaffTopUpAnswer>([.. waiting.Select(StaffTopUpAnswer.Of)], null), ApiJson.Options);
    }

    public async Task<IResult> ShowAsync(Guid id, CancellationToken ct) =>
        Results.Json(StaffTopUpAnswer.Of(await FindAsync(id, ct)), ApiJson.Options);

    public Task<IResult> RunAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var (topUp, caller) = (await FindAsync(id, ct), Caller.Of(http));
            if (topUp.PersonId == caller.PersonId)
                throw AdjustmentWords.FourEyes("Nobody clears their own top-up.");
            // Somebody else was faster.
            if (topUp.Details.Note is null)
                return new ActResult(
                    ActEnd.Committed, new Answer(200, ApiJson.Write(StaffTopUpAnswer.Of(topUp))), null, Replayed: true);
            return await ledger.SubmitAsync(new Act
            {
                Id = key.Id,
                Fingerprint = key.Fingerprint,
                Plans = [plans.Clear(topUp, new AuditRow(caller.Name, "top_up_cleared", id.ToString()))],
                Refuse = refusal => Problems.Answer(409, refusal.Code, "The top-up could not be cleared."),
            }, ct);
        });

    private async Task<TopUp> FindAsync(Guid id, CancellationToken ct) => await store.FindAsync(id, ct)
        ?? throw new ProblemException(404, "top_up_not_found", "There is no such top-up.");
}
