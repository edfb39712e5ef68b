namespace SightPay.Tests.Support;

/// <summary>
/// The glyphs of plates as strokes of one width, on a grid of 4 by 6, drawn for these tests after no font in
/// particular.
/// </summary>
internal static class PlateGlyphs
{
    public const float Width = 4;
    public const float Height = 6;

    /// <summary>From the middle of a stroke to its edge.</summary>
    public const float HalfStroke = 0.5f;

    private const string Nought = "1,0 3,0 4,1 4,5 3,6 1,6 0,5 0,1 1,0";
    private const string Six = "3.8,0.8 3,0 1.2,0 0,1.4 0,5 1,6 3,6 4,5 4,3.6 3,2.6 1,2.6 0,3.6";
    private const string Nine = "0.2,5.2 1,6 2.8,6 4,4.6 4,1 3,0 1,0 0,1 0,2.4 1,3.4 3,3.4 4,2.4";
    private const string P = "0,6 0,0 3,0 4,0.9 4,2.4 3,3.3 0,3.3";

    private static readonly Dictionary<char, string> Drawings = new()
    {
        ['0'] = "1,0.1 3,0.1 3.7,1 3.7,5 3,5.9 1,5.9 0.3,5 0.3,1 1,0.1", ['1'] = "0.8,1.5 2.4,0 2.4,6",
        ['2'] = "0,1.3 1,0 3,0 4,1.1 4,2 3.6,2.8 0,6 4,6", ['6'] = Six, ['9'] = Nine,
        ['3'] = "0,1 1,0 3,0 4,1 4,2 3.2,2.9 1.6,2.9;3.2,2.9 4,3.8 4,5 3,6 1,6 0,5",
        ['4'] = "2.4,0 0,4.4 4,4.4;3,2.8 3,6",
        ['5'] = "3.8,0 0.4,0 0.2,2.7 1.2,2.3 3,2.3 4,3.3 4,4.9 3,6 1,6 0,5", ['7'] = "0,0 4,0 1.4,6",
        ['8'] = "1,0 3,0 3.8,0.9 3.8,2 3,2.8 1,2.8 0.2,2 0.2,0.9 1,0;1,2.8 0,3.7 0,5 1,6 3,6 4,5 4,3.7 3,2.8",
        ['A'] = "0,6 2,0 4,6;0.8,4 3.2,4", ['C'] = "4,1.3 3,0 1,0 0,1 0,5 1,6 3,6 4,4.7",
        ['B'] = "0,0 2.8,0 3.6,0.7 3.6,2.1 2.8,2.8 0,2.8;2.8,2.8 4,3.6 4,5.2 3,6 0,6 0,0",
        ['D'] = "0,0 2.6,0 4,1.4 4,4.6 2.6,6 0,6 0,0", ['E'] = "4,0 0,0 0,6 4,6;0,2.9 3.2,2.9",
        ['F'] = "4,0 0,0 0,6;0,2.9 3.2,2.9", ['G'] = "4,1.2 3,0 1,0 0,1 0,5 1,6 3,6 4,5 4,3.3 2.2,3.3",
        ['H'] = "0,0 0,6;4,0 4,6;0,3 4,3", ['I'] = "2,0 2,6", ['J'] = "3.4,0 3.4,4.8 2.5,6 1.2,6 0.2,5",
        ['K'] = "0,0 0,6;4,0 0,3.7;1.5,2.5 4,6", ['L'] = "0,0 0,6 4,6", ['M'] = "0,6 0,0 2,3.4 4,0 4,6",
        ['N'] = "0,6 0,0 4,6 4,0", ['O'] = Nought, ['P'] = P, ['Q'] = Nought + ";2.4,4.2 4.2,6.2",
        ['R'] = P + ";1.8,3.3 4,6",
        ['S'] = "4,1.2 3,0 1,0 0,1 0,2 0.8,2.7 3.2,3.3 4,4 4,5 3,6 1,6 0,4.8", ['T'] = "0,0 4,0;2,0 2,6",
        ['U'] = "0,0 0,5 1,6 3,6 4,5 4,0", ['V'] = "0,0 2,6 4,0", ['W'] = "0,0 0.9,6 2,1.6 3.1,6 4,0",
        ['X'] = "0,0 4,6;4,0 0,6", ['Y'] = "0,0 2,3 4,0;2,3 2,6", ['Z'] = "0,0 4,0 0,6 4,6", ['-'] = "1,3 3,3",
    };

    private static readonly Dictionary<char, (float X, float Y)[][]> Lines = Drawings.ToDictionary(
        drawing => drawing.Key,
        drawing => drawing.Value.Split(';').Select(line => line.Split(' ').Select(Point).ToArray()).ToArray());

    /// <summary>How far a point of the grid is from the nearest stroke's middle; what is not drawn has none.</summary>
    public static float Distance(char glyph, float x, float y)
    {
        var nearest = float.MaxValue;
        if (!Lines.TryGetValue(glyph, out var lines)) return nearest;
        foreach (var line in lines)
            for (var i = 1; i < line.Length; i++) nearest = MathF.Min(nearest, Distance(line[i - 1], line[i], x, y));
        return nearest;
    }

    private static float Distance((float X, float Y) from, (float X, float Y) to, float x, float y)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var along = Math.Clamp(((x - from.X) * dx + (y - from.Y) * dy) / (dx * dx + dy * dy), 0, 1);
        var (px, py) = (from.X + along * dx - x, from.Y + along * dy - y);
        return MathF.Sqrt(px * px + py * py);
    }

    private static (float X, float Y) Point(string text)
    {
        var comma = text.IndexOf(',');
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return (float.Parse(text[..comma], culture), float.Parse(text[(comma + 1)..], culture));
    }
}
