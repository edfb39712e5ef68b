namespace SightPay.Vision.Plates;

/// <summary>One reading of a piece of writing.</summary>
/// <param name="Text">What it says, by the grammar.</param>
/// <param name="Score">How much more likely it is a plate than any other writing, as a logarithm.</param>
internal readonly record struct PlateRead(PlateText Text, float Score)
{
    public override string ToString() => nameof(PlateRead);
}

/// <summary>A piece of writing that may be a plate, read once or several times from slightly different quads.</summary>
internal sealed class PlateCandidate(Writing writing)
{
    private const float ScoreMax = 12;

    private readonly List<PlateRead> _reads = [];

    /// <summary>Where it is.</summary>
    public Writing Writing { get; set; } = writing;

    /// <summary>The two lines of a plate that has two; null when it has one.</summary>
    public (Writing Upper, Writing Lower)? Lines { get; init; }

    public IReadOnlyList<PlateRead> Reads => _reads;

    /// <summary>The reading that wins: the sum of the chances of all that say the same; null before the first.
    /// </summary>
    public PlateRead? Best { get; private set; }

    /// <summary>How many readings say the same as the best one.</summary>
    public int Agreeing { get; private set; }

    /// <summary>Above 0 it is likelier a plate than not.</summary>
    public float Score => Best?.Score ?? float.NegativeInfinity;

    public void Add(PlateRead read)
    {
        _reads.Add(read);
        var most = float.NegativeInfinity;
        foreach (var candidate in _reads)
        {
            var (weight, agreeing, best) = (0f, 0, candidate);
            foreach (var other in _reads)
            {
                if (other.Text.Text != candidate.Text.Text) continue;
                weight += MathF.Exp(MathF.Min(other.Score, ScoreMax));
                agreeing++;
                if (other.Score > best.Score) best = other;
            }
            if (weight > most) (most, Best, Agreeing) = (weight, best, agreeing);
        }
    }

    public override string ToString() => nameof(PlateCandidate);
}

/// <summary>
/// Whether writing is a plate. Shape, place and grammar are judged together, as chances: a perfect text on a shop sign,
/// and a perfect rectangle with a wrong text, are none.
/// </summary>
internal static class PlateJudge
{
    // Writing beside plates: words, numbers, and mixtures of both.
    private const float WordShare = 0.6f;
    private const float NumberShare = 0.3f;
    private const float MixedShare = 0.1f;

    // A camera writes the time into the picture's edge; a plate there would be cut off.
    private const float EdgeShare = 0.05f;
    private const float EdgePrice = 6;

    /// <param name="writing">In pixels of the picture.</param>
    /// <param name="line">What was read, as it was read.</param>
    /// <param name="text">What the grammar makes of it.</param>
    /// <param name="lines">Lines that the writing has.</param>
    public static float Score(
        Writing writing, GlyphLine line, PlateText text, int lines, int pictureWidth, int pictureHeight) =>
        OtherCost(line) - text.Cost - ShapePrice(writing, line.Length, lines)
        - PlacePrice(writing, pictureWidth, pictureHeight);

    /// <summary>
    /// Minus the logarithm of the chance that writing which is no plate reads like this line. A glyph that is both
    /// letter and digit makes no word a number: a shop sign "DORADCA" stays a word.
    /// </summary>
    internal static float OtherCost(GlyphLine line)
    {
        var (isWord, isNumber) = (true, true);
        for (var i = 0; i < line.Length; i++)
        {
            var glyph = line.Best(i);
            var isBoth = glyph is '0' or 'O' or 'Q' or '1' or 'I';
            isWord &= isBoth || char.IsAsciiLetter(glyph);
            isNumber &= isBoth || char.IsAsciiDigit(glyph);
        }
        var chance = MixedShare * MathF.Pow(1f / PlateAlphabet.Size, line.Length);
        if (isWord) chance += WordShare * MathF.Pow(1 / 26f, line.Length);
        if (isNumber) chance += NumberShare * MathF.Pow(1 / 10f, line.Length);
        return -MathF.Log(chance);
    }

    /// <summary>Plates are written in bold capitals of one height, a little wider apart than words.</summary>
    private static float ShapePrice(Writing writing, int glyphs, int lines)
    {
        // Width of a glyph with its gap over its height: 0.45 to 0.85 on plates of all regions.
        var pitch = writing.Width / MathF.Max(1, writing.Height / lines) / (glyphs / (float)lines);
        var off = pitch < 0.4f ? 0.4f / pitch : pitch > 0.95f ? pitch / 0.95f : 1;
        var slope = MathF.Abs(writing.Quad.TopRight.Y - writing.Quad.TopLeft.Y)
            / MathF.Max(1, MathF.Abs(writing.Quad.TopRight.X - writing.Quad.TopLeft.X));
        return 12 * MathF.Log(off) + 8 * MathF.Max(0, slope - 0.35f) + 4 * MathF.Max(0, 0.9f - writing.Score);
    }

    private static float PlacePrice(Writing writing, int pictureWidth, int pictureHeight)
    {
        var centre = writing.Quad.Bounds.Centre;
        var edge = MathF.Min(centre.Y, pictureHeight - centre.Y) / pictureHeight;
        return edge < EdgeShare ? EdgePrice : 0;
    }
}
