using System.Runtime.CompilerServices;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Retail;

/// <summary>
/// GET /merchants/{id}/statement: what a merchant took and gave back, day by day (UTC), and what they are owed.
/// </summary>
internal static class ShowMerchantStatement
{
    /// <param name="GrossMinor">Taken of payers.</param>
    /// <param name="RefundsMinor">Given back by the merchant or staff.</param>
    /// <param name="ChargebacksMinor">Taken back by objections, less what was won again.</param>
    /// <param name="OtherMinor">Fees, payouts and the like; negative where it left the merchant.</param>
    /// <param name="NetMinor">What the day added to what the merchant is owed.</param>
    internal sealed record Day(
        DateOnly Date, long GrossMinor, long RefundsMinor, long ChargebacksMinor, long OtherMinor, long NetMinor)
    {
        public static Day Of(DateOnly date, IEnumerable<AccountDay> moves)
        {
            var (gross, refunds, chargebacks, other) = (0L, 0L, 0L, 0L);
            foreach (var move in moves)
            {
                var change = move.CreditsMinor - move.DebitsMinor;
                switch (move.Code)
                {
                    case TransferCode.Purchase or TransferCode.OverCapture or TransferCode.LateCapture:
                        gross += change;
                        break;
                    case TransferCode.Refund or TransferCode.RefundFailed:
                        refunds -= change;
                        break;
                    case TransferCode.Chargeback or TransferCode.ChargebackWon:
                        chargebacks -= change;
                        break;
                    default:
                        other += change;
                        break;
                }
            }
            return new(date, gross, refunds, chargebacks, other, gross - refunds - chargebacks + other);
        }
    }

    /// <param name="OpeningMinor">Owed to the merchant just before the period.</param>
    /// <param name="ClosingMinor">Owed at its end; the opening balance of the statement that begins there.</param>
    internal sealed record MerchantStatementAnswer(
        string MerchantId, string Currency, DateTimeOffset From, DateTimeOffset To, long OpeningMinor,
        long ClosingMinor, IAsyncEnumerable<Day> Days);

    public static async Task<IResult> Handle(
        string id, string? from, string? to, string? format, RetailStore store, GeneralLedger ledger,
        TimeProvider clock, CancellationToken ct)
    {
        var asked = Period.Read(from, to, clock);
        if (!await store.HasMerchantAsync(id, ct)
            || await ledger.PeriodAsync(Merchant.AccountKey(id), asked.From, asked.To, ct) is not { } period)
            return Problems.Of(404, "merchant_not_found", "There is no merchant with this id.");
        return new StatementResult(
            new MerchantStatementAnswer(
                id, period.Asset, period.From, period.To, period.OpeningMinor, period.ClosingMinor,
                DaysAsync(ledger, period, ct)),
            CsvAsync(id, ledger, period, ct), StatementFormat.Of(format),
            $"merchant-{period.From:yyyyMMdd}-{period.To:yyyyMMdd}");
    }

    private static async IAsyncEnumerable<Day> DaysAsync(
        GeneralLedger ledger, AccountPeriod period, [EnumeratorCancellation] CancellationToken ct)
    {
        var balance = period.OpeningMinor;
        var ofOneDay = new List<AccountDay>();
        await foreach (var move in ledger.DaysAsync(period, ct))
        {
            if (ofOneDay.Count > 0 && ofOneDay[0].Day != move.Day) yield return Next();
            ofOneDay.Add(move);
        }
        if (ofOneDay.Count > 0) yield return Next();
        if (balance != period.ClosingMinor)
            throw new InvalidOperationException($"The statement of {period.Key} does not add up.");

        Day Next()
        {
            var day = Day.Of(ofOneDay[0].Day, ofOneDay);
            balance += day.NetMinor;
            ofOneDay.Clear();
            return day;
        }
    }

    private static async IAsyncEnumerable<CsvLine> CsvAsync(
        string merchant, GeneralLedger ledger, AccountPeriod period, [EnumeratorCancellation] CancellationToken ct)
    {
        var currency = period.Asset;
        yield return CsvLine.Of(
            "date", "merchant", "gross", "gross_minor", "refunds", "refunds_minor", "chargebacks", "chargebacks_minor",
            "other", "other_minor", "net", "net_minor", "owed", "owed_minor", "currency");
        var owed = period.OpeningMinor;
        await foreach (var day in DaysAsync(ledger, period, ct))
        {
            owed += day.NetMinor;
            yield return new CsvLine().Day(day.Date).Text(merchant).Money(day.GrossMinor, currency)
                .Money(day.RefundsMinor, currency).Money(day.ChargebacksMinor, currency)
                .Money(day.OtherMinor, currency).Money(day.NetMinor, currency).Money(owed, currency).Text(currency);
        }
    }
}
