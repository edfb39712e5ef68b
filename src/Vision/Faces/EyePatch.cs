using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// Both eyes as small grey pictures, laid out by the corners of the eyes: what a lid covers is another picture, while
/// light and size change nothing.
/// </summary>
internal static class EyePatch
{
    private const int Columns = 16;
    private const int Rows = 8;
    public const int Length = 2 * Columns * Rows;

    // The lids move within this share of the distance of the corners.
    private const float Height = 0.5f;

    public static float[] Of(Picture picture, MeshReading mesh)
    {
        var patch = new float[Length];
        Take(picture, mesh.Points[33], mesh.Points[133], patch.AsSpan(0, Length / 2));
        Take(picture, mesh.Points[362], mesh.Points[263], patch.AsSpan(Length / 2));
        return patch;
    }

    /// <summary>Correlation of two patches, -1..1, each eye apart, mean of both.</summary>
    public static float Likeness(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var half = Length / 2;
        return (UnitVector.Dot(a[..half], b[..half]) + UnitVector.Dot(a[half..], b[half..])) / 2;
    }

    private static void Take(Picture picture, FacePoint from, FacePoint to, Span<float> patch)
    {
        var (x, y) = (to.X - from.X, to.Y - from.Y);
        var sum = 0f;
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < Columns; column++)
            {
                var (u, v) = ((column + 0.5f) / Columns, ((row + 0.5f) / Rows - 0.5f) * Height);
                var colour = PixelBlend.At(picture, from.X + x * u - y * v, from.Y + y * u + x * v);
                var grey = colour[0] + 2 * colour[1] + colour[2];
                patch[row * Columns + column] = grey;
                sum += grey;
            }
        var mean = sum / patch.Length;
        foreach (ref var value in patch) value -= mean;
        UnitVector.Normalise(patch);
    }
}
