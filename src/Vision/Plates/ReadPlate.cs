namespace SightPay.Vision.Plates;

/// <summary>A point in the pixels of the picture it was found in.</summary>
public readonly record struct PlatePoint(float X, float Y);

/// <summary>An upright box in the pixels of the picture.</summary>
public readonly record struct PlateBox(float X, float Y, float Width, float Height)
{
    public float Area => Width * Height;
    public PlatePoint Centre => new(X + Width / 2, Y + Height / 2);

    /// <summary>Shared area over joined area, 0..1.</summary>
    public float Overlap(PlateBox other)
    {
        var width = MathF.Min(X + Width, other.X + other.Width) - MathF.Max(X, other.X);
        var height = MathF.Min(Y + Height, other.Y + other.Height) - MathF.Max(Y, other.Y);
        if (width <= 0 || height <= 0) return 0;
        var shared = width * height;
        return shared / (Area + other.Area - shared);
    }
}

/// <summary>The four corners of the writing as it lies in the picture, in the order in which they are read.</summary>
public readonly record struct PlateQuad(
    PlatePoint TopLeft, PlatePoint TopRight, PlatePoint BottomRight, PlatePoint BottomLeft)
{
    public static PlateQuad Of(PlateBox box) => new(
        new(box.X, box.Y), new(box.X + box.Width, box.Y),
        new(box.X + box.Width, box.Y + box.Height), new(box.X, box.Y + box.Height));

    /// <summary>The upright box around the corners.</summary>
    public PlateBox Bounds
    {
        get
        {
            var left = MathF.Min(MathF.Min(TopLeft.X, TopRight.X), MathF.Min(BottomLeft.X, BottomRight.X));
            var top = MathF.Min(MathF.Min(TopLeft.Y, TopRight.Y), MathF.Min(BottomLeft.Y, BottomRight.Y));
            var right = MathF.Max(MathF.Max(TopLeft.X, TopRight.X), MathF.Max(BottomLeft.X, BottomRight.X));
            var bottom = MathF.Max(MathF.Max(TopLeft.Y, TopRight.Y), MathF.Max(BottomLeft.Y, BottomRight.Y));
            return new(left, top, right - left, bottom - top);
        }
    }
}

/// <summary>One reading of one place of a plate.</summary>
/// <param name="Character">Upper case letter or digit.</param>
/// <param name="Probability">0..1.</param>
public readonly record struct CharacterCandidate(char Character, float Probability)
{
    public override string ToString() => nameof(CharacterCandidate);
}

/// <summary>What may stand at one place of a plate.</summary>
/// <param name="Candidates">The one in the plate's text first, then the others by probability; the probabilities add up
/// to 1 at most.</param>
public sealed record PlateCharacter(IReadOnlyList<CharacterCandidate> Candidates)
{
    public float Confidence => Candidates[0].Probability;

    public override string ToString() => nameof(PlateCharacter);
}

/// <summary>A plate that was read. It names a car and so a person: it prints nothing.</summary>
/// <param name="Text">In the canonical form of the region's grammar.</param>
/// <param name="Region">Whose grammar read it, as the site has it.</param>
/// <param name="Characters">For every character of the text what else it may be.</param>
/// <param name="Quad">Where the writing is, in pixels of the picture.</param>
public sealed record ReadPlate(string Text, string Region, IReadOnlyList<PlateCharacter> Characters, PlateQuad Quad)
{
    /// <summary>The weakest character's probability: a plate is as sure as the place one is least sure of.</summary>
    public float Confidence { get; } = Characters.Count == 0 ? 0 : Characters.Min(character => character.Confidence);

    /// <summary>How many different frames it stands for; more than 1 where somebody has voted over them already.
    /// </summary>
    public int Frames { get; init; } = 1;

    /// <summary>The upright box around the writing.</summary>
    public PlateBox Box => Quad.Bounds;

    public override string ToString() => nameof(ReadPlate);
}

/// <summary>What the pipeline saw in one picture.</summary>
/// <param name="Plates">The foremost first: large and central.</param>
/// <param name="PictureWidth">In pixels.</param>
/// <param name="PictureHeight">In pixels.</param>
/// <param name="FindMs">Milliseconds for finding writing.</param>
/// <param name="ReadMs">Milliseconds for reading it.</param>
public sealed record PlateReading(
    IReadOnlyList<ReadPlate> Plates, int PictureWidth, int PictureHeight, double FindMs, double ReadMs)
{
    /// <summary>The plate that stands before the camera; null when there is none.</summary>
    public ReadPlate? Foremost => Plates.Count > 0 ? Plates[0] : null;
}
