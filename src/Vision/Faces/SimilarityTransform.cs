namespace SightPay.Vision.Faces;

/// <summary>
/// Turn, scale and shift: x' = A x - B y + Tx, y' = B x + A y + Ty. Coordinates name pixel centres: (0, 0) is the
/// middle of the first pixel, as in OpenCV, whose convention the embedders' alignment points follow.
/// </summary>
internal readonly record struct SimilarityTransform(float A, float B, float Tx, float Ty)
{
    /// <summary>Source pixels per target pixel, when the transform maps a target to its source.</summary>
    public float Scale => MathF.Sqrt(A * A + B * B);

    public FacePoint Apply(float x, float y) => new(A * x - B * y + Tx, B * x + A * y + Ty);

    /// <summary>First the other transform, then this one.</summary>
    public SimilarityTransform After(SimilarityTransform first)
    {
        var shift = Apply(first.Tx, first.Ty);
        return new(A * first.A - B * first.B, A * first.B + B * first.A, shift.X, shift.Y);
    }

    /// <summary>The transform that carries the middle of a square to a centre, turned and with a given side.</summary>
    /// <param name="size">Side of the square that is mapped, in its own pixels.</param>
    /// <param name="centre">Where its middle goes.</param>
    /// <param name="side">Length of its side over there.</param>
    /// <param name="radians">Turn, positive from the x axis towards the y axis.</param>
    public static SimilarityTransform OfSquare(int size, FacePoint centre, float side, float radians)
    {
        var scale = side / size;
        var (sin, cos) = MathF.SinCos(radians);
        var (a, b) = (cos * scale, sin * scale);
        var middle = (size - 1) / 2f;
        return new(a, b, centre.X - a * middle + b * middle, centre.Y - b * middle - a * middle);
    }

    /// <summary>Least-squares fit that carries <paramref name="from"/> onto <paramref name="to"/> (Umeyama's
    /// closed form without reflection).</summary>
    public static SimilarityTransform Fit(ReadOnlySpan<FacePoint> from, ReadOnlySpan<FacePoint> to)
    {
        if (from.Length != to.Length || from.Length < 2)
            throw new ArgumentException("A fit needs two or more pairs of points.", nameof(to));
        double fromX = 0, fromY = 0, toX = 0, toY = 0;
        for (var i = 0; i < from.Length; i++)
        {
            fromX += from[i].X;
            fromY += from[i].Y;
            toX += to[i].X;
            toY += to[i].Y;
        }
        var n = (double)from.Length;
        (fromX, fromY, toX, toY) = (fromX / n, fromY / n, toX / n, toY / n);
        double dot = 0, cross = 0, spread = 0;
        for (var i = 0; i < from.Length; i++)
        {
            var (x, y) = (from[i].X - fromX, from[i].Y - fromY);
            var (u, v) = (to[i].X - toX, to[i].Y - toY);
            dot += u * x + v * y;
            cross += v * x - u * y;
            spread += x * x + y * y;
        }
        if (spread < 1e-9) throw new ArgumentException("The points to fit coincide.", nameof(from));
        var (a, b) = (dot / spread, cross / spread);
        return new((float)a, (float)b, (float)(toX - a * fromX + b * fromY), (float)(toY - b * fromX - a * fromY));
    }
}
