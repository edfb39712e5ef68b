using SightPay.Server.Stations;
using SightPay.Tests.Support;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>A photo as a camera shows its scene.</summary>
public sealed class SimulatedCameraTests
{
    [Fact]
    public void No_frame_is_like_another_and_each_is_nearly_the_photo()
    {
        var scene = new DrawnCar("ABC 1234").Draw(320, 180);
        var photo = PictureCodec.EncodeJpeg(scene, 90);
        var film = SimulatedCamera.Film(photo, 6).ToArray();
        Assert.Equal(6, film.Select(Convert.ToBase64String).Distinct().Count());
        Assert.Equal(film, SimulatedCamera.Film(photo, 6));
        foreach (var frame in film)
        {
            var picture = PictureCodec.Decode(frame, new PictureLimits());
            Assert.Equal((320, 180), (picture.Width, picture.Height));
            var apart = 0L;
            for (var i = 0; i < picture.Pixels.Length; i++) apart += Math.Abs(picture.Pixels[i] - scene.Pixels[i]);
            Assert.InRange(apart / (double)picture.Pixels.Length, 1, 25);
        }
    }

    [Fact]
    public void What_is_no_picture_is_shown_once_as_it_is()
    {
        var file = "no picture"u8.ToArray();
        Assert.Same(file, Assert.Single(SimulatedCamera.Film(file, 5)));
    }
}
