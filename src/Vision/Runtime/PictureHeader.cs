using System.Buffers.Binary;

namespace SightPay.Vision.Runtime;

/// <summary>
/// What a file says about itself before any decoder is trusted with it. Reads nothing but lengths and sizes.
/// </summary>
internal sealed record PictureHeader(string Loader, int Width, int Height)
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    private static ReadOnlySpan<byte> EndOfJpeg => [0xFF, 0xD9];

    /// <summary>Null when this is none of the three formats or its header makes no sense.</summary>
    public static PictureHeader? Read(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length >= 4 && encoded[0] == 0xFF && encoded[1] == 0xD8 && encoded[2] == 0xFF)
            return ReadJpeg(encoded);
        if (encoded.StartsWith(PngSignature))
            return ReadPng(encoded);
        if (encoded.Length >= 12 && encoded.StartsWith("RIFF"u8) && encoded[8..12].SequenceEqual("WEBP"u8))
            return ReadWebp(encoded);
        return null;
    }

    /// <summary>True when the file stops before its own structure says it should.</summary>
    public bool IsTruncated(ReadOnlySpan<byte> encoded) => Loader switch
    {
        "jpegload_buffer" => IsJpegCut(encoded),
        "pngload_buffer" => !HasPngEnd(encoded),
        _ => BinaryPrimitives.ReadUInt32LittleEndian(encoded[4..]) > encoded.Length - 8,
    };

    private static PictureHeader ReadJpeg(ReadOnlySpan<byte> encoded)
    {
        // Without a frame header there is no size; the loader then finds out that the file is cut or damaged.
        var (width, height) = (1, 1);
        var segments = new JpegSegments(encoded);
        while (segments.MoveNext())
        {
            var (marker, start, length) = segments.Current;
            var isFrame = marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
            if (!isFrame || length < 7)
                continue;
            height = Math.Max(1, (int)BinaryPrimitives.ReadUInt16BigEndian(encoded[(start + 3)..]));
            width = Math.Max(1, (int)BinaryPrimitives.ReadUInt16BigEndian(encoded[(start + 5)..]));
            break;
        }
        return new PictureHeader("jpegload_buffer", width, height);
    }

    private static PictureHeader? ReadPng(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length < 24)
            return new PictureHeader("pngload_buffer", 1, 1);
        var width = BinaryPrimitives.ReadUInt32BigEndian(encoded[16..]);
        var height = BinaryPrimitives.ReadUInt32BigEndian(encoded[20..]);
        var isPossible = width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue;
        return isPossible ? new PictureHeader("pngload_buffer", (int)width, (int)height) : null;
    }

    private static PictureHeader ReadWebp(ReadOnlySpan<byte> encoded)
    {
        // Only the extended form can claim more than 16383 squared, and only it has its size in a fixed place.
        if (encoded.Length < 30 || !encoded[12..16].SequenceEqual("VP8X"u8))
            return new PictureHeader("webpload_buffer", 1, 1);
        var width = 1 + (encoded[24] | (encoded[25] << 8) | (encoded[26] << 16));
        var height = 1 + (encoded[27] | (encoded[28] << 8) | (encoded[29] << 16));
        return new PictureHeader("webpload_buffer", width, height);
    }

    /// <summary>
    /// True when the segments run past the file's end, or no end marker follows the first scan (thumbnails in the
    /// metadata have one of their own).
    /// </summary>
    private static bool IsJpegCut(ReadOnlySpan<byte> encoded)
    {
        var segments = new JpegSegments(encoded);
        while (segments.MoveNext())
        {
            var (marker, start, length) = segments.Current;
            if (marker == 0xDA)
                return encoded[(start + length)..].LastIndexOf(EndOfJpeg) < 0;
        }
        return segments.RanOut;
    }

    private static bool HasPngEnd(ReadOnlySpan<byte> encoded)
    {
        long at = PngSignature.Length;
        while (at + 12 <= encoded.Length)
        {
            if (encoded[((int)at + 4)..((int)at + 8)].SequenceEqual("IEND"u8))
                return true;
            at += 12 + (long)BinaryPrimitives.ReadUInt32BigEndian(encoded[(int)at..]);
        }
        return false;
    }

    /// <summary>The segments of a JPEG file up to its first scan, as far as they lie inside the file.</summary>
    private ref struct JpegSegments(ReadOnlySpan<byte> encoded)
    {
        private readonly ReadOnlySpan<byte> _encoded = encoded;
        private int _next = 2;
        private bool _isScan;

        public (int Marker, int Start, int Length) Current { get; private set; }

        /// <summary>True when the file ended where a segment should have gone on.</summary>
        public bool RanOut { get; private set; }

        public bool MoveNext()
        {
            while (!_isScan)
            {
                RanOut = _next + 4 > _encoded.Length;
                if (RanOut || _encoded[_next] != 0xFF)
                    return false;
                var marker = _encoded[_next + 1];
                if (marker is 0xFF or 0x01 or (>= 0xD0 and <= 0xD8))
                {
                    _next += marker == 0xFF ? 1 : 2;
                    continue;
                }
                var start = _next + 2;
                var length = BinaryPrimitives.ReadUInt16BigEndian(_encoded[start..]);
                RanOut = start + length > _encoded.Length;
                if (length < 2 || RanOut)
                    return false;
                (Current, _next, _isScan) = ((marker, start, length), start + length, marker == 0xDA);
                return true;
            }
            return false;
        }
    }
}
