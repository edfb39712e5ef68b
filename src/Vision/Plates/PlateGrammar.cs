using System.Text;

namespace SightPay.Vision.Plates;

/// <summary>
/// What plates of a region look like. It says how a text is written for comparing, resolves glyphs that are drawn alike
/// by what the region has at each place, and refuses what cannot be a plate there. Regions are data:
/// <see cref="PlateRegions"/>.
/// </summary>
public sealed class PlateGrammar
{
    /// <summary>Longer than any plate of any region; what is longer is not looked at.</summary>
    internal const int TextLengthMax = 32;

    // The letters of German, Austrian, Croatian and Slovenian plates.
    private const string Accented = "ÄÖÜČĆŠŽĐ";
    private const string Unaccented = "AOUCCSZD";

    private static readonly Dictionary<string, PlateGrammar> Grammars = PlateRegions.All();

    private readonly PlateFormat[][] _formatsByLength;

    internal PlateGrammar(string region, IReadOnlyList<string> members, IEnumerable<PlateFormat> formats)
    {
        (Region, Members) = (region, members);
        // Of formats with the same plates the usual one stays; of equal costs the one that is listed first.
        var distinct = formats.OrderBy(format => format.Price).DistinctBy(format => format.Shape)
            .ToLookup(format => format.Length);
        LengthMin = distinct.Min(group => group.Key);
        _formatsByLength = new PlateFormat[distinct.Max(group => group.Key) + 1][];
        for (var length = 0; length < _formatsByLength.Length; length++)
            _formatsByLength[length] = [.. distinct[length]];
    }

    /// <summary>Codes of all regions, in lower case.</summary>
    public static IReadOnlyList<string> Regions { get; } = [.. Grammars.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Null for a region that is not known; case does not matter.</summary>
    public static PlateGrammar? Of(string region) => Grammars.GetValueOrDefault(region.ToLowerInvariant());

    /// <summary>The region's code.</summary>
    public string Region { get; }

    /// <summary>
    /// The countries whose plates this region holds: of a country itself alone, of a union all. What a union's grammar
    /// read is compared with the plate of a country in the form that the country's own grammar gives it.
    /// </summary>
    public IReadOnlyList<string> Members { get; }

    /// <summary>Characters of the shortest plate.</summary>
    public int LengthMin { get; }

    /// <summary>Characters of the longest plate.</summary>
    public int LengthMax => _formatsByLength.Length - 1;

    internal IEnumerable<PlateFormat> Formats => _formatsByLength.SelectMany(formats => formats);

    /// <summary>
    /// The form under which plates are compared: upper case letters and digits, each glyph as the region has it at its
    /// place. Taken again it stays what it is, and it never leaves its group of confusable texts.
    /// </summary>
    /// <returns>Null when the text cannot be a plate of this region.</returns>
    public string? Canonical(string text)
    {
        if (Plain(text) is not { } plain || plain.Length < LengthMin || plain.Length > LengthMax) return null;
        Span<float> costs = stackalloc float[plain.Length * PlateAlphabet.Size];
        for (var i = 0; i < costs.Length; i++)
            costs[i] = ConfusableGlyphs.Cost(
                plain[i / PlateAlphabet.Size], PlateAlphabet.Glyphs[i % PlateAlphabet.Size]);
        return Fit(costs, plain)?.Text;
    }

    /// <summary>
    /// The likeliest plate of the region: the least sum, over all its formats of this length, of the glyphs' costs and
    /// the format's price.
    /// </summary>
    /// <param name="costs">For every place, for every glyph of the alphabet, minus the logarithm of the chance that it
    /// stands there.</param>
    /// <param name="chosenAs">When given, what somebody chose is taken as it is written or not at all.</param>
    /// <param name="limit">What costs as much is of no use to the caller.</param>
    internal GrammarFit? Fit(
        ReadOnlySpan<float> costs, string? chosenAs = null, float limit = float.PositiveInfinity)
    {
        var length = costs.Length / PlateAlphabet.Size;
        if (length < LengthMin || length > LengthMax) return null;
        Span<byte> plate = stackalloc byte[length];
        Span<byte> best = stackalloc byte[length];
        var (lowest, found) = (limit, (PlateFormat?)null);
        foreach (var format in _formatsByLength[length])
        {
            // No format is cheaper than its own price.
            if (format.Price >= lowest) continue;
            var total = format.Fit(costs, plate) + format.Price;
            if (total >= lowest) continue;
            if (format.Rank == FormatRank.Chosen && chosenAs is not null && !IsWritten(plate, chosenAs)) continue;
            (lowest, found) = (total, format);
            plate.CopyTo(best);
        }
        return found is null ? null : new(Written(best), lowest, found);
    }

    private static bool IsWritten(ReadOnlySpan<byte> plate, string text)
    {
        for (var i = 0; i < plate.Length; i++)
            if (PlateAlphabet.Glyphs[plate[i]] != text[i]) return false;
        return true;
    }

    private static string Written(ReadOnlySpan<byte> plate)
    {
        Span<char> text = stackalloc char[plate.Length];
        for (var i = 0; i < plate.Length; i++) text[i] = PlateAlphabet.Glyphs[plate[i]];
        return new(text);
    }

    /// <summary>
    /// Upper case letters and digits of a text: separators fall away, and so do the accents that a registration may
    /// carry and a reader does not see. Null when something is left that no plate has.
    /// </summary>
    internal static string? Plain(string text)
    {
        if (text.Length is 0 or > TextLengthMax) return null;
        var plain = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            var upper = char.ToUpperInvariant(character);
            if (Accented.IndexOf(upper) is >= 0 and var accented) upper = Unaccented[accented];
            if (char.IsAsciiLetterOrDigit(upper)) plain.Append(upper);
            else if (!IsSeparator(upper)) return null;
        }
        return plain.Length == 0 ? null : plain.ToString();
    }

    private static bool IsSeparator(char character) =>
        char.IsWhiteSpace(character) || char.IsPunctuation(character) || char.IsSymbol(character);

    public override string ToString() => $"PlateGrammar {Region}";
}

/// <summary>The plate that costs least.</summary>
internal sealed record GrammarFit(string Text, float Cost, PlateFormat Format)
{
    public override string ToString() => nameof(GrammarFit);
}
