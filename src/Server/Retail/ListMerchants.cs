using SightPay.Server.Api;

namespace SightPay.Server.Retail;

/// <summary>GET /merchants: whose tills take money here, by name.</summary>
internal static class ListMerchants
{
    internal sealed record MerchantAnswer(string Id, string Name);

    public static async Task<IResult> Handle(RetailStore store, CancellationToken ct) => Results.Json(
        new Page<MerchantAnswer>(
            [.. (await store.MerchantsAsync(ct)).Select(merchant => new MerchantAnswer(merchant.Id, merchant.Name))],
            null),
        ApiJson.Options);
}
