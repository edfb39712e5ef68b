using System.Runtime.CompilerServices;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Wallets;

/// <summary>A line of a statement.</summary>
/// <param name="BalanceMinor">What the wallet held after it.</param>
internal sealed record StatementLine(
    Guid Id, DateTimeOffset At, string Kind, string Text, long AmountMinor, long ChangeMinor, long BalanceMinor);

/// <summary>A wallet over a period.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The moment after the last; the statement that begins there opens with this one's closing balance.
/// </param>
internal sealed record StatementAnswer(
    Guid UserId, string Currency, DateTimeOffset From, DateTimeOffset To, long OpeningMinor, long ClosingMinor,
    IAsyncEnumerable<StatementLine> Lines);

/// <summary>GET /wallet/statement: what the wallet held, what changed it, what it holds; JSON or CSV.</summary>
internal sealed class ShowStatement(GeneralLedger ledger, TimeProvider clock)
{
    public async Task<IResult> RunAsync(
        HttpContext http, string? userId, string? from, string? to, string? format, CancellationToken ct)
    {
        if (WalletOwner.Of(http, userId, out var person) is { } refusal) return refusal;
        var asked = Period.Read(from, to, clock);
        if (await ledger.PeriodAsync(Person.WalletKey(person), asked.From, asked.To, ct) is not { } period)
            return PersonAccess.NotFound();
        return new StatementResult(
            new StatementAnswer(
                person, period.Asset, period.From, period.To, period.OpeningMinor, period.ClosingMinor,
                LinesAsync(period, ct)),
            CsvAsync(period, ct), StatementFormat.Of(format), $"statement-{period.From:yyyyMMdd}-{period.To:yyyyMMdd}");
    }

    private async IAsyncEnumerable<StatementLine> LinesAsync(
        AccountPeriod period, [EnumeratorCancellation] CancellationToken ct)
    {
        var balance = period.OpeningMinor;
        await foreach (var entry in ledger.EntriesAsync(period, ct))
        {
            balance += entry.ChangeMinor;
            var line = ListEntries.Line(entry, period.Asset);
            yield return new(line.Id, line.At, line.Kind, line.Text, line.AmountMinor, line.ChangeMinor, balance);
        }
        // Cut off rather than wrong: whoever reads to the end has a statement that adds up.
        if (balance != period.ClosingMinor)
            throw new InvalidOperationException($"The statement of {period.Key} does not add up.");
    }

    private async IAsyncEnumerable<CsvLine> CsvAsync(
        AccountPeriod period, [EnumeratorCancellation] CancellationToken ct)
    {
        var currency = period.Asset;
        yield return CsvLine.Of(
            "at", "id", "kind", "text", "amount", "amount_minor", "change", "change_minor", "balance", "balance_minor",
            "currency");
        yield return new CsvLine().Time(period.From).Text("").Text("opening").Text("Opening balance")
            .Text("").Text("").Text("").Text("").Money(period.OpeningMinor, currency).Text(currency);
        await foreach (var line in LinesAsync(period, ct))
            yield return new CsvLine().Time(line.At).Text(line.Id.ToString()).Text(line.Kind).Text(line.Text)
                .Money(line.AmountMinor, currency).Money(line.ChangeMinor, currency)
                .Money(line.BalanceMinor, currency).Text(currency);
        yield return new CsvLine().Time(period.To).Text("").Text("closing").Text("Closing balance")
            .Text("").Text("").Text("").Text("").Money(period.ClosingMinor, currency).Text(currency);
    }
}
