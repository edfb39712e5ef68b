using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SightPay.Server.Fuel;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>Fuel and money in integers: what a quantity costs, and how much an amount buys.</summary>
public sealed class QuantityTests
{
    private static readonly Gen<long> Prices = Gen.Frequency(
        (6, Gen.Choose(1, 20_000_000).Select(price => (long)price)),
        (2, Gen.Elements(1L, 999, 1000, 1001, 500_000, UnitPrice.ThousandthsOfMinorMax)));

    private static readonly Gen<long> Quantities = Gen.Frequency(
        (6, Gen.Choose(0, 200_000).Select(quantity => (long)quantity)),
        (2, Gen.Elements(0L, 1, 999, 1000, 1001, Quantity.ThousandthsMax)));

    private static readonly Gen<FuelUnit> Units = Gen.Elements(Enum.GetValues<FuelUnit>());

    [Theory]
    [InlineData(145_900, 40_000, 5836)] // 40 l at 1.459
    [InlineData(145_900, 1, 0)]
    [InlineData(145_900, 3427, 500)] // 499.9993 cents
    [InlineData(10_541_000, 12_340, 130_076)] // 12.34 l at 105.41: 130075.94 paise
    [InlineData(500, 1000, 1)] // half a cent is a cent
    [InlineData(499, 1000, 0)]
    [InlineData(1_850_000, 31_250, 57_813)] // 31.25 kWh at 18.50: 57812.5 paise
    public void An_amount_is_rounded_once_half_up(long price, long quantity, long amountMinor) =>
        Assert.Equal(
            amountMinor, new UnitPrice(price, FuelUnit.Litre).AmountOf(new Quantity(quantity, FuelUnit.Litre)));

    [Fact]
    public void An_amount_is_the_nearest_whole_coin_whatever_the_unit() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(from price in Prices from quantity in Quantities from unit in Units select (price, quantity, unit)),
        drawn =>
        {
            var (price, quantity, unit) = drawn;
            var amount = new UnitPrice(price, unit).AmountOf(new Quantity(quantity, unit));
            // Twice the distance to the true value, in millionths of a coin: never beyond one, and a tie goes up.
            var off = 2 * (new BigInteger(amount) * 1_000_000 - new BigInteger(price) * quantity);
            return off <= 1_000_000 && off > -1_000_000;
        }));

    [Fact]
    public void More_fuel_never_costs_less() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(from price in Prices from quantity in Quantities from more in Gen.Choose(0, 5000)
                 select (price, quantity, more)),
        drawn =>
        {
            var price = new UnitPrice(drawn.price, FuelUnit.UsGallon);
            return price.AmountOf(new Quantity(drawn.quantity, FuelUnit.UsGallon))
                <= price.AmountOf(new Quantity(drawn.quantity + drawn.more, FuelUnit.UsGallon));
        }));

    /// <summary>A pump that stops there never delivers more than was set aside, and could not have gone on.</summary>
    [Fact]
    public void What_an_amount_buys_costs_at_most_that_amount_and_one_thousandth_more_costs_more() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Arb.From(from price in Prices from amount in Gen.Choose(0, 50_000_000) select (price, amount)),
            drawn =>
            {
                var price = new UnitPrice(drawn.price, FuelUnit.Litre);
                var most = price.QuantityFor(drawn.amount)!.Value;
                return price.AmountOf(most) <= drawn.amount
                    && (most.Thousandths == Quantity.ThousandthsMax
                        || price.AmountOf(most with { Thousandths = most.Thousandths + 1 }) > drawn.amount);
            }));

    [Fact]
    public void Nothing_buys_less_than_nothing_and_units_are_never_mixed()
    {
        var price = new UnitPrice(145_900, FuelUnit.Litre);
        Assert.Null(price.QuantityFor(-1));
        Assert.Throws<ArgumentException>(() => price.AmountOf(new Quantity(1000, FuelUnit.UsGallon)));
        Assert.Throws<OverflowException>(
            () => new UnitPrice(long.MaxValue, FuelUnit.Litre).AmountOf(new Quantity(long.MaxValue, FuelUnit.Litre)));
        Assert.False(new Quantity(-1, FuelUnit.Litre).IsPlausible);
        Assert.False(new Quantity(Quantity.ThousandthsMax + 1, FuelUnit.Litre).IsPlausible);
        Assert.True(new Quantity(0, FuelUnit.KilowattHour).IsPlausible);
    }
}
