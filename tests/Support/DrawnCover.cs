using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Tests.Support;

/// <summary>Draws what hides a part of a face onto a photograph, by the face's points.</summary>
public static class DrawnCover
{
    /// <summary>Light blue, with folds, from the nose down.</summary>
    public static Picture Mask(Picture photo, FivePoints face) => Paint(photo, face, static (x, y) =>
    {
        var top = 66 + 6 * MathF.Pow(MathF.Abs(x - 56) / 36, 2);
        if (y < top || y > 116 || MathF.Abs(x - 56) > 38 - MathF.Max(0, y - 90) * 0.5f) return null;
        var shade = 1 - 0.25f * MathF.Abs(x - 56) / 38 + 0.04f * MathF.Sin(y * 0.6f);
        return (170 * shade, 200 * shade, 215 * shade);
    });

    /// <summary>Dark lenses with a little glint.</summary>
    public static Picture Sunglasses(Picture photo, FivePoints face) => Paint(photo, face, static (x, y) =>
    {
        var isLens = IsLens(38) || IsLens(74);
        var isFrame = y is > 47 and < 51 && x is > 25 and < 87;
        if (!isLens && !isFrame) return null;
        var glint = (int)(x + y) % 37 < 3 ? 18 : 0;
        return (22 + glint, 22 + glint, 26 + glint);

        bool IsLens(float centre) => MathF.Pow((x - centre) / 15.5f, 2) + MathF.Pow((y - 54) / 11.5f, 2) < 1;
    });

    /// <param name="photo">Is not changed.</param>
    /// <param name="face">Where its face is.</param>
    /// <param name="colourAt">By the place in the aligned face; null leaves the pixel.</param>
    private static Picture Paint(
        Picture photo, FivePoints face, Func<float, float, (float Red, float Green, float Blue)?> colourAt)
    {
        var toPicture = AlignedFace.ToPicture(face);
        var squared = toPicture.Scale * toPicture.Scale;
        var pixels = photo.Pixels.ToArray();
        for (var i = 0; i < photo.Width * photo.Height; i++)
        {
            var (x, y) = (i % photo.Width - toPicture.Tx, i / photo.Width - toPicture.Ty);
            var colour = colourAt(
                (toPicture.A * x + toPicture.B * y) / squared, (toPicture.A * y - toPicture.B * x) / squared);
            if (colour is not { } paint) continue;
            (pixels[i * 3], pixels[i * 3 + 1], pixels[i * 3 + 2]) =
                ((byte)paint.Red, (byte)paint.Green, (byte)paint.Blue);
        }
        return new Picture(photo.Width, photo.Height, pixels);
    }
}
