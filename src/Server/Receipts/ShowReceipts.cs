using System.Globalization;
using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>Receipts, to their payers and to operators.</summary>
internal sealed class ShowReceipts(ReceiptStore store, ReceiptLog log)
{
    internal sealed record Listed(
        Guid Id, string Kind, DateTimeOffset At, AmountDocument Amount, string Payee, Guid Subject, Guid? Corrects,
        string? Text, long Index);

    /// <summary>Newest first: a person's own, for operators everybody's.</summary>
    public async Task<IResult> ListAsync(
        HttpContext http, Guid? userId, Guid? subject, string? cursor, int? limit, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        if (userId is { } asked && !caller.MaySee(asked))
            return Problems.Of(403, "forbidden", "Only the person themself and operators may see this.");
        var payer = userId ?? (caller.IsOperator ? null : caller.PersonId);
        var most = PageLimit.Of(limit);
        var rows = await store.ListAsync(payer, subject, Cursor.ReadNumber(cursor), most + 1, ct);
        var page = Page<PlacedReceipt>.Of(
            rows, most, row => Cursor.Of(row.Place.ToString(CultureInfo.InvariantCulture)));
        return Private(http, new Page<Listed>([.. page.Items.Select(Of)], page.NextCursor));
    }

    /// <summary>With everything that proves it.</summary>
    public async Task<IResult> OneAsync(HttpContext http, Guid id, CancellationToken ct) =>
        Private(http, await ProveAsync(http, id, ct));

    /// <exception cref="ProblemException">404 receipt_not_found, 503 receipt_log_stopped.</exception>
    public async Task<Evidence> ProveAsync(HttpContext http, Guid id, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var placed = await store.FindAsync(id, ct);
        if (placed is null || !(caller.IsOperator || placed.Receipt.Payer?.Person is { } payer
            && payer == caller.PersonId))
            throw new ProblemException(404, "receipt_not_found", "You have no receipt with this id.");
        var head = await log.CoveringAsync(placed.Place, ct);
        var proof = await store.HashesAsync(MerkleTree.InclusionParts(placed.Place, head.Size), ct);
        // Nobody is given a proof that does not hold: a row that was changed behind our back is found here at once.
        if (!MerkleTree.IsIncluded(placed.Receipt.LeafHash(), placed.Place, head.Size, proof, head.Head.Root))
        {
            log.Stop($"The receipt at place {placed.Place} is not the one that was signed for.");
            throw new ProblemException(
                500, "receipt_changed", "This receipt is not the one that was written. Show operators this answer.");
        }
        return Evidence.Of(placed, proof, head, log.Key);
    }

    private static Listed Of(PlacedReceipt placed)
    {
        var receipt = placed.Receipt;
        return new Listed(
            receipt.Id, receipt.Kind, receipt.At, new(receipt.Amount.AmountMinor, receipt.Amount.Currency),
            receipt.Payee, receipt.Subject, receipt.Corrects, receipt.Text, placed.Place);
    }

    private static IResult Private<T>(HttpContext http, T value)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.Json(value, ApiJson.Options);
    }
}
