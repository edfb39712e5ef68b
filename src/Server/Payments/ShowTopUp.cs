using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>GET /wallet/top-ups/{id}: one's own; operators see any. Others are told that there is none.</summary>
internal sealed class ShowTopUp(TopUpStore store)
{
    public async Task<IResult> RunAsync(HttpContext http, string id, CancellationToken ct) =>
        Guid.TryParse(id, out var topUp)
        && await store.FindAsync(topUp, ct) is { } found && Caller.Of(http).MayRead(found.PersonId)
            ? Results.Json(TopUpAnswer.Of(found), ApiJson.Options)
            : Problems.Of(404, "top_up_not_found", "There is no such top-up.");
}
