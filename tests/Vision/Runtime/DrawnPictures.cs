using System.Buffers.Binary;
using System.IO.Compression;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Tests.Runtime;

/// <summary>Pictures and files made by the tests themselves.</summary>
internal static class DrawnPictures
{
    /// <summary>Smooth colours, different in every corner, so that JPEG keeps them and a turn shows.</summary>
    public static Picture Gradient(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = ((y * width) + x) * 3;
                pixels[at] = (byte)(40 + (170 * x / width));
                pixels[at + 1] = (byte)(40 + (170 * y / height));
                pixels[at + 2] = (byte)(200 - (150 * (x + y) / (width + height)));
            }
        }
        return new Picture(width, height, pixels);
    }

    public static (int Red, int Green, int Blue) At(this Picture picture, int x, int y)
    {
        var at = ((y * picture.Width) + x) * 3;
        return (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
    }

    /// <summary>A JPEG with the orientation written where cameras write it.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1,
            0, (byte)orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }

    /// <summary>A PNG of any kind from its rows, each of them without the filter byte.</summary>
    public static byte[] Png(int width, int height, int bits, int colourType, params ReadOnlySpan<byte[]> rows)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)bits, (byte)colourType);
        var filtered = new List<byte>();
        foreach (var row in rows)
            filtered.AddRange([0, .. row]);
        return
        [
            0x89, .. "PNG\r\n"u8, 26, 10, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, Packed([.. filtered])),
            .. Chunk("IEND"u8, []),
        ];
    }

    /// <summary>A PNG with a colour profile that unpacks to a given length.</summary>
    public static byte[] WithProfile(byte[] png, int unpackedBytes)
    {
        const int afterHeader = 8 + 25;
        var profile = Chunk("iCCP"u8, [.. "x"u8, 0, 0, .. Packed(new byte[unpackedBytes])]);
        return [.. png[..afterHeader], .. profile, .. png[afterHeader..]];
    }

    /// <summary>A progressive JPEG whose last scan comes many times over.</summary>
    public static unsafe byte[] WithScans(int count)
    {
        var picture = Gradient(256, 256);
        byte[] jpeg;
        fixed (byte* pixels = picture.Pixels)
        {
            using var image = VipsImage.Over(pixels, picture.Width, picture.Height);
            jpeg = image.Save("jpegsave_buffer", "interlace", "true");
        }
        var last = jpeg.AsSpan().LastIndexOf((byte[])[0xFF, 0xDA]);
        var scans = Enumerable.Repeat(jpeg[last..^2], count).SelectMany(scan => scan);
        return [.. jpeg[..last], .. scans, 0xFF, 0xD9];
    }

    private static byte[] Packed(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>An animated WebP whose first and second picture are given as lossless files.</summary>
    public static byte[] Animation(int width, int height, byte[] first, byte[] second)
    {
        byte[] canvas = [2, 0, 0, 0, .. Int24(width - 1), .. Int24(height - 1)];
        byte[] body =
        [
            .. "WEBP"u8, .. Part("VP8X"u8, canvas), .. Part("ANIM"u8, [0, 0, 0, 0, 0, 0]),
            .. Part("ANMF"u8, [.. Frame(width, height), .. first[12..]]),
            .. Part("ANMF"u8, [.. Frame(width, height), .. second[12..]]),
        ];
        return [.. "RIFF"u8, .. Int32(body.Length), .. body];
    }

    private static byte[] Frame(int width, int height) =>
        [0, 0, 0, 0, 0, 0, .. Int24(width - 1), .. Int24(height - 1), 100, 0, 0, 0];

    private static byte[] Part(ReadOnlySpan<byte> name, byte[] data) =>
        data.Length % 2 == 0 ? [.. name, .. Int32(data.Length), .. data] : [.. name, .. Int32(data.Length), .. data, 0];

    private static byte[] Int24(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];

    private static byte[] Int32(int value) => [.. Int24(value), (byte)(value >> 24)];

    private static byte[] Chunk(ReadOnlySpan<byte> name, byte[] data)
    {
        byte[] body = [.. name, .. data];
        var crc = 0xFFFFFFFFu;
        foreach (var value in body)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
        }
        var bytes = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(bytes, data.Length);
        body.CopyTo(bytes, 4);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(body.Length + 4), ~crc);
        return bytes;
    }
}
