using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Tests.Faces;

/// <summary>One pipeline for all face tests, the group pictures, and changes made to pictures.</summary>
public class FaceBed : IDisposable
{
    private static readonly Lazy<FacePipeline> Cutter = new(
        () => FacePipeline.Open(EnginePaths.StandardPack, threads: 1));

    private readonly Lazy<FacePipeline> _pipeline;

    public FaceBed() => _pipeline = new(Open);

    /// <summary>Skips the test by name where the pack's files are not there.</summary>
    public FacePipeline Pipeline => _pipeline.Value;

    protected virtual FacePipeline Open() => FacePipeline.Open(EnginePaths.StandardPack, threads: 1);

    public static Picture Sample(int number) =>
        Decode(Path.Combine(EnginePaths.Samples, $"sample{number}.jpg"));

    public static Picture Decode(string path) => PictureCodec.Decode(File.ReadAllBytes(path), new PictureLimits());

    /// <summary>A face cut out of a group picture with as much around it again; the same one for every pack.</summary>
    public Picture CutFace(int sample, int face)
    {
        var group = Sample(sample);
        var box = Cutter.Value.Read(group, FaceDemand.Recognise).Boxes[face];
        return Crop(
            group, (int)(box.X - box.Width / 2), (int)(box.Y - box.Height / 2), (int)(box.Width * 2),
            (int)(box.Height * 2));
    }

    public static Picture Crop(Picture picture, int x, int y, int width, int height)
    {
        var (left, top) = (Math.Max(0, x), Math.Max(0, y));
        (width, height) = (Math.Min(x + width, picture.Width) - left, Math.Min(y + height, picture.Height) - top);
        var pixels = new byte[width * height * 3];
        for (var row = 0; row < height; row++)
            picture.Pixels.Slice(((top + row) * picture.Width + left) * 3, width * 3)
                .CopyTo(pixels.AsSpan(row * width * 3));
        return new(width, height, pixels);
    }

    /// <summary>Puts a picture onto grey at a place.</summary>
    public static Picture Place(Picture picture, int width, int height, int x, int y)
    {
        var pixels = new byte[width * height * 3];
        pixels.AsSpan().Fill(110);
        for (var row = 0; row < picture.Height; row++)
            picture.Pixels.Slice(row * picture.Width * 3, picture.Width * 3)
                .CopyTo(pixels.AsSpan(((y + row) * width + x) * 3));
        return new(width, height, pixels);
    }

    /// <summary>Makes every pixel of a new picture from nine places in the old one.</summary>
    public static Picture Sampled(Picture picture, int width, int height, Func<float, float, (float X, float Y)> from)
    {
        const int fine = 3;
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            var (red, green, blue) = (0, 0, 0);
            for (var part = 0; part < fine * fine; part++)
            {
                var (x, y) = from(
                    i % width + (part % fine + 0.5f) / fine, i / width + (part / fine + 0.5f) / fine);
                var at = (Math.Clamp((int)y, 0, picture.Height - 1) * picture.Width
                    + Math.Clamp((int)x, 0, picture.Width - 1)) * 3;
                red += picture.Pixels[at];
                green += picture.Pixels[at + 1];
                blue += picture.Pixels[at + 2];
            }
            pixels[i * 3] = (byte)(red / fine / fine);
            pixels[i * 3 + 1] = (byte)(green / fine / fine);
            pixels[i * 3 + 2] = (byte)(blue / fine / fine);
        }
        return new(width, height, pixels);
    }

    public static Picture Scaled(Picture picture, float scale) => Sampled(
        picture, (int)(picture.Width * scale), (int)(picture.Height * scale), (x, y) => (x / scale, y / scale));

    public static Picture Turned(Picture picture, float degrees)
    {
        var (sin, cos) = MathF.SinCos(degrees * MathF.PI / 180);
        var (middleX, middleY) = (picture.Width / 2f, picture.Height / 2f);
        return Sampled(picture, picture.Width, picture.Height, (x, y) => (
            middleX + cos * (x - middleX) - sin * (y - middleY), middleY + sin * (x - middleX) + cos * (y - middleY)));
    }

    public static Picture Mirrored(Picture picture) =>
        Sampled(picture, picture.Width, picture.Height, (x, y) => (picture.Width - x, y));

    public static Picture Lit(Picture picture, Func<float, float> light)
    {
        var pixels = new byte[picture.Pixels.Length];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Clamp(light(picture.Pixels[i]), 0, 255);
        return new(picture.Width, picture.Height, pixels);
    }

    /// <summary>Averaged twice over 2 * radius + 1 pixels: what a lens out of focus leaves.</summary>
    public static Picture Blurred(Picture picture, int radius)
    {
        var once = BlurredOnce(picture, radius, 1, 0);
        once = BlurredOnce(once, radius, 0, 1);
        once = BlurredOnce(once, radius, 1, 0);
        return BlurredOnce(once, radius, 0, 1);
    }

    private static Picture BlurredOnce(Picture picture, int radius, int stepX, int stepY)
    {
        var pixels = new byte[picture.Pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, sum) = (i / 3 % picture.Width, i / 3 / picture.Width, 0);
            for (var d = -radius; d <= radius; d++)
            {
                var column = Math.Clamp(x + d * stepX, 0, picture.Width - 1);
                var row = Math.Clamp(y + d * stepY, 0, picture.Height - 1);
                sum += picture.Pixels[(row * picture.Width + column) * 3 + i % 3];
            }
            pixels[i] = (byte)(sum / (2 * radius + 1));
        }
        return new(picture.Width, picture.Height, pixels);
    }

    public virtual void Dispose()
    {
        if (_pipeline.IsValueCreated) _pipeline.Value.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same with the precise pack, installed for these tests from the files beside the repository.</summary>
public sealed class PreciseFaceBed : FaceBed
{
    private readonly TemporaryFolder _packs = new();

    protected override FacePipeline Open() =>
        FacePipeline.Open(SharedFolder.InstallPrecise(_packs.Path), threads: 1);

    public override void Dispose()
    {
        base.Dispose();
        _packs.Dispose();
    }
}
