namespace SightPay.Vision.Plates;

/// <summary>
/// Characters that plates draw alike, or that dirt and distance make alike. Two plates whose texts differ within these
/// groups only are confusable: none of them may pay by itself for the other.
/// </summary>
public static class ConfusableGlyphs
{
    // Minus the logarithm of the chance that a text has one glyph for another: people and readers write O for 0 in one
    // plate of seven, and B for 8 in one of four hundred.
    private const float Alike = 2;
    private const float Resembling = 6;

    // The digit of each group is its key. Within a group the glyphs before the bar are one drawing on many plates (a
    // Slovak O is a Slovak 0), those behind it resemble it.
    private static readonly (string Alike, string Resembling)[] Groups =
        [("0O", "QD"), ("1I", ""), ("2", "Z"), ("5", "S"), ("6", "G"), ("8", "B")];

    private static readonly string[] GroupOf = new string[128];
    private static readonly bool[] IsAlike = new bool[128];

    static ConfusableGlyphs()
    {
        foreach (var (alike, resembling) in Groups)
        {
            foreach (var glyph in alike + resembling) GroupOf[glyph] = alike + resembling;
            foreach (var glyph in alike) IsAlike[glyph] = true;
        }
    }

    /// <summary>The key under which confusable texts collide.</summary>
    /// <param name="canonical">Upper case letters and digits.</param>
    public static string Fold(string canonical) => string.Create(canonical.Length, canonical, static (folded, text) =>
    {
        for (var i = 0; i < folded.Length; i++) folded[i] = Group(text[i]) is { } group ? group[0] : text[i];
    });

    /// <summary>All glyphs that this one may be taken for, itself among them; null when it stands alone.</summary>
    internal static string? Group(char glyph) => glyph < GroupOf.Length ? GroupOf[glyph] : null;

    /// <summary>What it costs to take one glyph for another; infinite when they do not resemble each other.</summary>
    internal static float Cost(char read, char meant)
    {
        if (read == meant) return 0;
        if (Group(read) is not { } group || !group.Contains(meant)) return float.PositiveInfinity;
        return AreAlike(read, meant) ? Alike : Resembling;
    }

    /// <summary>Whether two glyphs of one group are the same drawing on many plates.</summary>
    internal static bool AreAlike(char a, char b) => IsAlike[a] && IsAlike[b];
}
