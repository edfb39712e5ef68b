using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Runtime;

public sealed class PictureCodecTests
{
    private static readonly PictureLimits Limits = new();

    [Fact]
    public void Png_and_webp_come_back_as_they_went()
    {
        var picture = DrawnPictures.Gradient(61, 43);
        foreach (var encoded in (byte[][])[PictureCodec.EncodePng(picture), PictureCodec.EncodeWebp(picture)])
        {
            var decoded = PictureCodec.Decode(encoded, Limits);
            Assert.Equal((61, 43), (decoded.Width, decoded.Height));
            Assert.True(decoded.Pixels.SequenceEqual(picture.Pixels));
        }
    }

    [Fact]
    public void Jpeg_comes_back_nearly_as_it_went_and_better_at_a_higher_quality()
    {
        var picture = DrawnPictures.Gradient(128, 96);
        var poor = PictureCodec.EncodeJpeg(picture, 20);
        var good = PictureCodec.EncodeJpeg(picture, 95);
        Assert.True(good.Length > poor.Length);
        var goodDistance = Distance(picture, PictureCodec.Decode(good, Limits));
        Assert.True(goodDistance < 2);
        Assert.True(Distance(picture, PictureCodec.Decode(poor, Limits)) > goodDistance);
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureCodec.EncodeJpeg(picture, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureCodec.EncodeJpeg(picture, 101));
    }

    [Fact]
    public void Encoded_files_carry_no_metadata()
    {
        var jpeg = PictureCodec.EncodeJpeg(DrawnPictures.Gradient(16, 16), 90);
        var decoded = PictureCodec.Decode(DrawnPictures.WithOrientation(jpeg, 3), Limits);
        Assert.Equal(-1, PictureCodec.EncodeJpeg(decoded, 90).AsSpan().IndexOf("Exif"u8));
        Assert.Equal(-1, PictureCodec.EncodePng(decoded).AsSpan().IndexOf("eXIf"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_photo_is_turned_as_its_camera_says(int orientation)
    {
        var stored = DrawnPictures.Gradient(80, 48);
        var jpeg = PictureCodec.EncodeJpeg(stored, 98);
        var plain = PictureCodec.Decode(jpeg, Limits);
        var turned = PictureCodec.Decode(DrawnPictures.WithOrientation(jpeg, orientation), Limits);
        Assert.Equal(orientation >= 5 ? (48, 80) : (80, 48), (turned.Width, turned.Height));
        for (var y = 0; y < turned.Height; y++)
        {
            for (var x = 0; x < turned.Width; x++)
            {
                // Where EXIF says the pixel that belongs here was stored.
                var (storedX, storedY) = orientation switch
                {
                    1 => (x, y),
                    2 => (79 - x, y),
                    3 => (79 - x, 47 - y),
                    4 => (x, 47 - y),
                    5 => (y, x),
                    6 => (y, 47 - x),
                    7 => (79 - y, 47 - x),
                    _ => (79 - y, x),
                };
                Assert.Equal(plain.At(storedX, storedY), turned.At(x, y));
            }
        }
    }

    [Fact]
    public void Every_kind_of_png_becomes_rgb()
    {
        byte[] grey = [0, 100, 255];
        RequirePixels(DrawnPictures.Png(3, 1, 8, 0, grey), (0, 0, 0), (100, 100, 100), (255, 255, 255));
        byte[] deepGrey = [0, 0, 100, 100, 255, 255];
        RequirePixels(DrawnPictures.Png(3, 1, 16, 0, deepGrey), (0, 0, 0), (100, 100, 100), (255, 255, 255));
        byte[] deepColour = [10, 10, 20, 20, 30, 30, 200, 200, 100, 100, 0, 0];
        RequirePixels(DrawnPictures.Png(2, 1, 16, 2, deepColour), (10, 20, 30), (200, 100, 0));
        byte[] clear = [10, 20, 30, 255, 10, 20, 30, 0];
        RequirePixels(DrawnPictures.Png(2, 1, 8, 6, clear), (10, 20, 30), (255, 255, 255));
        byte[] clearGrey = [50, 255, 50, 0];
        RequirePixels(DrawnPictures.Png(2, 1, 8, 4, clearGrey), (50, 50, 50), (255, 255, 255));
        RequirePixels(DrawnPictures.Png(8, 1, 1, 0, [[0b1010_0000]]), (255, 255, 255), (0, 0, 0), (255, 255, 255));
    }

    [Fact]
    public void A_cmyk_jpeg_becomes_rgb()
    {
        var decoded = PictureCodec.Decode(Convert.FromBase64String(CmykJpeg), Limits);
        Assert.Equal((8, 8), (decoded.Width, decoded.Height));
        // Pure cyan ink, whose red differs between colour profiles.
        var (red, green, blue) = decoded.At(4, 4);
        Assert.True(red < 100 && green > 120 && blue > 180, $"{red} {green} {blue}");
    }

    [Fact]
    public void Only_the_first_picture_of_an_animation_is_taken()
    {
        var first = DrawnPictures.Gradient(20, 10);
        var second = new Picture(20, 10, new byte[600]);
        var animation = DrawnPictures.Animation(
            20, 10, PictureCodec.EncodeWebp(first), PictureCodec.EncodeWebp(second));
        var decoded = PictureCodec.Decode(animation, Limits);
        Assert.Equal((20, 10), (decoded.Width, decoded.Height));
        Assert.True(decoded.Pixels.SequenceEqual(first.Pixels));
    }

    [Fact]
    public void Parallel_decodes_never_mix()
    {
        var samples = Enumerable.Range(1, 6)
            .Select(i => File.ReadAllBytes(Path.Combine(EnginePaths.Samples, $"sample{i}.jpg"))).ToArray();
        var expected = samples.Select(sample => PictureCodec.Decode(sample, Limits)).ToArray();
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var decoded = PictureCodec.Decode(samples[i % 6], Limits);
            Assert.True(decoded.Pixels.SequenceEqual(expected[i % 6].Pixels));
            var cut = samples[i % 6][..9999];
            var fault = Assert.Throws<PictureException>(() => PictureCodec.Decode(cut, Limits));
            Assert.Equal(PictureFault.Truncated, fault.Fault);
        });
    }

    private static void RequirePixels(byte[] encoded, params ReadOnlySpan<(int, int, int)> expected)
    {
        var decoded = PictureCodec.Decode(encoded, Limits);
        for (var x = 0; x < expected.Length; x++)
            Assert.Equal(expected[x], decoded.At(x, 0));
    }

    private static double Distance(Picture a, Picture b)
    {
        double sum = 0;
        for (var i = 0; i < a.Pixels.Length; i++)
            sum += Math.Abs(a.Pixels[i] - b.Pixels[i]);
        return sum / a.Pixels.Length;
    }

    /// <summary>Eight by eight pixels of cyan ink in an Adobe CMYK file.</summary>
    private const string CmykJpeg =
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUV"
        + "FQwPFxgWFBgSFBUU/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIB"
        + "AwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZH"
        + "SElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV"
        + "1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD8qq/VOv1Tr9U6/9k=";
}
