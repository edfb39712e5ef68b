using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Tests.Support;

/// <summary>How a face is shown to the camera: where, how large, in what light.</summary>
/// <param name="FaceWidth">Width of the face's box on the canvas, in pixels.</param>
/// <param name="CentreX">Of the face, 0..1 of the canvas.</param>
/// <param name="CentreY">Of the face, 0..1 of the canvas.</param>
/// <param name="Margin">How much of the surroundings is cut out with the face, in face widths on each side.</param>
/// <param name="Gain">Brightness factor.</param>
/// <param name="LightFromLeft">Extra brightness at the left edge that fades to less at the right, as a share.</param>
public sealed record Look(
    float FaceWidth, float CentreX = 0.5f, float CentreY = 0.5f, float Margin = 0.35f, float Gain = 1,
    float LightFromLeft = 0);

/// <summary>Somebody in a group picture: the face nearest to this point.</summary>
public sealed record SamplePerson(string Picture, int X, int Y);

/// <summary>
/// Photographs made at run time: a face is cut out of a group picture of a restored package and set before a drawn
/// background. Nothing of it is kept.
/// </summary>
public sealed class SampleFaces : IDisposable
{
    // Well below what one person's photographs reach and above what two people's do.
    private const float StrangersMax = 0.6f;

    private readonly FacePipeline _pipeline = FacePipeline.Open(EnginePaths.StandardPack);

    public static SamplePerson Asha { get; } = new("sample6.jpg", 1590, 435);
    public static SamplePerson Ravi { get; } = new("sample6.jpg", 350, 645);

    /// <summary>Close to the camera, in even light.</summary>
    public static Look AtHome { get; } = new(230);

    /// <summary>Further away, off the centre, darker and lit from one side.</summary>
    public static Look AtTheGate { get; } = new(180, 0.45f, 0.52f, 0.25f, 0.8f, 0.4f);

    public Picture Draw(SamplePerson person, Look look, int width = 640, int height = 480)
    {
        var (group, box) = Find(person);
        return Draw(group, box, look, width, height);
    }

    /// <summary>Several people before the same wall; who comes later stands in front.</summary>
    public Picture Draw(IEnumerable<(SamplePerson Person, Look Look)> people, int width = 640, int height = 480)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Wall(i / 3 % width, i / 3 / width, i % 3);
        foreach (var (person, look) in people)
        {
            var (group, box) = Find(person);
            AddTo(pixels, group, box, look, width, height);
        }
        return new Picture(width, height, pixels);
    }

    /// <summary>The same as a JPEG.</summary>
    public byte[] Photo(IEnumerable<(SamplePerson Person, Look Look)> people, int width = 640, int height = 480) =>
        PictureCodec.EncodeJpeg(Draw(people, width, height), 92);

    /// <summary>The same as a JPEG.</summary>
    public byte[] Photo(SamplePerson person, Look look, int width = 640, int height = 480) =>
        PictureCodec.EncodeJpeg(Draw(person, look, width, height), 92);

    /// <summary>
    /// Everybody in the group pictures who is fit to be enrolled, each once: some people stand in several of them.
    /// </summary>
    public IReadOnlyList<SamplePerson> Everybody()
    {
        var known = new List<(SamplePerson Person, FaceTemplate Template)>();
        foreach (var file in Directory.EnumerateFiles(EnginePaths.Samples, "sample*.jpg").Order())
        {
            var group = PictureCodec.Decode(File.ReadAllBytes(file), new());
            foreach (var box in _pipeline.Read(group, FaceDemand.Recognise).Boxes)
            {
                var face = Read(Draw(group, box, AtHome, 640, 480)).Target;
                var again = _pipeline.Read(Draw(group, box, AtTheGate, 640, 480), FaceDemand.Recognise).Target;
                if (face?.Template is not { } template || again?.Template is null) continue;
                if (known.Any(one => FacePipeline.Similarity(one.Template, template) > StrangersMax)) continue;
                var centre = ((int)(box.X + box.Width / 2), (int)(box.Y + box.Height / 2));
                known.Add((new SamplePerson(Path.GetFileName(file), centre.Item1, centre.Item2), template));
            }
        }
        return [.. known.Select(one => one.Person)];
    }

    /// <summary>Two people side by side, equally large.</summary>
    public byte[] PhotoOfTwo(SamplePerson left, SamplePerson right)
    {
        var (a, b) = (Draw(left, AtHome, 480, 480), Draw(right, AtHome, 480, 480));
        var pixels = new byte[960 * 480 * 3];
        for (var y = 0; y < 480; y++)
        {
            a.Pixels.Slice(y * 480 * 3, 480 * 3).CopyTo(pixels.AsSpan(y * 960 * 3));
            b.Pixels.Slice(y * 480 * 3, 480 * 3).CopyTo(pixels.AsSpan((y * 960 + 480) * 3));
        }
        return PictureCodec.EncodeJpeg(new Picture(960, 480, pixels), 92);
    }

    /// <summary>The wall without anybody.</summary>
    public static byte[] PhotoOfNobody()
    {
        var pixels = new byte[640 * 480 * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)Wall(i / 3 % 640, i / 3 / 640, i % 3);
        return PictureCodec.EncodeJpeg(new Picture(640, 480, pixels), 92);
    }

    /// <summary>Two seconds in which the person hardly moves and the light flickers a little.</summary>
    public IEnumerable<Picture> Film(SamplePerson person, Look look) =>
        Enumerable.Range(0, 60).Select(frame => Draw(person, look with
        {
            CentreX = look.CentreX + 0.002f * MathF.Sin(frame),
            Gain = look.Gain * (1 + 0.01f * MathF.Cos(frame)),
        }));

    /// <summary>What the pipeline makes of a picture.</summary>
    public FaceReading Read(Picture picture) => _pipeline.Read(picture, FaceDemand.Enrol);

    public void Dispose() => _pipeline.Dispose();

    private (Picture Group, FaceBox Box) Find(SamplePerson person)
    {
        var group = PictureCodec.Decode(File.ReadAllBytes(Path.Combine(EnginePaths.Samples, person.Picture)), new());
        return (group, _pipeline.Read(group, FaceDemand.Recognise).Boxes.MinBy(box =>
            MathF.Abs(box.X + box.Width / 2 - person.X) + MathF.Abs(box.Y + box.Height / 2 - person.Y)));
    }

    private static Picture Draw(Picture group, FaceBox box, Look look, int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var colour = 0; colour < 3; colour++)
                    pixels[(y * width + x) * 3 + colour] =
                        (byte)Math.Clamp(Wall(x, y, colour) * Light(look, x, width), 0, 255);
        AddTo(pixels, group, box, look, width, height);
        return new Picture(width, height, pixels);
    }

    private static float Light(Look look, int x, int width) =>
        look.Gain * (1 + look.LightFromLeft * (0.5f - (float)x / width));

    private static void AddTo(byte[] pixels, Picture group, FaceBox box, Look look, int width, int height)
    {
        var scale = box.Width / look.FaceWidth;
        var (faceX, faceY) = (box.X + box.Width / 2, box.Y + box.Height / 2);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var (sourceX, sourceY) = (
                    faceX + (x - look.CentreX * width) * scale, faceY + (y - look.CentreY * height) * scale);
                var share = Share(sourceX - faceX, sourceY - faceY, box, look.Margin);
                if (share <= 0) continue;
                for (var colour = 0; colour < 3; colour++)
                {
                    ref var pixel = ref pixels[(y * width + x) * 3 + colour];
                    var face = Sample(group, sourceX, sourceY, colour) * Light(look, x, width);
                    pixel = (byte)Math.Clamp(face * share + pixel * (1 - share), 0, 255);
                }
            }
    }

    /// <summary>1 inside an ellipse around the face, 0 outside, soft between: neighbours stay out.</summary>
    private static float Share(float dx, float dy, FaceBox box, float margin)
    {
        var (radiusX, radiusY) = (box.Width * (0.5f + margin), box.Height * (0.5f + margin));
        var distance = MathF.Sqrt(dx * dx / (radiusX * radiusX) + dy * dy / (radiusY * radiusY));
        return Math.Clamp((1 - distance) / 0.12f, 0, 1);
    }

    /// <summary>A plain wall with a little structure, so that the picture is not flat.</summary>
    private static float Wall(int x, int y, int colour) =>
        150 + 12 * MathF.Sin(x * 0.05f + colour) + 12 * MathF.Cos(y * 0.04f);

    /// <summary>Between the pixels; beyond the edge the picture goes on as it is there.</summary>
    internal static float Sample(Picture picture, float x, float y, int colour)
    {
        var (left, top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (fx, fy) = (x - left, y - top);
        float At(int column, int row) => picture.Pixels[
            (Math.Clamp(row, 0, picture.Height - 1) * picture.Width + Math.Clamp(column, 0, picture.Width - 1)) * 3
            + colour];
        return At(left, top) * (1 - fx) * (1 - fy) + At(left + 1, top) * fx * (1 - fy)
            + At(left, top + 1) * (1 - fx) * fy + At(left + 1, top + 1) * fx * fy;
    }
}
