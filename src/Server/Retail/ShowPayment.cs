using SightPay.Server.Api;

namespace SightPay.Server.Retail;

/// <summary>What became of a payment: for its payer, its till and operators.</summary>
internal static class ShowPayment
{
    public static async Task<IResult> Handle(Guid id, HttpContext http, RetailStore store, TimeProvider clock)
    {
        var caller = Caller.Of(http);
        var payment = await store.FindAsync(id, http.RequestAborted);
        if (payment is null || !(caller.MaySee(payment.Person) || caller.StationId == payment.Till))
            return Problems.Of(404, "transaction_not_found", "There is no payment with this id that you may see.");
        return Results.Json(payment.AsOf(clock.GetUtcNow()).Show(), ApiJson.Options);
    }
}
