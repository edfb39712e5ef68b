using System.Globalization;
using SightPay.Ledger;

namespace SightPay.Server.Api;

/// <summary>An amount as people read it, with the digits that its currency has: <c>INR 1,234.50</c>.</summary>
public static class MoneyText
{
    /// <summary>ISO 4217 currencies that have no coin below the unit, or one of a thousandth; all others have two
    /// digits.</summary>
    private static readonly Dictionary<string, int> _digits = new()
    {
        ["BIF"] = 0, ["CLP"] = 0, ["DJF"] = 0, ["GNF"] = 0, ["ISK"] = 0, ["JPY"] = 0, ["KMF"] = 0, ["KRW"] = 0,
        ["PYG"] = 0, ["RWF"] = 0, ["UGX"] = 0, ["VND"] = 0, ["VUV"] = 0, ["XAF"] = 0, ["XOF"] = 0, ["XPF"] = 0,
        ["BHD"] = 3, ["IQD"] = 3, ["JOD"] = 3, ["KWD"] = 3, ["LYD"] = 3, ["OMR"] = 3, ["TND"] = 3,
    };

    public static int MinorDigits(string currency) => _digits.GetValueOrDefault(currency, 2);

    public static string Of(Money money)
    {
        return $"{money.Currency} {In(money.AmountMinor, money.Currency, 'N')}";
    }

    /// <summary>The same for programs: <c>1234.50</c>, without currency and groups.</summary>
    public static string Units(long amountMinor, string currency) => In(amountMinor, currency, 'F');

    private static string In(long amountMinor, string currency, char format)
    {
        var digits = MinorDigits(currency);
        // decimal holds every long exactly.
        var units = new decimal(amountMinor) / (decimal)Math.Pow(10, digits);
        return units.ToString($"{format}{digits}", CultureInfo.InvariantCulture);
    }
}
