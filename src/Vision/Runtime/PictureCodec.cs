namespace SightPay.Vision.Runtime;

/// <summary>JPEG, PNG and WebP through libvips, hardened for hostile input.</summary>
public static class PictureCodec
{
    /// <summary>Decodes to 8-bit RGB and turns the picture upright by its EXIF orientation.</summary>
    /// <exception cref="PictureException">Not a picture, truncated or too large.</exception>
    public static Picture Decode(ReadOnlySpan<byte> encoded, PictureLimits limits) =>
        throw new NotImplementedException();

    /// <summary>Encodes as JPEG without metadata.</summary>
    /// <param name="quality">1 to 100.</param>
    public static byte[] EncodeJpeg(Picture picture, int quality) => throw new NotImplementedException();

    /// <summary>Encodes as PNG without metadata.</summary>
    public static byte[] EncodePng(Picture picture) => throw new NotImplementedException();
}
