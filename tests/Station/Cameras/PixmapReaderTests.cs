using System.Text;
using SightPay.Station.Cameras;
using Xunit;

namespace SightPay.Station.Tests.Cameras;

public sealed class PixmapReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Pictures_come_out_whole_however_the_pipe_cuts_them(int piece)
    {
        byte[] sent = [.. Pixmap(3, 2, 10), .. Pixmap(5, 4, 200)];
        var reader = new PixmapReader(new SlowStream(sent, piece));

        Assert.Equal((3, 2), await reader.ReadSizeAsync(default));
        var first = new byte[18];
        Assert.True(await reader.ReadPixelsAsync(first, default));
        Assert.All(first, value => Assert.Equal(10, value));
        Assert.Equal((5, 4), await reader.ReadSizeAsync(default));
        var second = new byte[60];
        Assert.True(await reader.ReadPixelsAsync(second, default));
        Assert.All(second, value => Assert.Equal(200, value));
        Assert.Null(await reader.ReadSizeAsync(default));
    }

    [Theory]
    [InlineData("P5\n3 2\n255\n")]
    [InlineData("P6\n3 2\n65535\n")]
    [InlineData("P6\n0 2\n255\n")]
    [InlineData("P6\n-3 2\n255\n")]
    [InlineData("P6\n30000 30000\n255\n")]
    [InlineData("GIF89a and so on, without any end of the header, until nobody believes it any more")]
    [InlineData("P6\n3")]
    public async Task What_is_no_pixmap_is_refused(string sent)
    {
        var reader = new PixmapReader(new MemoryStream(Encoding.ASCII.GetBytes(sent)));

        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.ReadSizeAsync(default));
    }

    [Fact]
    public async Task A_picture_that_is_cut_off_is_no_picture()
    {
        var reader = new PixmapReader(new MemoryStream(Pixmap(3, 2, 1)[..^1]));

        Assert.NotNull(await reader.ReadSizeAsync(default));
        Assert.False(await reader.ReadPixelsAsync(new byte[18], default));
    }

    private static byte[] Pixmap(int width, int height, byte value) =>
    [
        .. Encoding.ASCII.GetBytes($"P6\n{width} {height}\n255\n"),
        .. Enumerable.Repeat(value, width * height * 3),
    ];

    /// <summary>A pipe gives what it has, never what was asked for.</summary>
    private sealed class SlowStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
