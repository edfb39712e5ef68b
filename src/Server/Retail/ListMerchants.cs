using SightPay.Server.Api;

namespace SightPay.Server.Retail;

/// <summary>GET /merchants: whose tills take money here, by name; for a cashier the one they work at.</summary>
internal static class ListMerchants
{
    internal sealed record MerchantAnswer(string Id, string Name);

    public static async Task<IResult> Handle(
        HttpContext http, RetailStore store, Cashiers cashiers, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var own = caller.ReadsAll ? null : await cashiers.MerchantOfAsync(caller, ct);
        if (!caller.ReadsAll && own is null)
            return Problems.Of(403, "forbidden", "Only operators, auditors and cashiers may see this.");
        var merchants = await store.MerchantsAsync(ct);
        return Results.Json(
            new Page<MerchantAnswer>(
                [
                    .. merchants.Where(merchant => own is null || merchant.Id == own)
                        .Select(merchant => new MerchantAnswer(merchant.Id, merchant.Name)),
                ], null),
            ApiJson.Options);
    }
}
