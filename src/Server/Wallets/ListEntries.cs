using System.Globalization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Wallets;

/// <summary>A line of the statement.</summary>
/// <param name="Kind">Stable name for programs, for instance <c>top_up</c> or <c>fare_hold</c>.</param>
/// <param name="Text">The same for people.</param>
/// <param name="AmountMinor">What the line is about, never negative.</param>
/// <param name="ChangeMinor">Its effect on the balance; 0 while money is only set aside or freed.</param>
internal sealed record EntryAnswer(
    Guid Id, string Kind, string Text, long AmountMinor, long ChangeMinor, string Currency, DateTimeOffset At);

/// <summary>GET /wallet/entries.</summary>
internal sealed class ListEntries(GeneralLedger ledger)
{
    public async Task<IResult> RunAsync(
        HttpContext http, string? userId, string? cursor, int? limit, CancellationToken ct)
    {
        if (WalletOwner.Of(http, userId, out var person) is { } refusal) return refusal;
        var before = Cursor.ReadNumber(cursor);
        var key = Person.WalletKey(person);
        if (await ledger.AccountAsync(key, ct) is not { } account) return PersonAccess.NotFound();
        var most = PageLimit.Of(limit);
        var rows = await ledger.EntriesAsync(key, before, most + 1, ct);
        var page = Page<AccountEntry>.Of(
            rows, most, row => Cursor.Of(row.Seq.ToString(CultureInfo.InvariantCulture)));
        return Results.Json(
            new Page<EntryAnswer>([.. page.Items.Select(row => Line(row, account.Asset))], page.NextCursor),
            ApiJson.Options);
    }

    internal static EntryAnswer Line(AccountEntry entry, string currency)
    {
        var (kind, text) = Words(entry.Kind, entry.Code);
        return new(entry.TransferId, kind, text, entry.AmountMinor, entry.ChangeMinor, currency, entry.At);
    }

    private static (string Kind, string Text) Words(TransferKind kind, TransferCode code) => (kind, code) switch
    {
        (TransferKind.Hold, TransferCode.Purchase) => ("purchase_hold", "Set aside for a purchase"),
        (TransferKind.Hold, _) => ("fare_hold", "Set aside for a journey"),
        (TransferKind.Void, _) => ("release", "Set-aside money freed"),
        (TransferKind.Expire, _) => ("expiry", "Set-aside money freed after its time"),
        (_, TransferCode.TopUp) => ("top_up", "Wallet topped up"),
        (_, TransferCode.Fare) => ("fare", "Fare of a journey"),
        (_, TransferCode.HighestFare) => ("highest_fare", "Highest fare of an incomplete journey"),
        (_, TransferCode.Purchase) => ("purchase", "Purchase"),
        (_, TransferCode.LateCapture) => ("late_capture", "Charged after the set-aside time was over"),
        (_, TransferCode.OverCapture) => ("over_capture", "Taken beyond what was set aside"),
        (_, TransferCode.Refund) => ("refund", "Refund"),
        (_, TransferCode.Chargeback) => ("chargeback", "Payment taken back"),
        (_, TransferCode.ChargebackWon) => ("chargeback_won", "Money taken back before, here again"),
        (_, TransferCode.RefundFailed) => ("refund_failed", "Money sent back did not arrive, here again"),
        (_, TransferCode.DebtCollect) => ("debt_collect", "Debt paid"),
        (_, TransferCode.Correction) => ("correction", "Correction by staff"),
        (_, TransferCode.Fee) => ("fee", "Fee"),
        (_, TransferCode.Payout) => ("payout", "Paid out"),
        (_, TransferCode.WriteOff) => ("write_off", "Written off"),
        (_, TransferCode.Release) => ("release", "Set-aside money freed"),
        (_, TransferCode.Expiry) => ("expiry", "Set-aside money freed after its time"),
        _ => throw new InvalidOperationException($"A transfer of kind {kind} and code {code} has no words."),
    };
}
