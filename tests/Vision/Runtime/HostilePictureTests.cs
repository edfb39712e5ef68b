using System.Diagnostics;
using System.Text;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Runtime;

/// <summary>What people send who mean no good, or whose phone lost half of it.</summary>
public sealed class HostilePictureTests
{
    private static readonly PictureLimits Limits = new();

    [Fact]
    public void A_claim_of_too_many_pixels_is_refused_by_the_header()
    {
        byte[][] claims =
        [
            JpegClaiming(14_200, 14_200),
            JpegClaiming(65_280, 65_280),
            DrawnPictures.Png(14_200, 14_200, 8, 2, [new byte[100]]),
            DrawnPictures.Png(60_000, 60_000, 8, 2, [new byte[100]]),
            DrawnPictures.Png(int.MaxValue, int.MaxValue, 16, 6, [new byte[100]]),
            DrawnPictures.Animation(16_000, 16_000, new byte[20], new byte[20]),
        ];
        foreach (var claim in claims)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            Assert.Equal(PictureFault.TooLarge, FaultOf(claim));
            Assert.True(watch.ElapsedMilliseconds < 500, $"{watch.ElapsedMilliseconds} ms");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
        }
    }

    [Fact]
    public void The_limits_hold_at_their_edge()
    {
        var wide = PictureCodec.EncodePng(DrawnPictures.Gradient(200, 10));
        Assert.Equal(200, PictureCodec.Decode(wide, new PictureLimits(2000, 200)).Width);
        Assert.Equal(PictureFault.TooLarge, FaultOf(wide, new PictureLimits(1999, 200)));
        Assert.Equal(PictureFault.TooLarge, FaultOf(wide, new PictureLimits(2000, 199)));
        var webp = PictureCodec.EncodeWebp(DrawnPictures.Gradient(200, 10));
        Assert.Equal(PictureFault.TooLarge, FaultOf(webp, new PictureLimits(1999, 200)));
        var jpeg = PictureCodec.EncodeJpeg(DrawnPictures.Gradient(200, 10), 80);
        Assert.Equal(PictureFault.TooLarge, FaultOf(jpeg, new PictureLimits(1999, 200)));
    }

    [Fact]
    public void What_is_no_picture_is_refused_as_such()
    {
        var random = new Random(20261120);
        var noise = new byte[50_000];
        random.NextBytes(noise);
        byte[][] files =
        [
            [],
            [0xFF],
            [0xFF, 0xD8, 0xFF],
            [0xFF, 0xD8, 0xFF, .. noise],
            noise,
            Encoding.UTF8.GetBytes("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
            [
                .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0,
                2, 2, 0x44, 1, 0, 0x3B,
            ],
            [.. "BM"u8, .. new byte[100]],
            [.. "II*\0"u8, .. new byte[100]],
            [.. "%PDF-1.7"u8, .. new byte[100]],
            Encoding.UTF8.GetBytes("P6 1 1 255 abc"),
        ];
        foreach (var file in files)
            Assert.Equal(PictureFault.NotAPicture, FaultOf(file));
    }

    [Fact]
    public void A_file_that_ends_too_early_is_told_from_a_damaged_one()
    {
        var picture = DrawnPictures.Gradient(300, 200);
        foreach (var whole in (byte[][])[
            PictureCodec.EncodeJpeg(picture, 90), PictureCodec.EncodePng(picture), PictureCodec.EncodeWebp(picture),
            DrawnPictures.WithOrientation(PictureCodec.EncodeJpeg(picture, 90), 6)])
        {
            foreach (var share in (double[])[0.1, 0.5, 0.9])
            {
                var cut = whole[..(int)(whole.Length * share)];
                Assert.Equal(PictureFault.Truncated, FaultOf(cut));
            }
        }
    }

    [Fact]
    public void Small_files_that_mean_much_work_end_soon()
    {
        var png = PictureCodec.EncodePng(DrawnPictures.Gradient(16, 16));
        byte[][] files =
        [
            DrawnPictures.WithScans(5000),
            DrawnPictures.WithProfile(png, 400_000_000),
            PictureCodec.EncodePng(new Picture(4800, 5000, new byte[72_000_000])),
        ];
        foreach (var file in files)
        {
            var watch = Stopwatch.StartNew();
            try
            {
                Assert.True(PictureCodec.Decode(file, Limits).Width > 0);
            }
            catch (PictureException fault)
            {
                Assert.Equal(PictureFault.NotAPicture, fault.Fault);
            }
            Assert.True(watch.ElapsedMilliseconds < 8000, $"{file.Length} bytes: {watch.ElapsedMilliseconds} ms");
        }
    }

    [Fact]
    public void Messages_are_fit_for_the_sender()
    {
        var sample = File.ReadAllBytes(Path.Combine(EnginePaths.Samples, "sample1.jpg"));
        foreach (var file in (byte[][])[[], sample[..5000], JpegClaiming(60_000, 60_000)])
        {
            var fault = Assert.Throws<PictureException>(() => PictureCodec.Decode(file, Limits));
            Assert.DoesNotContain("vips", fault.Message, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("buffer", fault.Message, StringComparison.OrdinalIgnoreCase);
            Assert.EndsWith(".", fault.Message);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Changed_bytes_never_crash_nor_leak(int seed)
    {
        var random = new Random(seed);
        var picture = DrawnPictures.Gradient(160, 120);
        byte[][] wholes =
        [
            PictureCodec.EncodeJpeg(picture, 85), PictureCodec.EncodePng(picture), PictureCodec.EncodeWebp(picture),
            DrawnPictures.Animation(
                160, 120, PictureCodec.EncodeWebp(picture), PictureCodec.EncodeWebp(DrawnPictures.Gradient(160, 120))),
            DrawnPictures.WithOrientation(PictureCodec.EncodeJpeg(DrawnPictures.Gradient(40, 30), 85), 6),
        ];
        var (decoded, refused) = (0, 0);
        for (var round = 0; round < 200; round++)
        {
            var bytes = (byte[])wholes[round % wholes.Length].Clone();
            for (var change = random.Next(1, 12); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            try
            {
                var result = PictureCodec.Decode(bytes, Limits);
                Assert.Equal(result.Width * result.Height * 3, result.Pixels.Length);
                decoded++;
            }
            catch (PictureException)
            {
                refused++;
            }
        }
        Assert.True(decoded > 0 && refused > 0, $"seed {seed}: {decoded} decoded, {refused} refused");
        // Other tests decode at the same time: what leaked would never fall to nothing.
        for (var wait = 0; Vips.vips_tracked_get_mem() > 0; wait++)
        {
            Assert.True(wait < 600, $"{Vips.vips_tracked_get_mem()} bytes are still held");
            await Task.Delay(100);
        }
    }

    private static PictureFault FaultOf(byte[] encoded, PictureLimits? limits = null) =>
        Assert.Throws<PictureException>(() => PictureCodec.Decode(encoded, limits ?? Limits)).Fault;

    /// <summary>A small JPEG whose frame header claims another size.</summary>
    private static byte[] JpegClaiming(int width, int height)
    {
        var jpeg = PictureCodec.EncodeJpeg(DrawnPictures.Gradient(16, 16), 80);
        var at = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
        (jpeg[at + 5], jpeg[at + 6]) = ((byte)(height >> 8), (byte)height);
        (jpeg[at + 7], jpeg[at + 8]) = ((byte)(width >> 8), (byte)width);
        return jpeg;
    }
}
