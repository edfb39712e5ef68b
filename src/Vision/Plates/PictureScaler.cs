using System.Runtime.Intrinsics;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>How a byte of each colour becomes an input value of a network: times a scale plus an offset.</summary>
/// <param name="IsBlueFirst">The planes are blue, green, red.</param>
internal readonly record struct PlaneValues(Vector128<float> Scale, Vector128<float> Offset, bool IsBlueFirst = false);

/// <summary>An upright part of a picture, in whole pixels.</summary>
internal readonly record struct PicturePart(int X, int Y, int Width, int Height)
{
    public static PicturePart Whole(Picture picture) => new(0, 0, picture.Width, picture.Height);
}

/// <summary>
/// Fits a part of a picture into the upper left corner of a network's canvas, as planes of colour. Shrinking averages
/// areas. It owns scratch memory: one caller at a time.
/// </summary>
internal sealed class PictureScaler
{
    // A pixel is read as four floats of which the fourth is ignored.
    private const int Slack = 4;

    private float[] _rowSums = [];

    /// <param name="picture">It is only read.</param>
    /// <param name="part">What is shown.</param>
    /// <param name="width">Of the canvas.</param>
    /// <param name="height">Of the canvas.</param>
    /// <param name="planes">Three times width times height values; beyond the part they are 0.</param>
    /// <param name="values">How a byte becomes a value.</param>
    /// <returns>Pixels of the picture in one pixel of the canvas.</returns>
    public float Fit(
        Picture picture, PicturePart part, int width, int height, Span<float> planes, PlaneValues values)
    {
        if (planes.Length != width * height * 3) throw new ArgumentException("The canvas has another size.");
        var factor = MathF.Max(part.Width / (float)width, part.Height / (float)height);
        var (across, down) = (
            Math.Clamp((int)MathF.Round(part.Width / factor), 1, width),
            Math.Clamp((int)MathF.Round(part.Height / factor), 1, height));
        if (across < width || down < height) planes.Clear();
        if (factor < 1) Enlarge(picture, part, factor, across, down, width, planes, values);
        else Shrink(picture, part, factor, across, down, width, planes, values);
        return factor;
    }

    private void Shrink(
        Picture picture, PicturePart part, float factor, int across, int down, int stride, Span<float> planes,
        PlaneValues values)
    {
        if (_rowSums.Length < part.Width * 3 + Slack) _rowSums = new float[part.Width * 3 + Slack];
        var sums = _rowSums.AsSpan(0, part.Width * 3 + Slack);
        var scale = values.Scale / (factor * factor);
        for (var v = 0; v < down; v++)
        {
            var (top, bottom) = (v * factor, MathF.Min((v + 1) * factor, part.Height));
            var first = (int)top;
            for (var y = first; y < MathF.Min(MathF.Ceiling(bottom), part.Height); y++)
            {
                var share = MathF.Min(y + 1, bottom) - MathF.Max(y, top);
                var line = picture.Pixels.Slice(((part.Y + y) * picture.Width + part.X) * 3, part.Width * 3);
                PixelBlend.AddWeighted(line, share, sums, y == first);
            }
            for (var u = 0; u < across; u++)
            {
                var (left, right) = (u * factor, MathF.Min((u + 1) * factor, part.Width));
                var x = Math.Min((int)left, part.Width - 1);
                var sum = Vector128.Create<float>(sums[(x * 3)..]) * (MathF.Min(x + 1, right) - left);
                for (x++; x + 1 <= right; x++) sum += Vector128.Create<float>(sums[(x * 3)..]);
                if (x < right) sum += Vector128.Create<float>(sums[(x * 3)..]) * (right - x);
                Store(sum * scale + values.Offset, planes, v * stride + u, values.IsBlueFirst);
            }
        }
    }

    private static void Enlarge(
        Picture picture, PicturePart part, float factor, int across, int down, int stride, Span<float> planes,
        PlaneValues values)
    {
        for (var v = 0; v < down; v++)
            for (var u = 0; u < across; u++)
            {
                var colour = PixelBlend.At(
                    picture, part.X + MathF.Min((u + 0.5f) * factor - 0.5f, part.Width - 1),
                    part.Y + MathF.Min((v + 0.5f) * factor - 0.5f, part.Height - 1));
                Store(colour * values.Scale + values.Offset, planes, v * stride + u, values.IsBlueFirst);
            }
    }

    internal static void Store(Vector128<float> value, Span<float> planes, int at, bool isBlueFirst)
    {
        var plane = planes.Length / 3;
        planes[at] = value[isBlueFirst ? 2 : 0];
        planes[plane + at] = value[1];
        planes[2 * plane + at] = value[isBlueFirst ? 0 : 2];
    }
}
