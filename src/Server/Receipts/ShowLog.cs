using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// The receipt log for everybody: its key, its head, and the proofs that connect them. It shows hashes alone, which
/// tell nothing to whoever does not hold the receipt. Pages of other origins may read it, too.
/// </summary>
internal sealed class ShowLog(ReceiptStore store, ReceiptLog log)
{
    private const string Forever = "public, max-age=31536000, immutable";

    public IResult Key(HttpContext http)
    {
        Cache(http, "public, max-age=300");
        return Results.Text(log.Key.Pem, "application/x-pem-file");
    }

    public IResult Head(HttpContext http)
    {
        if (log.Latest is not { } head) return Empty();
        Cache(http, "no-cache");
        return Results.Json(HeadDocument.Of(head), ApiJson.Options);
    }

    public async Task<IResult> InclusionAsync(HttpContext http, long leaf, long size, CancellationToken ct)
    {
        if (log.Latest is not { } head) return Empty();
        if (size < 1 || size > head.Size || leaf < 0 || leaf >= size)
            return OutOfRange("leaf is below size", head);
        var hashes = await store.HashesAsync(
            [new LeafRange(leaf, leaf + 1), .. MerkleTree.InclusionParts(leaf, size)], ct);
        Cache(http, Forever);
        return Results.Json(
            new InclusionDocument(leaf, size, Hex.Of(hashes[0]), [.. hashes.Skip(1).Select(Hex.Of)]), ApiJson.Options);
    }

    public async Task<IResult> ConsistencyAsync(HttpContext http, long first, long second, CancellationToken ct)
    {
        if (log.Latest is not { } head) return Empty();
        if (first < 0 || first > second || second > head.Size)
            return OutOfRange("first is not above second", head);
        var proof = await store.HashesAsync(MerkleTree.ConsistencyParts(first, second), ct);
        Cache(http, Forever);
        return Results.Json(new ConsistencyDocument(first, second, [.. proof.Select(Hex.Of)]), ApiJson.Options);
    }

    private static void Cache(HttpContext http, string how)
    {
        http.Response.Headers.CacheControl = how;
        http.Response.Headers.AccessControlAllowOrigin = "*";
    }

    private static IResult Empty() =>
        Problems.Of(404, "receipt_log_empty", "Nothing has been signed yet: there is no receipt.");

    private static IResult OutOfRange(string rule, SignedHead head) => Problems.Of(
        422, "log_range_invalid", $"Choose numbers from 0 to {head.Size}, so that {rule}.");
}
