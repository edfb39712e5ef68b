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
/// Plates of one shape: for every place the characters that may stand there. Some formats begin with the code of a
/// state or district.
/// </summary>
internal sealed class PlateFormat
{
    // About one car in eight of a country carries a rare format.
    private const float RarePrice = 2;

    private readonly string[] _places;
    private readonly string[] _heads;
    private readonly int _headLength;

    /// <param name="rank">How usual it is.</param>
    /// <param name="heads">Codes that it begins with, all of one length; none when there is no such rule.</param>
    /// <param name="places">For every place behind the code the characters that may stand there.</param>
    public PlateFormat(FormatRank rank, string[] heads, string[] places)
    {
        (Rank, _heads, _places) = (rank, heads, places);
        _headLength = heads.Length > 0 ? heads[0].Length : 0;
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

    /// <summary>
    /// The cheapest way of reading something as a plate of this format.
    /// </summary>
    /// <param name="cost">Cost of assuming a character at a place; infinite when it cannot be that one.</param>
    /// <param name="plate">As long as the format; holds the plate when the answer is finite.</param>
    /// <returns>The sum of the costs over all places.</returns>
    public float Fit(Func<int, char, float> cost, Span<char> plate)
    {
        var total = FitHead(cost, plate);
        for (var i = 0; i < _places.Length && total < float.PositiveInfinity; i++)
        {
            var (best, lowest) = ('\0', float.PositiveInfinity);
            foreach (var character in _places[i])
            {
                if (cost(_headLength + i, character) is var price && price < lowest) (best, lowest) = (character, price);
            }
            plate[_headLength + i] = best;
            total += lowest;
        }
        return total;
    }

    private float FitHead(Func<int, char, float> cost, Span<char> plate)
    {
        if (_heads.Length == 0) return 0;
        var lowest = float.PositiveInfinity;
        foreach (var head in _heads)
        {
            var price = 0f;
            for (var i = 0; i < head.Length && price < lowest; i++) price += cost(i, head[i]);
            if (price >= lowest) continue;
            lowest = price;
            head.CopyTo(plate);
        }
        return lowest;
    }
}
