using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>What fuel is measured and priced in.</summary>
internal enum FuelUnit
{
    Litre,

    /// <summary>231 cubic inches.</summary>
    UsGallon,

    KilowattHour,
}

/// <summary>An amount of fuel, as exact as pumps measure it. Units are never mixed and never converted: what is
/// delivered is priced in the unit that its meter counts.</summary>
/// <param name="Thousandths">Of one unit: a millilitre, a thousandth of a gallon, a watt-hour.</param>
internal readonly record struct Quantity(long Thousandths, FuelUnit Unit)
{
    /// <summary>Beyond it a meter is broken or lies: a million litres.</summary>
    public const long ThousandthsMax = 1_000_000_000;

    /// <summary>Whether a pump or a tank lorry may have said so.</summary>
    public bool IsPlausible => Thousandths is >= 0 and <= ThousandthsMax;

    public override string ToString() => $"{Thousandths} thousandths of a {Words.Of(Unit)}";
}

/// <summary>What one unit of fuel costs. Pumps show a tenth of the smallest coin, so a price has three places below
/// it: 1.459 EUR a litre is 145.9 cents and 145900 thousandths.</summary>
/// <param name="ThousandthsOfMinor">Thousandths of the smallest coin; above 0.</param>
internal readonly record struct UnitPrice(long ThousandthsOfMinor, FuelUnit Unit)
{
    /// <summary>Beyond it somebody mistyped: a million of the smallest coin for a litre.</summary>
    public const long ThousandthsOfMinorMax = 1_000_000_000;

    private const long MillionthsOfMinor = 1_000_000;

    /// <summary>What a quantity costs, in minor units. Rounded once, at the end, half a coin up, as pumps do.</summary>
    /// <exception cref="ArgumentException">The quantity is in another unit.</exception>
    /// <exception cref="OverflowException">More than any money can be.</exception>
    public long AmountOf(Quantity quantity)
    {
        if (quantity.Unit != Unit)
            throw new ArgumentException($"A price for a {Words.Of(Unit)} prices no {Words.Of(quantity.Unit)}.");
        // Wider than the factors, so that nothing is lost before the rounding.
        var millionths = (Int128)ThousandthsOfMinor * quantity.Thousandths;
        return checked((long)((millionths + MillionthsOfMinor / 2) / MillionthsOfMinor));
    }

    /// <summary>The most that may be delivered for an amount: one thousandth more would cost more than it. Null where
    /// even nothing does (the amount is below 0).</summary>
    public Quantity? QuantityFor(long amountMinor)
    {
        if (amountMinor < 0) return null;
        // The largest q with q * price + half < (amount + 1) * million, which is AmountOf(q) <= amount.
        var most = (((Int128)amountMinor + 1) * MillionthsOfMinor - MillionthsOfMinor / 2 - 1) / ThousandthsOfMinor;
        return new Quantity(most > Quantity.ThousandthsMax ? Quantity.ThousandthsMax : (long)most, Unit);
    }

    public override string ToString() => $"{ThousandthsOfMinor} thousandths for a {Words.Of(Unit)}";
}
