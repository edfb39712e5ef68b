namespace SightPay.Vision.Plates;

/// <summary>
/// One line of glyphs as a network sees it: for every place the chances of all glyphs. Its memory is reused from line
/// to line.
/// </summary>
internal sealed class GlyphLine
{
    /// <summary>Longer lines are no plates.</summary>
    public const int PlacesMax = 24;

    private readonly float[] _chances = new float[PlacesMax * PlateAlphabet.Size];
    private readonly float[] _positions = new float[PlacesMax];
    private float _peak;

    public int Length { get; private set; }

    /// <summary>Frames that show something which no plate has.</summary>
    public int Others { get; set; }

    /// <summary>There was more than the line can hold.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Chances of all glyphs at a place, by <see cref="PlateAlphabet"/>.</summary>
    public ReadOnlySpan<float> At(int place) => _chances.AsSpan(place * PlateAlphabet.Size, PlateAlphabet.Size);

    /// <summary>Where on the line a place is, 0 at its left end and 1 at its right.</summary>
    public float Position(int place) => _positions[place];

    public char Best(int place)
    {
        var chances = At(place);
        var best = 0;
        for (var glyph = 1; glyph < chances.Length; glyph++)
            if (chances[glyph] > chances[best]) best = glyph;
        return PlateAlphabet.Glyphs[best];
    }

    public void Clear() => (Length, Others, IsTooLong, _peak) = (0, 0, false, 0);

    /// <param name="chances">Of all glyphs.</param>
    /// <param name="position">On the line, 0..1.</param>
    /// <param name="isSamePlace">Seen at the last place again: the clearer look counts.</param>
    public void Add(ReadOnlySpan<float> chances, float position, bool isSamePlace)
    {
        var peak = 0f;
        foreach (var chance in chances) peak = MathF.Max(peak, chance);
        if (!isSamePlace)
        {
            if (Length == PlacesMax)
            {
                IsTooLong = true;
                return;
            }
            Length++;
        }
        else if (peak <= _peak) return;
        _peak = peak;
        chances.CopyTo(_chances.AsSpan((Length - 1) * PlateAlphabet.Size));
        _positions[Length - 1] = position;
    }

    /// <summary>Adds the places of the line below this one.</summary>
    public void Append(GlyphLine below)
    {
        for (var place = 0; place < below.Length; place++)
            Add(below.At(place), below.Position(place), isSamePlace: false);
        Others += below.Others;
        IsTooLong |= below.IsTooLong;
    }

    public override string ToString() => $"{nameof(GlyphLine)} of {Length}";
}
