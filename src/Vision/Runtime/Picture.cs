namespace SightPay.Vision.Runtime;

/// <summary>
/// A decoded picture: 8-bit RGB, upright, row by row without padding. Nobody changes it once decoded.
/// </summary>
public sealed class Picture
{
    private readonly byte[] _pixels;

    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="pixels">width * height * 3 bytes, RGB; the picture takes the array over.</param>
    public Picture(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.Length != checked(width * height * 3))
            throw new ArgumentException("A picture needs width * height * 3 bytes.", nameof(pixels));
        (Width, Height, _pixels) = (width, height, pixels);
    }

    public int Width { get; }
    public int Height { get; }
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>Size only: pixels never reach a log.</summary>
    public override string ToString() => $"Picture {Width}x{Height}";
}

/// <summary>Why bytes did not become a picture.</summary>
public enum PictureFault
{
    /// <summary>Not JPEG, PNG or WebP, or damaged.</summary>
    NotAPicture,

    /// <summary>Ends too early.</summary>
    Truncated,

    /// <summary>More pixels, or a longer side, than the limit allows.</summary>
    TooLarge,
}

/// <summary>The bytes are not a picture we take. The message is fit for the sender to read.</summary>
public sealed class PictureException(PictureFault fault, string message) : Exception(message)
{
    public PictureFault Fault { get; } = fault;
}

/// <param name="PixelsMax">Width times height at most; the header is judged before any pixel is decoded.</param>
/// <param name="SideMax">Longest side at most.</param>
public sealed record PictureLimits(long PixelsMax = 24_000_000, int SideMax = 16_384);
