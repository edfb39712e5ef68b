using System.Collections.Frozen;

namespace SightPay.Server.Fuel;

/// <summary>A price as somebody set it. It is never changed; the next one takes its place at its own time.</summary>
/// <param name="SetBy">Caller name.</param>
internal sealed record FuelPrice(
    Guid Id, string GradeId, UnitPrice Price, DateTimeOffset ValidFrom, string SetBy, DateTimeOffset SetAt)
{
    /// <summary>Who took a scheduled price back before its time came; null: nobody did.</summary>
    public string? WithdrawnBy { get; init; }
}

/// <summary>The prices of a site from a day ago on, withdrawn ones left out. Nothing has to happen when a price's
/// time comes: whoever asks names the moment.</summary>
internal sealed class PriceList(IReadOnlyList<FuelPrice> prices)
{
    public static PriceList Empty { get; } = new([]);

    /// <summary>Per grade that has a price at that moment.</summary>
    public FrozenDictionary<string, UnitPrice> At(DateTimeOffset moment) => prices
        .Where(price => price.ValidFrom <= moment)
        .GroupBy(price => price.GradeId)
        .ToFrozenDictionary(grade => grade.Key, grade => grade.MaxBy(price => price.ValidFrom)!.Price);

    public bool Has(string grade) => prices.Any(price => price.GradeId == grade);

    /// <summary>What holds at that moment and what comes after, by grade and time.</summary>
    public IEnumerable<FuelPrice> NowAndNext(DateTimeOffset moment) => prices
        .GroupBy(price => price.GradeId)
        .SelectMany(grade => grade
            .Where(price => price.ValidFrom > moment)
            .Prepend(grade.Where(price => price.ValidFrom <= moment).MaxBy(price => price.ValidFrom))
            .OfType<FuelPrice>());
}
