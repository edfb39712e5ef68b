using System.Buffers.Text;

namespace SightPay.Station.Cameras;

/// <summary>
/// Reads binary portable pixmaps (P6, 8 bits a channel), one after the other, from a pipe. Each says its own size, so a
/// camera may change its picture's size in mid-stream.
/// </summary>
internal sealed class PixmapReader(Stream pipe)
{
    /// <summary>A pipe that claims more than this is not a camera's.</summary>
    private const int PixelsMax = 24_000_000;
    private const int HeaderMax = 64;

    private readonly byte[] _header = new byte[HeaderMax];

    /// <summary>Reads the next header; the pixels follow with <see cref="ReadPixelsAsync"/>.</summary>
    /// <returns>Null at the end of the pipe.</returns>
    /// <exception cref="InvalidDataException">What comes is no pixmap.</exception>
    public async ValueTask<(int Width, int Height)?> ReadSizeAsync(CancellationToken ct)
    {
        // "P6", width, height and 255, each followed by one white space. Byte by byte: the pixels begin right behind.
        var (length, spaces) = (0, 0);
        while (spaces < 4)
        {
            if (length == HeaderMax) throw new InvalidDataException("The header of a pixmap does not end.");
            if (await pipe.ReadAsync(_header.AsMemory(length, 1), ct) == 0)
                return length == 0 ? null : throw new InvalidDataException("The pipe ended within a header.");
            if (_header[length++] is (byte)' ' or (byte)'\n') spaces++;
        }
        return Parse(_header.AsSpan(0, length));
    }

    /// <param name="pixels">Width * height * 3 bytes, RGB.</param>
    /// <returns>False when the pipe ended within the picture.</returns>
    public async ValueTask<bool> ReadPixelsAsync(Memory<byte> pixels, CancellationToken ct) =>
        await pipe.ReadAtLeastAsync(pixels, pixels.Length, throwOnEndOfStream: false, ct) == pixels.Length;

    private static (int, int) Parse(ReadOnlySpan<byte> header)
    {
        if (header is [(byte)'P', (byte)'6', _, .. var rest]
            && Utf8Parser.TryParse(rest, out int width, out var used)
            && Utf8Parser.TryParse(rest[(used + 1)..], out int height, out var usedToo)
            && Utf8Parser.TryParse(rest[(used + usedToo + 2)..], out int most, out _)
            && most == 255 && width > 0 && height > 0 && (long)width * height <= PixelsMax)
            return (width, height);
        throw new InvalidDataException("What the camera's pipe brings is no pixmap of 8 bits a channel.");
    }
}
