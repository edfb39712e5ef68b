using SightPay.Vision.Runtime;

namespace SightPay.Tests.Support;

/// <summary>
/// The rear of a car with a plate, as a camera at a pump sees it: drawn from formulas, so that tests need no photograph
/// of anybody's car. The scene is a plane in metres seen in perspective.
/// </summary>
/// <param name="Plate">What the plate says; a line break makes it a plate of two lines.</param>
public sealed record DrawnCar(string Plate)
{
    private const float PlateHeight = 0.11f;
    private const float PlateWidth = 0.52f;
    private const float TwoLineHeight = 0.2f;
    private const float TwoLineWidth = 0.28f;

    /// <summary>Metres from the middle of the picture to the middle of the car.</summary>
    public float Left { get; init; }

    /// <summary>Pixels of a metre at the middle of the picture, for a picture 1,280 wide: the plate is half of it.
    /// </summary>
    public float MetrePixels { get; init; } = 340;

    /// <summary>Degrees by which the camera looks from the side.</summary>
    public float TurnDegrees { get; init; }

    /// <summary>Degrees by which the camera hangs askew.</summary>
    public float TiltDegrees { get; init; }

    /// <summary>How bright it is: 1 is a clear day, 0.1 a dim night; above 2 the picture is burnt out.</summary>
    public float Light { get; init; } = 1;

    /// <summary>0 is a washed plate; 1 one that nobody can read.</summary>
    public float Dirt { get; init; }

    /// <summary>Red, green and blue of the body, 0..1.</summary>
    public (float Red, float Green, float Blue) Body { get; init; } = (0.2f, 0.32f, 0.5f);

    /// <summary>The blue band with a country's letter at the plate's left end; null is none.</summary>
    public char? Band { get; init; }

    /// <summary>What is written on the wall above the car; null is nothing.</summary>
    public string? Sign { get; init; }

    /// <summary>A second car on the same picture.</summary>
    public DrawnCar? Neighbour { get; init; }

    /// <summary>No plate hangs where one should.</summary>
    public bool HasNoPlate { get; init; }

    /// <summary>Shifts the camera's noise, as from frame to frame.</summary>
    public int Frame { get; init; }

    private bool HasTwoLines => Plate.Contains('\n');

    public override string ToString() => nameof(DrawnCar);

    /// <summary>The picture as a JPEG.</summary>
    public byte[] Jpeg(int width = 1280, int height = 720, int quality = 90) =>
        PictureCodec.EncodeJpeg(Draw(width, height), quality);

    /// <summary>The picture, upright.</summary>
    public Picture Draw(int width = 1280, int height = 720)
    {
        var pixels = new byte[width * height * 3];
        var metre = MetrePixels * width / 1280;
        Parallel.For(0, height, v =>
        {
            for (var u = 0; u < width; u++)
            {
                // More points where there is writing.
                var (x, y) = Scene(u + 0.5f - width / 2f, v + 0.5f - height / 2f, metre);
                var points = IsNearWriting(x, y) ? 4 : 2;
                var (red, green, blue) = (0f, 0f, 0f);
                for (var i = 0; i < points * points; i++)
                {
                    var (px, py) = Scene(
                        u + (i % points + 0.5f) / points - width / 2f, v + (i / points + 0.5f) / points - height / 2f,
                        metre);
                    var colour = ColourAt(px, py);
                    (red, green, blue) = (red + colour.Red, green + colour.Green, blue + colour.Blue);
                }
                var share = 1f / (points * points);
                var at = (v * width + u) * 3;
                pixels[at] = Exposed(red * share, u, v, 0);
                pixels[at + 1] = Exposed(green * share, u, v, 1);
                pixels[at + 2] = Exposed(blue * share, u, v, 2);
            }
        });
        return new(width, height, pixels);
    }

    /// <summary>From a pixel, counted from the middle, to metres on the plane of the car's rear.</summary>
    private (float X, float Y) Scene(float u, float v, float metre)
    {
        const float CameraMetres = 3.5f;
        var (sin, cos) = MathF.SinCos(TiltDegrees * MathF.PI / 180);
        var (x, y) = ((u * cos + v * sin) / metre, (v * cos - u * sin) / metre);
        // The plane is turned about the vertical through the picture's middle.
        var (turnSin, turnCos) = MathF.SinCos(TurnDegrees * MathF.PI / 180);
        var along = x * CameraMetres / (CameraMetres * turnCos - x * turnSin);
        return (along, y * (CameraMetres + along * turnSin) / CameraMetres);
    }

    private byte Exposed(float value, int u, int v, int channel)
    {
        // A cheap hash as the camera's noise: the same in every run.
        var hash = (uint)(u * 374761393 + v * 668265263 + channel * 974634777 + Frame * 1274126177);
        hash = (hash ^ (hash >> 13)) * 1274126177;
        var noise = ((hash >> 16 & 255) / 255f - 0.5f) * 0.03f;
        return (byte)Math.Clamp(255 * (value * Light + noise), 0, 255);
    }

    private bool IsNearWriting(float x, float y) =>
        (MathF.Abs(x - Left) < 0.35f && MathF.Abs(y - 0.1f) < 0.16f) || (Sign is not null && y < -0.7f)
        || Neighbour?.IsNearWriting(x, y) == true;

    private (float Red, float Green, float Blue) ColourAt(float x, float y) =>
        CarAt(x - Left, y) ?? Neighbour?.CarAt(x - Neighbour.Left, y) ?? BackgroundAt(x, y);

    /// <summary>The car itself; null beside it. The plate hangs at (0, 0.1).</summary>
    private (float Red, float Green, float Blue)? CarAt(float x, float y)
    {
        if (!HasNoPlate && PlateAt(x, y - 0.1f) is { } plate) return plate;
        var side = MathF.Abs(x);
        if (Box(side, y - 0.62f, 0.72f, 0.2f, 0.1f) && side > 0.42f) return (0.05f, 0.05f, 0.06f); // Wheels.
        if (Box(side - 0.68f, y + 0.12f, 0.12f, 0.09f, 0.03f)) return (0.6f, 0.06f, 0.06f); // Lights.
        if (Box(side, y - 0.38f, 0.84f, 0.13f, 0.08f)) return Shaded((0.14f, 0.14f, 0.15f), y); // Bumper.
        if (Box(side - 0.25f * (y + 0.45f), y + 0.47f, 0.62f, 0.16f, 0.06f)) return (0.1f, 0.13f, 0.16f); // Window.
        if (Box(side, y - 0.02f, 0.86f, 0.36f, 0.12f)) return Shaded(Body, y);
        if (Box(side - 0.3f * (y + 0.3f), y + 0.42f, 0.8f, 0.3f, 0.12f)) return Shaded(Body, y);
        return null;
    }

    /// <summary>The plate around its middle; null beside it.</summary>
    private (float Red, float Green, float Blue)? PlateAt(float x, float y)
    {
        var (width, height) = HasTwoLines ? (TwoLineWidth, TwoLineHeight) : (PlateWidth, PlateHeight);
        if (!Box(MathF.Abs(x), y, width / 2 + 0.012f, height / 2 + 0.012f, 0.01f)) return null;
        if (!Box(MathF.Abs(x), y, width / 2, height / 2, 0.008f)) return (0.08f, 0.08f, 0.08f); // The dealer's frame.
        if (!Box(MathF.Abs(x), y, width / 2 - 0.004f, height / 2 - 0.004f, 0.006f)) return (0.1f, 0.1f, 0.1f);
        var (left, ink) = (-width / 2 + 0.012f, (0.07f, 0.07f, 0.08f));
        if (Band is { } letter)
        {
            left += 0.04f;
            if (x < -width / 2 + 0.044f)
                return Line(letter.ToString(), -width / 2 + 0.012f, 0.02f, 0.022f, x, y - 0.03f) < 0
                    ? (0.9f, 0.9f, 0.9f)
                    : (0.05f, 0.15f, 0.55f);
        }
        var lines = Plate.Split('\n');
        var lineHeight = (height - 0.03f) / lines.Length;
        for (var i = 0; i < lines.Length; i++)
        {
            var middle = -height / 2 + 0.015f + lineHeight * (i + 0.5f);
            var size = MathF.Min(0.075f, lineHeight - 0.012f);
            if (Line(lines[i].ToUpperInvariant(), left, width / 2 - 0.012f - left, size, x, y - middle) < 0)
                return Soiled(ink, x, y);
        }
        return Soiled((0.88f, 0.88f, 0.86f), x, y);
    }

    /// <summary>Below 0 inside a stroke of a line of writing that is centred in its width.</summary>
    private static float Line(string text, float left, float width, float height, float x, float y)
    {
        var unit = height / PlateGlyphs.Height;
        var pitch = MathF.Min((PlateGlyphs.Width + 2) * unit, width / text.Length);
        var across = pitch / (PlateGlyphs.Width + 2);
        var start = left + (width - pitch * text.Length) / 2;
        var place = (int)MathF.Floor((x - start) / pitch);
        if (place < 0 || place >= text.Length) return 1;
        var distance = PlateGlyphs.Distance(
            text[place], (x - start - place * pitch) / across - 1, y / unit + PlateGlyphs.Height / 2);
        return distance - PlateGlyphs.HalfStroke;
    }

    private (float Red, float Green, float Blue) Soiled(
        (float Red, float Green, float Blue) colour, float x, float y)
    {
        if (Dirt <= 0) return colour;
        // Splashes: sums of waves that never repeat on a plate.
        var splash = 0.5f + 0.25f * (MathF.Sin(91 * x + 37 * y) + MathF.Sin(53 * y - 47 * x + 2) * MathF.Cos(29 * x));
        var cover = Math.Clamp(Dirt * 1.6f * splash, 0, 1);
        return (
            colour.Red + cover * (0.33f - colour.Red), colour.Green + cover * (0.27f - colour.Green),
            colour.Blue + cover * (0.2f - colour.Blue));
    }

    /// <summary>A wall with a sign, and the ground.</summary>
    private (float Red, float Green, float Blue) BackgroundAt(float x, float y)
    {
        if (y > 0.7f) return (0.36f, 0.36f, 0.37f);
        if (Sign is { } words && Box(MathF.Abs(x), y + 0.88f, 1.1f, 0.14f, 0.02f))
            return Line(words.ToUpperInvariant(), -1f, 2f, 0.13f, x, y + 0.88f) < 0
                ? (0.95f, 0.95f, 0.92f)
                : (0.1f, 0.35f, 0.2f);
        var brick = MathF.Abs(y * 8 - MathF.Round(y * 8)) < 0.06f ? 0.05f : 0;
        return (0.62f - brick, 0.58f - brick, 0.52f - brick);
    }

    private static (float Red, float Green, float Blue) Shaded((float Red, float Green, float Blue) colour, float y)
    {
        var light = 1.1f - 0.35f * (y + 0.6f);
        return (colour.Red * light, colour.Green * light, colour.Blue * light);
    }

    /// <summary>Inside a box around 0 with rounded corners.</summary>
    private static bool Box(float x, float y, float halfWidth, float halfHeight, float radius)
    {
        var (dx, dy) = (MathF.Abs(x) - halfWidth + radius, MathF.Abs(y) - halfHeight + radius);
        if (dx > radius || dy > radius) return false;
        return dx <= 0 || dy <= 0 || dx * dx + dy * dy <= radius * radius;
    }
}
