using System.Runtime.Intrinsics;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>Draws what lies inside four corners upright, by the perspective that maps a rectangle onto them.</summary>
internal static class QuadSampler
{
    // More samples a side than this no pixel of a plate needs; a plate that fills a 24-megapixel photo is softened.
    private const int SamplesMax = 8;

    /// <param name="picture">It is only read; its edges are repeated.</param>
    /// <param name="quad">In pixels of the picture.</param>
    /// <param name="across">Pixels of the target that the quad fills; what is right of them is 0.</param>
    /// <param name="width">Of the target.</param>
    /// <param name="height">Of the target, filled by the quad.</param>
    /// <param name="planes">Three times width times height values.</param>
    /// <param name="values">How a byte becomes a value.</param>
    public static void Draw(
        Picture picture, PlateQuad quad, int across, int width, int height, Span<float> planes, PlaneValues values)
    {
        if (planes.Length != width * height * 3) throw new ArgumentException("The target has another size.");
        if (across < width) planes.Clear();
        var map = Perspective.From(quad);
        // Where the quad is larger than the target, as many points are averaged as it is larger.
        var bounds = quad.Bounds;
        var (right, down) = (
            Samples(MathF.Max(bounds.Width, 1) / across), Samples(MathF.Max(bounds.Height, 1) / height));
        var share = 1f / (right * down);
        for (var v = 0; v < height; v++)
            for (var u = 0; u < across; u++)
            {
                var sum = Vector128<float>.Zero;
                for (var j = 0; j < down; j++)
                    for (var i = 0; i < right; i++)
                    {
                        var point = map.Apply((u + (i + 0.5f) / right) / across, (v + (j + 0.5f) / down) / height);
                        sum += PixelBlend.At(picture, point.X - 0.5f, point.Y - 0.5f);
                    }
                PictureScaler.Store(
                    sum * share * values.Scale + values.Offset, planes, v * width + u, values.IsBlueFirst);
            }
    }

    private static int Samples(float factor) => Math.Clamp((int)MathF.Round(factor), 1, SamplesMax);

    /// <summary>Maps the unit square onto a quad (Heckbert 1989, "Fundamentals of Texture Mapping", 2.2.3).</summary>
    private readonly record struct Perspective(
        float A, float B, float C, float D, float E, float F, float G, float H)
    {
        public static Perspective From(PlateQuad quad)
        {
            var (p0, p1, p2, p3) = (quad.TopLeft, quad.TopRight, quad.BottomRight, quad.BottomLeft);
            var (dx1, dx2, sx) = (p1.X - p2.X, p3.X - p2.X, p0.X - p1.X + p2.X - p3.X);
            var (dy1, dy2, sy) = (p1.Y - p2.Y, p3.Y - p2.Y, p0.Y - p1.Y + p2.Y - p3.Y);
            var area = dx1 * dy2 - dx2 * dy1;
            var (g, h) = area == 0 ? (0, 0) : ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
            return new(
                p1.X - p0.X + g * p1.X, p3.X - p0.X + h * p3.X, p0.X,
                p1.Y - p0.Y + g * p1.Y, p3.Y - p0.Y + h * p3.Y, p0.Y, g, h);
        }

        public PlatePoint Apply(float u, float v)
        {
            var w = G * u + H * v + 1;
            return new((A * u + B * v + C) / w, (D * u + E * v + F) / w);
        }
    }
}
