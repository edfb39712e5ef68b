namespace SightPay.Vision.Plates;

/// <summary>Where a network sees writing, in pixels of what it looked at.</summary>
/// <param name="Quad">Around the writing, in reading order.</param>
/// <param name="Score">Mean of the map inside, 0..1.</param>
internal readonly record struct Writing(PlateQuad Quad, float Score)
{
    public float Width => (Distance(Quad.TopLeft, Quad.TopRight) + Distance(Quad.BottomLeft, Quad.BottomRight)) / 2;
    public float Height => (Distance(Quad.TopLeft, Quad.BottomLeft) + Distance(Quad.TopRight, Quad.BottomRight)) / 2;

    /// <summary>The quad with more around it, or less, in heights of the writing.</summary>
    /// <param name="ends">At the left and at the right.</param>
    /// <param name="edges">Above and below.</param>
    public PlateQuad Grown(float ends, float edges)
    {
        var across = ends * Height / MathF.Max(1, Width);
        return new(
            At(-across, -edges), At(1 + across, -edges), At(1 + across, 1 + edges), At(-across, 1 + edges));
    }

    /// <summary>A point of the quad: 0 is its left or upper end, 1 its right or lower one; beyond them it goes on.
    /// </summary>
    public PlatePoint At(float u, float v) => new(
        (1 - v) * ((1 - u) * Quad.TopLeft.X + u * Quad.TopRight.X)
            + v * ((1 - u) * Quad.BottomLeft.X + u * Quad.BottomRight.X),
        (1 - v) * ((1 - u) * Quad.TopLeft.Y + u * Quad.TopRight.Y)
            + v * ((1 - u) * Quad.BottomLeft.Y + u * Quad.BottomRight.Y));

    /// <summary>Its upper and its lower half, each with a little of the other.</summary>
    public (Writing Upper, Writing Lower) Halves()
    {
        const float Shared = 0.02f;
        return (
            this with { Quad = Rows(-Shared, 0.5f + Shared) }, this with { Quad = Rows(0.5f - Shared, 1 + Shared) });
    }

    /// <summary>Whether this is the upper of two lines of one plate: as high as the other, right above it.</summary>
    public bool IsAbove(Writing other)
    {
        var (upper, lower) = (Quad.Bounds, other.Quad.Bounds);
        var gap = lower.Centre.Y - upper.Centre.Y;
        var (least, most) = (MathF.Min(Height, other.Height), MathF.Max(Height, other.Height));
        return most <= 1.7f * least && gap >= 0.7f * least && gap <= 1.6f * most
            && MathF.Abs(upper.Centre.X - lower.Centre.X) <= 0.3f * MathF.Max(upper.Width, lower.Width)
            && MathF.Max(upper.Width, lower.Width) <= 6 * most;
    }

    /// <summary>Whether it goes on where another one ends, on the same line and about as high.</summary>
    public bool IsBeside(Writing other)
    {
        var (a, b) = (Quad.Bounds, other.Quad.Bounds);
        var (least, most) = (MathF.Min(Height, other.Height), MathF.Max(Height, other.Height));
        var gap = MathF.Max(a.X, b.X) - MathF.Min(a.X + a.Width, b.X + b.Width);
        // Where the line of the other one is at this one's middle.
        var quad = other.Quad;
        var slope = (quad.TopRight.Y - quad.TopLeft.Y) / MathF.Max(1, quad.TopRight.X - quad.TopLeft.X);
        var line = b.Centre.Y + slope * (a.Centre.X - b.Centre.X);
        return most <= 1.5f * least && gap >= -0.5f * least && gap <= 1.2f * most
            && MathF.Abs(a.Centre.Y - line) <= 0.3f * least;
    }

    /// <summary>This one and the one beside it.</summary>
    public Writing Beside(Writing other)
    {
        var (left, right) = Quad.TopLeft.X < other.Quad.TopLeft.X ? (Quad, other.Quad) : (other.Quad, Quad);
        return new(
            new(left.TopLeft, right.TopRight, right.BottomRight, left.BottomLeft), MathF.Min(Score, other.Score));
    }

    /// <summary>This one and the one below it.</summary>
    public Writing With(Writing below)
    {
        var (upper, lower) = (Quad.Bounds, below.Quad.Bounds);
        var left = MathF.Min(upper.X, lower.X);
        var right = MathF.Max(upper.X + upper.Width, lower.X + lower.Width);
        return new(
            PlateQuad.Of(new(left, upper.Y, right - left, lower.Y + lower.Height - upper.Y)),
            MathF.Min(Score, below.Score));
    }

    private PlateQuad Rows(float from, float to)
    {
        var quad = Quad;
        return new(
            Along(quad.TopLeft, quad.BottomLeft, from), Along(quad.TopRight, quad.BottomRight, from),
            Along(quad.TopRight, quad.BottomRight, to), Along(quad.TopLeft, quad.BottomLeft, to));

        static PlatePoint Along(PlatePoint a, PlatePoint b, float share) =>
            new(a.X + share * (b.X - a.X), a.Y + share * (b.Y - a.Y));
    }

    private static float Distance(PlatePoint a, PlatePoint b) =>
        MathF.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
}

/// <summary>
/// Takes a map of probabilities apart into pieces of writing: connected pixels above a threshold, the lines that bound
/// them above, below and at the ends, and the whole enlarged by what the network was trained to shrink it
/// (PaddleOCR's DBPostProcess). It owns scratch memory: one caller at a time.
/// </summary>
internal sealed class WritingMap
{
    private const float PixelMin = 0.3f;
    private const float ScoreMin = 0.4f;
    private const float Unclip = 1.6f;
    private const int PixelsMin = 16;

    // A map of noise has thousands of pieces; the largest ones are enough.
    private const int PiecesMax = 200;

    private int[] _stack = [];
    private bool[] _seen = [];
    private readonly List<(int X, int Y)> _pixels = [];
    private float[] _tops = [];
    private float[] _bottoms = [];

    public void Find(ReadOnlySpan<float> map, int width, int height, List<Writing> found)
    {
        found.Clear();
        if (_seen.Length < map.Length) (_seen, _stack) = (new bool[map.Length], new int[map.Length]);
        Array.Clear(_seen, 0, map.Length);
        for (var at = 0; at < map.Length && found.Count < PiecesMax; at++)
        {
            if (_seen[at] || map[at] < PixelMin) continue;
            var score = Fill(map, width, height, at);
            if (_pixels.Count >= PixelsMin && score >= ScoreMin) found.Add(new(Bound(), score));
        }
    }

    /// <summary>Collects the pixels that hang together with one; the mean of the map over them.</summary>
    private float Fill(ReadOnlySpan<float> map, int width, int height, int start)
    {
        _pixels.Clear();
        var (depth, sum) = (1, 0f);
        _stack[0] = start;
        _seen[start] = true;
        while (depth > 0)
        {
            var at = _stack[--depth];
            var (x, y) = (at % width, at / width);
            _pixels.Add((x, y));
            sum += map[at];
            if (x > 0) Push(map, at - 1, ref depth);
            if (x + 1 < width) Push(map, at + 1, ref depth);
            if (y > 0) Push(map, at - width, ref depth);
            if (y + 1 < height) Push(map, at + width, ref depth);
        }
        return sum / _pixels.Count;
    }

    private void Push(ReadOnlySpan<float> map, int at, ref int depth)
    {
        if (_seen[at] || map[at] < PixelMin) return;
        _seen[at] = true;
        _stack[depth++] = at;
    }

    /// <summary>
    /// The quad of the collected pixels: in the axes of the piece the lines along its upper and lower edge; the ends
    /// stand upright in the picture, as the sides of a plate do whose car stands on the ground, or across the line
    /// when it is steep.
    /// </summary>
    private PlateQuad Bound()
    {
        var (mx, my, slope) = Axis();
        // Along the axis from end to end; above and below it as far as the piece reaches there.
        var (least, most) = (float.MaxValue, float.MinValue);
        foreach (var (x, y) in _pixels)
        {
            var along = x + slope * (y - my) * 0 - mx;
            (least, most) = (MathF.Min(least, along), MathF.Max(most, along));
        }
        var length = (int)(most - least) + 1;
        var (top, bottom) = Edges(mx, my, slope, least, length);
        var height = MathF.Max(1, bottom.At(length / 2f) - top.At(length / 2f));
        var margin = length * height * Unclip / (2 * (length + height));
        var (left, right) = (-margin, length + margin);
        return new(
            Point(left, top.At(left) - margin), Point(right, top.At(right) - margin),
            Point(right, bottom.At(right) + margin), Point(left, bottom.At(left) + margin));

        PlatePoint Point(float along, float across)
        {
            var x = least + along;
            return new(mx + x, my + slope * x + across);
        }
    }

    /// <summary>Middle of the pieces' pixels, and by how much the line falls to the right.</summary>
    private (float X, float Y, float Slope) Axis()
    {
        double sx = 0, sy = 0, sxx = 0, sxy = 0;
        foreach (var (x, y) in _pixels)
        {
            sx += x + 0.5;
            sy += y + 0.5;
        }
        var (mx, my) = (sx / _pixels.Count, sy / _pixels.Count);
        foreach (var (x, y) in _pixels)
        {
            sxx += (x + 0.5 - mx) * (x + 0.5 - mx);
            sxy += (x + 0.5 - mx) * (y + 0.5 - my);
        }
        return ((float)mx, (float)my, sxx == 0 ? 0 : (float)Math.Clamp(sxy / sxx, -1, 1));
    }

    private readonly record struct Line(float Start, float Slope)
    {
        public float At(float along) => Start + Slope * along;
    }

    /// <summary>Lines along the upper and the lower edge, fitted to the middle of the piece where it is even.</summary>
    private (Line Top, Line Bottom) Edges(float mx, float my, float slope, float least, int length)
    {
        if (_tops.Length < length + 1) (_tops, _bottoms) = (new float[length + 1], new float[length + 1]);
        Array.Fill(_tops, float.MaxValue, 0, length + 1);
        Array.Fill(_bottoms, float.MinValue, 0, length + 1);
        foreach (var (x, y) in _pixels)
        {
            var column = Math.Clamp((int)(x - mx - least), 0, length);
            var across = y - my - slope * (x + 0.5f - mx);
            _tops[column] = MathF.Min(_tops[column], across);
            _bottoms[column] = MathF.Max(_bottoms[column], across + 1);
        }
        return (Fit(_tops, length), Fit(_bottoms, length));
    }

    private static Line Fit(float[] edge, int length)
    {
        // The map rounds the corners off: a tenth of the length at either end does not count.
        var (from, to) = (length / 10, length - length / 10);
        double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
        for (var i = from; i < Math.Max(to, from + 1); i++)
        {
            if (edge[i] is float.MaxValue or float.MinValue) continue;
            (n, sx, sy, sxx, sxy) = (n + 1, sx + i, sy + edge[i], sxx + (double)i * i, sxy + i * edge[i]);
        }
        if (n == 0) return new(0, 0);
        var spread = sxx - sx * sx / n;
        // A short piece says nothing about a perspective.
        var slope = n < 24 || spread <= 0 ? 0 : Math.Clamp((sxy - sx * sy / n) / spread, -0.1, 0.1);
        return new((float)(sy / n - slope * sx / n), (float)slope);
    }
}
