namespace SightPay.Vision.Faces;

/// <summary>A point in the pixels of the picture it was found in.</summary>
public readonly record struct FacePoint(float X, float Y);

/// <summary>Eyes (as seen, left first), nose, mouth corners (left first), in pixels of the picture.</summary>
public readonly record struct FivePoints(
    FacePoint LeftEye, FacePoint RightEye, FacePoint Nose, FacePoint MouthLeft, FacePoint MouthRight);

/// <summary>A detected face: upright box in pixels of the picture and the detector's score 0..1.</summary>
public readonly record struct FaceBox(float X, float Y, float Width, float Height, float FaceScore)
{
    internal float Area => Width * Height;

    internal FacePoint Centre => new(X + Width / 2, Y + Height / 2);

    /// <summary>How far the centres lie apart, in widths of the wider box.</summary>
    internal float WidthsFrom(FaceBox other)
    {
        var (a, b) = (Centre, other.Centre);
        return MathF.Sqrt(MathF.Pow(a.X - b.X, 2) + MathF.Pow(a.Y - b.Y, 2)) / MathF.Max(Width, other.Width);
    }
}

/// <summary>Why a face is not good enough to be recognised or enrolled; the order is the precedence.</summary>
public enum FaceFlaw
{
    None = 0,

    /// <summary>The face is too small in the picture.</summary>
    TooSmall,

    /// <summary>Part of the face lies outside the picture.</summary>
    CutOff,

    /// <summary>Turned or tilted too far from the camera.</summary>
    Turned,

    /// <summary>Out of focus or moved.</summary>
    Blurred,

    /// <summary>Too dark, too bright or without contrast.</summary>
    BadLight,

    /// <summary>Behind a mask or dark glasses. Only of an enrolment: such templates resemble each other.</summary>
    Covered,
}

/// <param name="Score">0..1, one figure for ranking and weighting photos.</param>
/// <param name="EyeDistancePx">Between the eye centres, in pixels of the picture.</param>
/// <param name="Sharpness">Variance of the Laplacian of the aligned face, grey 0..255; it grows with the square of
/// the contrast.</param>
/// <param name="YawDegrees">Positive when the face turns to the picture's right.</param>
/// <param name="PitchDegrees">Positive when the face looks up.</param>
/// <param name="Brightness">Mean grey of the aligned face, 0..255.</param>
/// <param name="Contrast">Standard deviation of the grey.</param>
/// <param name="Flaw">The first limit that is broken, or None.</param>
public readonly record struct FaceQuality(
    float Score, float EyeDistancePx, float Sharpness, float YawDegrees, float PitchDegrees, float Brightness,
    float Contrast, FaceFlaw Flaw)
{
    /// <summary>Good enough to be enrolled, whatever it was looked at for: nothing covers or spoils it.</summary>
    public bool IsClear { get; init; }
}

/// <summary>What eyes and mouth are doing in one frame; only changes from frame to frame say something.</summary>
/// <param name="EyesOpen">Lid from lid over corner from corner; open eyes of people differ, 0.2 to 0.5.</param>
/// <param name="MouthOpen">Lip from lip over corner from corner; about 0 when closed.</param>
/// <param name="Eyes">Both eyes as small grey pictures; they stay within the challenge.</param>
public sealed record FaceMotion(float EyesOpen, float MouthOpen, float[] Eyes)
{
    public override string ToString() => nameof(FaceMotion);
}

/// <summary>A face looked at closely: landmarks, quality and, when asked for, its template.</summary>
public sealed record Face(FaceBox Box, FivePoints Points, FaceQuality Quality, FaceTemplate? Template)
{
    /// <summary>Measured for <see cref="FaceDemand.Watch"/> only.</summary>
    public FaceMotion? Motion { get; init; }

    /// <summary>
    /// A live score below this is worth an alert. The four live faces of the smoke test have 0.73 and more, four of its
    /// five attacks 0.03 and less, one 0.91 (liveness --data ../shared/data/liveness --pack precise): nine pictures say
    /// that the network is fed rightly, and no more.
    /// </summary>
    public const float LiveScoreMin = 0.5f;

    /// <summary>How much a single frame looks like a person and not like a picture of one, 0..1. Null where the pack
    /// cannot say or the face has a flaw.</summary>
    public float? LiveScore { get; init; }
}
