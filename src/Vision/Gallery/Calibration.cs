namespace SightPay.Vision.Gallery;

/// <summary>A pack's thresholds with their evidence; the bench verb <c>calibrate --data DIR</c> prints them.</summary>
internal sealed class Calibration
{
    private readonly Point[] _curve;

    private Calibration(float acceptFloor, float askFloor, float marginMin, params Point[] curve) =>
        (AcceptFloor, AskFloor, MarginMin, _curve) = (acceptFloor, askFloor, marginMin, curve);

    /// <summary>A measured gallery size.</summary>
    /// <param name="GallerySize">N.</param>
    /// <param name="Ask">Cosine at which 1 % of the searches of people not enrolled find somebody.</param>
    /// <param name="Accept">The same for 0.1 %.</param>
    public readonly record struct Point(int GallerySize, float Ask, float Accept);

    // Half of LFW, rightly labelled: 2,069 people, every photo searched as a stranger, people counted alike, enrolled
    // from one photo and from up to three, the higher cosine kept (calibrate --data ../shared/data/faces). There the
    // standard pack misses 13.4 % of single photos against 740 people (identify --data ../shared/data/faces).
    //
    // Floors: the curve of a tiny gallery is that of two random strangers, but who stands before a lone customer's gate
    // may be kin or look like kin: in the group pictures two people side by side reach 0.49. The whole photographs
    // leave room: the same person at 0.56 or more (median 0.87), different people at 0.36 or less (faces --data
    // ../shared/data/faces/whole). 0.53 and 0.40 are about what N of 10 and of 3 have.
    //
    // Margin: of 1,398 right accepts, 0.1 % lead by less than 0.044 and 1 % by less than 0.120; of people not enrolled
    // who reach the ask band, the nearest lead by 0.050 and half of them by less than 0.142. 0.06 costs fewer than
    // one right accept in a hundred a question, and asks where two look-alikes are both enrolled.
    private static readonly Calibration Standard1 = new(
        acceptFloor: 0.53f, askFloor: 0.40f, marginMin: 0.06f,
        new(1, 0.348f, 0.452f),
        new(3, 0.402f, 0.492f),
        new(10, 0.452f, 0.536f),
        new(30, 0.492f, 0.563f),
        new(100, 0.536f, 0.598f),
        new(300, 0.562f, 0.621f),
        new(1_000, 0.598f, 0.643f),
        new(2_068, 0.615f, 0.662f));

    public float AcceptFloor { get; }
    public float AskFloor { get; }
    public float MarginMin { get; }
    public ReadOnlySpan<Point> Curve => _curve;

    /// <exception cref="ArgumentException">Scores of an unknown pack mean nothing.</exception>
    public static Calibration Of(string pack) => pack switch
    {
        "standard-1" => Standard1,
        _ => throw new ArgumentException($"There are no thresholds for the model pack {pack}.", nameof(pack)),
    };
}
