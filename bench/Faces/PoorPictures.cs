using SightPay.Vision.Runtime;

namespace SightPay.Bench.Faces;

/// <summary>What spoils a photograph, drawn onto an aligned crop of 112x112 pixels; the crop itself is not changed.
/// </summary>
internal static class PoorPictures
{
    public static readonly (string Name, Func<Picture, Picture> Spoil)[] All =
    [
        ("clean", crop => crop),
        ("light mask", crop => Masked(crop, 170, 200, 215)),
        ("black mask", crop => Masked(crop, 30, 30, 32)),
        ("dark glasses", WithGlasses),
        ("blurred", Blurred),
        ("dark", crop => EachByte(crop, value => value * 0.12f)),
        ("small", Small),
        ("flat", crop => EachByte(crop, value => 110 + (value - 110) * 0.15f)),
        ("grey", Grey),
    ];

    private static Picture Masked(Picture crop, float red, float green, float blue) => EachPixel(crop, (x, y) =>
    {
        var top = 66 + 6 * MathF.Pow(MathF.Abs(x - 56) / 36f, 2);
        if (y < top || MathF.Abs(x - 56) > 38 - MathF.Max(0, y - 90) * 0.5f) return null;
        var shade = 1 - 0.25f * MathF.Abs(x - 56) / 38 + 0.04f * MathF.Sin(y * 0.6f);
        return (red * shade, green * shade, blue * shade);
    });

    private static Picture WithGlasses(Picture crop) => EachPixel(crop, (x, y) =>
    {
        var isLens = IsLens(38) || IsLens(74);
        var isFrame = y is > 47 and < 51 && x is > 30 and < 82;
        if (!isLens && !isFrame) return null;
        var glint = (x + y) % 37 < 3 ? 18 : 0;
        return (22 + glint, 22 + glint, 26 + glint);

        bool IsLens(float centre) => MathF.Pow((x - centre) / 15.5f, 2) + MathF.Pow((y - 54f) / 11.5f, 2) < 1;
    });

    /// <summary>The mean of 9x9 pixels, twice.</summary>
    private static Picture Blurred(Picture crop) => Mean(Mean(crop, -4, 4), -4, 4);

    private static Picture Mean(Picture crop, int from, int to) => EachPixel(crop, (x, y) => MeanOf(
        crop, x + from, y + from, x + to, y + to));

    /// <summary>A fifth of its size, enlarged again.</summary>
    private static Picture Small(Picture crop) =>
        EachPixel(crop, (x, y) => MeanOf(crop, x / 5 * 5, y / 5 * 5, x / 5 * 5 + 4, y / 5 * 5 + 4));

    private static Picture Grey(Picture crop) => EachPixel(crop, (x, y) =>
    {
        var (red, green, blue) = MeanOf(crop, x, y, x, y);
        var grey = 0.5f * red + 0.4f * green + 0.1f * blue;
        return (grey, grey, grey);
    });

    private static (float Red, float Green, float Blue) MeanOf(Picture crop, int left, int top, int right, int bottom)
    {
        var (red, green, blue, count) = (0f, 0f, 0f, 0);
        for (var y = Math.Max(0, top); y <= Math.Min(crop.Height - 1, bottom); y++)
            for (var x = Math.Max(0, left); x <= Math.Min(crop.Width - 1, right); x++)
            {
                var pixel = crop.Pixels.Slice((y * crop.Width + x) * 3, 3);
                (red, green, blue, count) = (red + pixel[0], green + pixel[1], blue + pixel[2], count + 1);
            }
        return (red / count, green / count, blue / count);
    }

    private static Picture EachByte(Picture crop, Func<float, float> change)
    {
        var pixels = crop.Pixels.ToArray();
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Clamp(change(pixels[i]), 0, 255);
        return new(crop.Width, crop.Height, pixels);
    }

    /// <param name="crop">What is spoilt.</param>
    /// <param name="colourAt">Null leaves the pixel.</param>
    private static Picture EachPixel(Picture crop, Func<int, int, (float Red, float Green, float Blue)?> colourAt)
    {
        var pixels = crop.Pixels.ToArray();
        for (var i = 0; i < crop.Width * crop.Height; i++)
            if (colourAt(i % crop.Width, i / crop.Width) is { } colour)
                (pixels[i * 3], pixels[i * 3 + 1], pixels[i * 3 + 2]) =
                    ((byte)colour.Red, (byte)colour.Green, (byte)colour.Blue);
        return new(crop.Width, crop.Height, pixels);
    }
}
