namespace SightPay.Vision.Plates;

/// <summary>The likeliest plate in a line of glyphs.</summary>
/// <param name="Text">In the grammar's canonical form.</param>
/// <param name="Cost">Minus the logarithm of how likely the line is if this is the plate: of two explanations of a
/// piece of writing the one with the lower cost is right.</param>
/// <param name="Doubt">The part of it that the glyphs have: 0 when each was read clearly as what it is.</param>
internal sealed record PlateText(
    string Text, PlateFormat Format, float Cost, float Doubt, IReadOnlyList<PlateCharacter> Characters)
{
    /// <summary>The weakest character's probability.</summary>
    public float Confidence
    {
        get
        {
            var least = 1f;
            for (var i = 0; i < Characters.Count; i++) least = MathF.Min(least, Characters[i].Confidence);
            return least;
        }
    }

    public override string ToString() => nameof(PlateText);
}

/// <summary>
/// Explains a line of glyphs by the grammar of a region. What a reader saw beside the plate (the letter of the country
/// band, a sticker, a bolt) may be left out at a price. It owns scratch memory: one caller at a time.
/// </summary>
internal sealed class PlateTextFinder
{
    // How often a glyph that is drawn like another, or resembles it, is taken for it, and how often a reader is simply
    // wrong: its own chances are far too sure.
    private const float AlikeShare = 0.4f;
    private const float ResemblingShare = 0.02f;
    private const float WrongShare = 0.0005f;

    // Something else at an end of the line is one glyph in thirty (the band's letter), amid it one in five hundred (a
    // sticker between the letters and the digits); and it may be any glyph.
    private const float EndPrice = 3.4f + 3.6f;
    private const float AmidPrice = 6.2f + 3.6f;
    private const int EndsMax = 2;

    private const int CandidatesKept = 4;
    private const float CandidateMin = 0.005f;

    private readonly float[] _costs = new float[GlyphLine.PlacesMax * PlateAlphabet.Size];
    private readonly float[] _chosen = new float[GlyphLine.PlacesMax * PlateAlphabet.Size];
    private readonly int[] _places = new int[GlyphLine.PlacesMax];
    private readonly int[] _bestPlaces = new int[GlyphLine.PlacesMax];
    private GrammarFit? _best;
    private float _bestPrice;

    /// <returns>Null when the line holds no plate of the region.</returns>
    public PlateText? Find(GlyphLine line, PlateGrammar grammar)
    {
        if (line.IsTooLong || line.Length < grammar.LengthMin) return null;
        Price(line);
        _best = null;
        for (var left = 0; left <= EndsMax; left++)
            for (var right = 0; right <= EndsMax - left; right++)
            {
                var length = line.Length - left - right;
                Try(grammar, left, length, amid: -1, (left + right) * EndPrice);
                for (var amid = left + 1; amid < left + length - 1; amid++)
                    Try(grammar, left, length, amid, (left + right) * EndPrice + AmidPrice);
            }
        if (_best is not { } best) return null;
        var cost = best.Cost + _bestPrice;
        return new(best.Text, best.Format, cost, cost - best.Format.Price, Characters(line, best));
    }

    /// <summary>For every place and glyph minus the logarithm of the chance that the glyph stands there.</summary>
    private void Price(GlyphLine line)
    {
        for (var place = 0; place < line.Length; place++)
        {
            var seen = line.At(place);
            var costs = _costs.AsSpan(place * PlateAlphabet.Size, PlateAlphabet.Size);
            for (var glyph = 0; glyph < PlateAlphabet.Size; glyph++)
                costs[glyph] = -MathF.Log(MathF.Min(1, Chance(seen, glyph)));
        }
    }

    private static float Chance(ReadOnlySpan<float> seen, int glyph)
    {
        var (chance, meant) = (seen[glyph] + WrongShare, PlateAlphabet.Glyphs[glyph]);
        if (ConfusableGlyphs.Group(meant) is not { } group) return chance;
        foreach (var other in group)
            if (other != meant)
                chance += seen[PlateAlphabet.IndexOf(other)]
                    * (ConfusableGlyphs.AreAlike(other, meant) ? AlikeShare : ResemblingShare);
        return chance;
    }

    private void Try(PlateGrammar grammar, int left, int length, int amid, float price)
    {
        var count = 0;
        for (var i = left; i < left + length; i++)
        {
            if (i == amid) continue;
            _places[count] = i;
            _costs.AsSpan(i * PlateAlphabet.Size, PlateAlphabet.Size)
                .CopyTo(_chosen.AsSpan(count * PlateAlphabet.Size));
            count++;
        }
        var limit = _best is { } best ? best.Cost + _bestPrice - price : float.PositiveInfinity;
        if (count < grammar.LengthMin || limit <= 0) return;
        if (grammar.Fit(_chosen.AsSpan(0, count * PlateAlphabet.Size), limit: limit) is not { } fit) return;
        (_best, _bestPrice) = (fit, price);
        _places.AsSpan(0, count).CopyTo(_bestPlaces);
    }

    private PlateCharacter[] Characters(GlyphLine line, GrammarFit fit)
    {
        var characters = new PlateCharacter[fit.Text.Length];
        for (var i = 0; i < characters.Length; i++) characters[i] = Character(line.At(_bestPlaces[i]), i, fit);
        return characters;
    }

    /// <summary>Chances of the glyphs that the format has at a place. What was read and cannot stand there counts
    /// against all of them, unless it is drawn like one.</summary>
    private static PlateCharacter Character(ReadOnlySpan<float> seen, int place, GrammarFit fit)
    {
        Span<float> chances = stackalloc float[PlateAlphabet.Size];
        var (sum, read) = (0f, 0f);
        for (var glyph = 0; glyph < PlateAlphabet.Size; glyph++)
        {
            read += seen[glyph];
            if (!fit.Format.Allows(place, glyph)) continue;
            chances[glyph] = Chance(seen, glyph);
            sum += chances[glyph];
        }
        var explained = MathF.Min(1, Explained(seen, place, fit) + MathF.Max(0, 1 - read) / PlateAlphabet.Size);
        var text = PlateAlphabet.IndexOf(fit.Text[place]);
        Span<CharacterCandidate> candidates = stackalloc CharacterCandidate[CandidatesKept];
        candidates[0] = new(fit.Text[place], chances[text] / sum * explained);
        var count = 1;
        chances[text] = 0;
        while (count < CandidatesKept)
        {
            var next = 0;
            for (var glyph = 1; glyph < chances.Length; glyph++)
                if (chances[glyph] > chances[next]) next = glyph;
            if (chances[next] / sum * explained < CandidateMin) break;
            candidates[count++] = new(PlateAlphabet.Glyphs[next], chances[next] / sum * explained);
            chances[next] = 0;
        }
        return new(candidates[..count].ToArray());
    }

    private static float Explained(ReadOnlySpan<float> seen, int place, GrammarFit fit)
    {
        var explained = 0f;
        for (var glyph = 0; glyph < PlateAlphabet.Size; glyph++)
        {
            if (seen[glyph] == 0) continue;
            var group = ConfusableGlyphs.Group(PlateAlphabet.Glyphs[glyph]);
            var share = fit.Format.Allows(place, glyph) ? 1 : 0f;
            for (var i = 0; share < 1 && group is not null && i < group.Length; i++)
                if (fit.Format.Allows(place, PlateAlphabet.IndexOf(group[i])))
                    share = MathF.Max(
                        share, ConfusableGlyphs.AreAlike(group[i], PlateAlphabet.Glyphs[glyph]) ? 1 : 0.5f);
            explained += seen[glyph] * share;
        }
        return explained;
    }
}
