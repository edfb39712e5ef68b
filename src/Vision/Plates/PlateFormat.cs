namespace SightPay.Vision.Plates;

/// <summary>How usual a format is.</summary>
internal enum FormatRank
{
    /// <summary>What most cars carry.</summary>
    Usual,

    /// <summary>Older or special series.</summary>
    Rare,

    /// <summary>Chosen by the owner: nearly anything, so nothing in it tells one glyph from another.</summary>
    Chosen,
}

/// <summary>
/// Plates of one shape: for every place the glyphs that may stand there. Some formats begin with the code of a state or
/// district.
/// </summary>
internal sealed class PlateFormat
{
    // About one car in eight of a country carries a rare format.
    private const float RarePrice = 2;

    private readonly byte[][] _places;
    private readonly byte[][] _heads;
    private readonly int _headLength;

    // For every place the glyphs that may stand there, a bit each.
    private readonly ulong[] _allowed;

    /// <param name="rank">How usual it is.</param>
    /// <param name="heads">Codes that it begins with, all of one length; none when there is no such rule.</param>
    /// <param name="places">For every place behind the code the characters that may stand there.</param>
    public PlateFormat(FormatRank rank, string[] heads, string[] places)
    {
        Rank = rank;
        _heads = [.. heads.Select(Numbers)];
        _places = [.. places.Select(Numbers)];
        _headLength = heads.Length > 0 ? heads[0].Length : 0;
        _allowed = new ulong[Length];
        foreach (var head in _heads)
            for (var i = 0; i < head.Length; i++) _allowed[i] |= 1UL << head[i];
        for (var i = 0; i < _places.Length; i++)
            foreach (var glyph in _places[i]) _allowed[_headLength + i] |= 1UL << glyph;
        Price = (rank == FormatRank.Rare ? RarePrice : 0) + MathF.Log(Math.Max(1, heads.Length))
            + places.Sum(place => MathF.Log(place.Length));
        Shape = string.Join('|', [string.Join(',', heads), .. places]);
    }

    public FormatRank Rank { get; }

    public int Length => _headLength + _places.Length;

    /// <summary>
    /// Minus the logarithm of the chance of one plate of this format, all of them being equally likely: of two formats
    /// that a text fits, it more likely comes from the one that holds fewer plates.
    /// </summary>
    public float Price { get; }

    /// <summary>Equal for formats that hold the same plates.</summary>
    public string Shape { get; }

    /// <summary>Whether a glyph may stand at a place.</summary>
    public bool Allows(int place, int glyph) => (_allowed[place] >> glyph & 1) != 0;

    /// <summary>The cheapest way of reading something as a plate of this format.</summary>
    /// <param name="costs">For every place the costs of assuming each glyph; infinite when it cannot be that one.
    /// </param>
    /// <param name="plate">As long as the format; holds the plate's glyphs when the answer is finite.</param>
    /// <returns>The sum of the costs over all places.</returns>
    public float Fit(ReadOnlySpan<float> costs, Span<byte> plate)
    {
        var total = FitHead(costs, plate);
        for (var i = 0; i < _places.Length && total < float.PositiveInfinity; i++)
        {
            var place = costs.Slice((_headLength + i) * PlateAlphabet.Size, PlateAlphabet.Size);
            var (best, lowest) = ((byte)0, float.PositiveInfinity);
            foreach (var glyph in _places[i])
                if (place[glyph] < lowest) (best, lowest) = (glyph, place[glyph]);
            plate[_headLength + i] = best;
            total += lowest;
        }
        return total;
    }

    private float FitHead(ReadOnlySpan<float> costs, Span<byte> plate)
    {
        if (_heads.Length == 0) return 0;
        var lowest = float.PositiveInfinity;
        foreach (var head in _heads)
        {
            var price = 0f;
            for (var i = 0; i < head.Length && price < lowest; i++) price += costs[i * PlateAlphabet.Size + head[i]];
            if (price >= lowest) continue;
            lowest = price;
            head.CopyTo(plate);
        }
        return lowest;
    }

    private static byte[] Numbers(string glyphs) => [.. glyphs.Select(glyph => (byte)PlateAlphabet.IndexOf(glyph))];
}
