namespace SightPay.Vision.Gallery;

/// <summary>What a pack was measured to do.</summary>
/// <param name="GallerySize">People enrolled in the measurement, each from one photo.</param>
/// <param name="FnirAtFpir1e3">Share of single photos of enrolled people that are not accepted where one search in a
/// thousand of a stranger would be.</param>
/// <param name="CalibratedTo">The largest gallery for which the thresholds were measured.</param>
public sealed record PackEvidence(int GallerySize, double FnirAtFpir1e3, int CalibratedTo);

/// <summary>A pack's thresholds with their evidence; the bench verb <c>calibrate --data DIR</c> prints them.</summary>
internal sealed class Calibration
{
    private readonly Point[] _curve;

    private readonly float[] _rises;

    private Calibration(
        float samePersonMin, float marginMin, float[] rises, PackEvidence evidence, params Point[] curve)
    {
        (SamePersonMin, MarginMin, _rises, Evidence, _curve) = (samePersonMin, marginMin, rises, evidence, curve);
        AcceptFloor = curve.Single(point => point.GallerySize == AcceptFloorSize).Accept;
        AskFloor = curve.Single(point => point.GallerySize == AskFloorSize).Ask;
    }

    /// <summary>A measured gallery size.</summary>
    /// <param name="GallerySize">N.</param>
    /// <param name="Ask">Cosine at which 1 % of the searches of people not enrolled find somebody.</param>
    /// <param name="Accept">The same for 0.1 %.</param>
    public readonly record struct Point(int GallerySize, float Ask, float Accept);

    // The curve of a tiny gallery is that of two random strangers, but who stands before a lone customer's gate may be
    // kin or look like kin. People side by side in the six group pictures stay below the accept floor of both packs
    // (the test Faces_cut_from_the_group_pictures_..._differ), and whole photographs of one person above it.
    private const int AcceptFloorSize = 10;
    private const int AskFloorSize = 3;

    // Curves: half of LFW, rightly labelled: 2,069 people, every photo searched as a stranger, people counted alike,
    // enrolled from one photo and from up to three, the higher cosine kept (calibrate --data ../shared/data/faces
    // --pack NAME). Evidence: identify on the same folder, one photo enrolled and one searched.
    //
    // Margins: of the right accepts 0.1 % lead by less than 0.032 (standard) and 0.069 (precise), 1 % by less than
    // 0.075 and 0.153; people not enrolled who reach the ask band lead by 0.077 and 0.085 at least. In between, fewer
    // than one right answer in a hundred becomes a question, and so do two look-alikes who are both enrolled.
    //
    // Rises: what two and three photographs of a stranger, joined, come nearer to somebody than one does, at 0.1 % and
    // at 1 %, the most of five gallery sizes (visits --data ../shared/data/faces --pack NAME). Frames of one approach
    // are more alike than these photographs, and joining them changes less.
    //
    // Same person: the middle between the least alike photos of one person and the most alike of two people in the
    // whole photographs, 0.752 and 0.642 (standard), 0.532 and 0.350 (precise): faces --data
    // ../shared/data/faces/whole. It is also what one stranger in a thousand reaches.
    private static readonly Calibration Standard2 = new(
        samePersonMin: 0.697f, marginMin: 0.045f, rises: [0.016f, 0.021f], new(740, 0.1152, 2_068),
        new(1, 0.628f, 0.688f),
        new(3, 0.659f, 0.710f),
        new(10, 0.687f, 0.734f),
        new(30, 0.710f, 0.751f),
        new(100, 0.734f, 0.765f),
        new(300, 0.751f, 0.782f),
        new(1_000, 0.765f, 0.794f),
        new(2_068, 0.775f, 0.809f));

    private static readonly Calibration Precise1 = new(
        samePersonMin: 0.441f, marginMin: 0.080f, rises: [0.019f, 0.024f], new(740, 0.0890, 2_068),
        new(1, 0.280f, 0.379f),
        new(3, 0.330f, 0.419f),
        new(10, 0.379f, 0.460f),
        new(30, 0.419f, 0.494f),
        new(100, 0.459f, 0.527f),
        new(300, 0.494f, 0.549f),
        new(1_000, 0.525f, 0.578f),
        new(2_068, 0.543f, 0.611f));

    /// <summary>Two photos below this cosine show two people.</summary>
    public float SamePersonMin { get; }

    public PackEvidence Evidence { get; }
    public float AcceptFloor { get; }
    public float AskFloor { get; }
    public float MarginMin { get; }
    public ReadOnlySpan<Point> Curve => _curve;

    /// <summary>So much higher both points are for a probe in which so many photographs are joined.</summary>
    public float RiseOf(int photos) => photos < 2 ? 0 : _rises[Math.Min(photos - 2, _rises.Length - 1)];

    /// <exception cref="ArgumentException">Scores of an unknown pack mean nothing.</exception>
    public static Calibration Of(string pack) => pack switch
    {
        "standard-2" => Standard2,
        "precise-1" => Precise1,
        _ => throw new ArgumentException($"There are no thresholds for the model pack {pack}.", nameof(pack)),
    };
}
