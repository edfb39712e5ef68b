using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.People;

internal sealed record GrantConsentRequest(string? Purpose);

internal sealed record ConsentAnswer(string Purpose, int Version, DateTimeOffset GrantedAt);

/// <summary>POST and GET /users/{id}/consents.</summary>
internal sealed class GrantConsent(ConsentStore store, WithdrawConsent withdrawal, TimeProvider clock)
{
    /// <summary>Agreeing again to what stands already answers with the consent that stands.</summary>
    public async Task<IResult> RunAsync(
        HttpContext http, string id, GrantConsentRequest request, CancellationToken ct)
    {
        if (PersonAccess.Refuse(http, id, out var person) is { } refusal) return refusal;
        if (ConsentTexts.Of(request.Purpose) is not { } text)
            return Problems.Of(422, "purpose_unknown", "There is no consent for this purpose.",
                errors: new Dictionary<string, string[]> { ["purpose"] = [$"Use: {ConsentTexts.Purposes}."] });
        // What an earlier withdrawal has not erased yet must not live on under the new consent.
        await withdrawal.EraseDueAsync(person, ct);
        var row = await store.GrantAsync(
            Ids.Next(clock), person, text, Caller.Of(http).Name, clock.GetUtcNow(), ct);
        return row is null
            ? PersonAccess.NotFound()
            : Results.Json(
                new ConsentAnswer(row.Purpose, row.Version, row.GrantedAt), ApiJson.Options, statusCode: 201);
    }

    public async Task<IResult> ListAsync(HttpContext http, string id, CancellationToken ct)
    {
        if (PersonAccess.RefuseReading(http, id, out var person) is { } refusal) return refusal;
        return Results.Json(new Page<ConsentRow>(await store.ListAsync(person, ct), null), ApiJson.Options);
    }
}
