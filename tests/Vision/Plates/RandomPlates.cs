using SightPay.Vision.Plates;

namespace SightPay.Vision.Tests.Plates;

/// <summary>Plates of a region, drawn by chance from its own formats.</summary>
internal static class RandomPlates
{
    public static string Of(string region, Random random) => Draw(region, random, FormatRank.Chosen);

    public static string Usual(string region, Random random) => Draw(region, random, FormatRank.Usual);

    /// <summary>Every third glyph that is drawn like another becomes one of its group.</summary>
    public static string Misread(string plate, Random random) => string.Concat(plate.Select(glyph =>
        ConfusableGlyphs.Group(glyph) is { } group && random.Next(3) == 0 ? group[random.Next(group.Length)] : glyph));

    public static string AnyText(Random random) => string.Concat(
        Enumerable.Range(0, random.Next(1, 12)).Select(_ => PlateAlphabet.Glyphs[random.Next(PlateAlphabet.Size)]));

    private static string Draw(string region, Random random, FormatRank rankMax)
    {
        PlateFormat[] formats = [.. PlateGrammar.Of(region)!.Formats.Where(format => format.Rank <= rankMax)];
        var format = formats[random.Next(formats.Length)];
        // Every glyph has a price of its own, so the cheapest plate of the format is one by chance.
        var costs = new float[format.Length * PlateAlphabet.Size];
        for (var i = 0; i < costs.Length; i++) costs[i] = random.NextSingle();
        var plate = new byte[format.Length];
        format.Fit(costs, plate);
        return string.Concat(plate.Select(glyph => PlateAlphabet.Glyphs[glyph]));
    }
}
