using System.Globalization;

namespace SightPay.Vision.Runtime;

/// <summary>JPEG, PNG and WebP through libvips, hardened for hostile input.</summary>
public static unsafe class PictureCodec
{
    /// <summary>Decodes to 8-bit RGB and turns the picture upright by its EXIF orientation.</summary>
    /// <exception cref="PictureException">Not a picture, truncated or too large.</exception>
    public static Picture Decode(ReadOnlySpan<byte> encoded, PictureLimits limits)
    {
        var header = PictureHeader.Read(encoded)
            ?? throw new PictureException(
                PictureFault.NotAPicture, "This is not a picture. Send a JPEG, PNG or WebP file.");
        // Judged by our own reading of the header too, so that no decoder sees a file that is refused anyway.
        RequireSize(header.Width, header.Height, limits);
        try
        {
            fixed (byte* bytes = encoded)
            {
                using var image = VipsImage.Load(header.Loader, bytes, encoded.Length);
                RequireSize(image.Width, image.Height, limits);
                var orientation = image.Orientation;
                image.ToRgb();
                var (width, height) = (image.Width, image.Height);
                return Upright.Turn(image.Pixels(), width, height, orientation);
            }
        }
        catch (VipsException)
        {
            // The file itself is asked what is wrong with it.
            throw header.IsTruncated(encoded)
                ? new PictureException(PictureFault.Truncated, "The picture ends too early. Send the whole file.")
                : new PictureException(PictureFault.NotAPicture, "The picture is damaged. Send another one.");
        }
    }

    /// <summary>Encodes as JPEG without metadata.</summary>
    /// <param name="quality">1 to 100.</param>
    public static byte[] EncodeJpeg(Picture picture, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(
            picture, "jpegsave_buffer", "Q", quality.ToString(CultureInfo.InvariantCulture), "keep", "none");
    }

    /// <summary>Encodes as PNG without metadata.</summary>
    public static byte[] EncodePng(Picture picture) => Encode(picture, "pngsave_buffer", "keep", "none");

    /// <summary>Encodes as WebP without loss; slow, so only for making test files.</summary>
    internal static byte[] EncodeWebp(Picture picture) =>
        Encode(picture, "webpsave_buffer", "lossless", "true", "keep", "none");

    private static byte[] Encode(Picture picture, string saver, params ReadOnlySpan<string> options)
    {
        fixed (byte* pixels = picture.Pixels)
        {
            using var image = VipsImage.Over(pixels, picture.Width, picture.Height);
            return image.Save(saver, options);
        }
    }

    private static void RequireSize(int width, int height, PictureLimits limits)
    {
        if ((long)width * height <= limits.PixelsMax && Math.Max(width, height) <= limits.SideMax)
            return;
        throw new PictureException(
            PictureFault.TooLarge,
            $"The picture has {width} x {height} pixels. Send one with at most {limits.PixelsMax} pixels and no side "
            + $"longer than {limits.SideMax}.");
    }
}
