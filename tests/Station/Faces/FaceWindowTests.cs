using SightPay.Station.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Station.Tests.Faces;

public sealed class FaceWindowTests
{
    private const int Width = 640, Height = 480;

    private readonly ManualClock _clock = new();
    private readonly Picture _picture = Gradient();

    [Theory]
    [InlineData(280, 200, 80)]
    [InlineData(100, 50, 60)]
    [InlineData(500, 300, 90)]
    [InlineData(0, 0, 50)]
    public void The_part_holds_the_face_with_room_and_keeps_the_middle(int x, int y, int side)
    {
        var part = new FaceWindow(_clock).Cut(_picture, [new(x, y, side, side, 1)])!;

        // The gradient says where a pixel was: red counts columns, green rows.
        var (left, top) = (ColumnOf(part, 0), part.Pixels[1]);
        Assert.Equal(Width - 2 * left, part.Width);
        Assert.True(left <= Math.Max(0, x - side) + 1 && top <= Math.Max(0, y - side) + 1);
        Assert.True(left + part.Width >= Math.Min(Width, x + 2 * side) - 1);
        Assert.True(top + part.Height >= Math.Min(Height, y + 2 * side) - 1);
    }

    [Fact]
    public void Bystanders_are_sent_too_so_that_the_server_can_see_that_there_are_two()
    {
        var alone = new FaceWindow(_clock).Cut(_picture, [new(290, 200, 60, 60, 1)])!;
        var both = new FaceWindow(_clock).Cut(_picture, [new(290, 200, 60, 60, 1), new(480, 200, 60, 60, 1)])!;

        Assert.True(both.Width > alone.Width);
        Assert.True(ColumnOf(both, 0) + both.Width >= 540);
    }

    [Fact]
    public void While_somebody_is_there_the_part_only_grows_so_that_a_face_can_be_followed()
    {
        var window = new FaceWindow(_clock);
        var wide = window.Cut(_picture, [new(480, 200, 60, 60, 1)])!;
        _clock.Advance(TimeSpan.FromSeconds(1));

        var then = window.Cut(_picture, [new(290, 210, 60, 60, 1)])!;

        Assert.Equal(wide.Width, then.Width);
        Assert.True(then.Height >= wide.Height);
    }

    [Fact]
    public void Who_comes_next_has_a_part_of_their_own()
    {
        var window = new FaceWindow(_clock);
        var wide = window.Cut(_picture, [new(480, 200, 60, 60, 1)])!;
        _clock.Advance(TimeSpan.FromSeconds(2));

        var next = window.Cut(_picture, [new(290, 200, 60, 60, 1)])!;

        Assert.True(next.Width < wide.Width);
    }

    [Fact]
    public void Without_a_face_nothing_is_sent() => Assert.Null(new FaceWindow(_clock).Cut(_picture, []));

    private static int ColumnOf(Picture part, int pixel) => part.Pixels[pixel * 3] + part.Pixels[pixel * 3 + 2] * 256;

    private static Picture Gradient()
    {
        var pixels = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
            {
                var at = (y * Width + x) * 3;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = ((byte)x, (byte)y, (byte)(x >> 8));
            }
        return new(Width, Height, pixels);
    }
}
