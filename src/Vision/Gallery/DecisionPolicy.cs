using SightPay.Vision.Liveness;

namespace SightPay.Vision.Gallery;

/// <summary>The three bands of a decision.</summary>
public enum FaceBand
{
    /// <summary>Nobody we know, or not sure enough even to ask.</summary>
    Reject = 0,

    /// <summary>Perhaps: a second factor must decide.</summary>
    Ask = 1,

    /// <summary>One person, clearly ahead of everybody else.</summary>
    Accept = 2,
}

/// <summary>The cosines in force for one search.</summary>
/// <param name="AcceptMin">At or above, with the margin: accept.</param>
/// <param name="AskMin">At or above: ask.</param>
/// <param name="MarginMin">Least lead over the runner-up for an accept.</param>
/// <param name="GallerySize">The N they were chosen for.</param>
public readonly record struct BandLimits(float AcceptMin, float AskMin, float MarginMin, int GallerySize);

/// <summary>What is known of a face besides whom it resembles.</summary>
/// <param name="IsClear">Good enough to be enrolled: sharp, lit, near, frontal and bare.</param>
/// <param name="Live">From all frames that were seen of it.</param>
public readonly record struct ProbeEvidence(bool IsClear, LiveEvidence Live)
{
    /// <summary>A good photograph; nothing is known of its life.</summary>
    public static ProbeEvidence Clear { get; } = new(true, LiveEvidence.Unknown);
}

/// <summary>
/// Accept, ask or reject. Pure; never "best wins". N is the number of people searched, and the points are cosines:
/// <code>
///                       below the     from the      from the accept point
///                       ask point     ask point     no lead      with the lead
/// clear                 reject        ask           ask          accept
/// poor                  reject        ask           ask          accept, from the point for 10 N on
/// clear or poor,
/// a picture of a face   reject        ask           ask          ask
/// </code>
/// The ask point lets 1 % of the searches of people who are not enrolled find somebody (FPIR), the accept point 0.1
/// %, both at N; so a poor face is accepted at about 0.01 %. Evidence: <see cref="Calibration"/> for points and
/// leads, decision 0029 for poor faces, 0032 for joined frames. A single frame that looks like a picture is an alert
/// and no evidence yet.
/// </summary>
public sealed class DecisionPolicy
{
    /// <summary>On the scale 0..1: the pack's own accept point.</summary>
    public const double DefaultThreshold = 0.6;

    // A poor face is held to the point of a gallery so many times as large, and to no smaller one than this.
    private const long PoorTimes = 10;

    // Beyond the largest measured gallery the curve is carried on steeper than it ended: nobody has measured there.
    private const float BeyondMeasured = 1.25f;

    private readonly Calibration _calibration;
    private readonly float _strictness;

    private DecisionPolicy(Calibration calibration, float strictness) =>
        (_calibration, _strictness) = (calibration, strictness);

    /// <param name="pack">Whose calibration curve is used.</param>
    /// <param name="recognitionThreshold">
    /// FACE_RECOGNITION_THRESHOLD: 0..1 where 0.6 is the pack's own accept point; only makes the policy stricter.
    /// Between 0.6 and 1 the accept point goes in a straight line to a cosine of 1; the ask band keeps its start, so
    /// that a stricter installation asks more often and does not turn people away.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not in 0..1.</exception>
    /// <exception cref="ArgumentException">The pack has not been calibrated.</exception>
    public static DecisionPolicy For(string pack, double recognitionThreshold = DefaultThreshold)
    {
        if (!(recognitionThreshold >= 0 && recognitionThreshold <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(recognitionThreshold), recognitionThreshold, "The recognition threshold is 0 to 1.");
        }
        var strictness = Math.Max(0, (recognitionThreshold - DefaultThreshold) / (1 - DefaultThreshold));
        return new(Calibration.Of(pack), (float)strictness);
    }

    /// <summary>What the thresholds rest on.</summary>
    public PackEvidence Evidence => _calibration.Evidence;

    /// <summary>The limits for a search among <paramref name="gallerySize"/> templates.</summary>
    /// <param name="photos">Joined in the probe: the more, the nearer it comes to strangers too.</param>
    public BandLimits LimitsAt(int gallerySize, int photos = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gallerySize);
        var (ask, accept) = Interpolate(_calibration.Curve, Math.Max(1, gallerySize));
        var rise = _calibration.RiseOf(photos);
        accept = MathF.Min(1, MathF.Max(accept, _calibration.AcceptFloor) + rise);
        accept += _strictness * (1 - accept);
        ask = MathF.Min(accept, MathF.Max(ask, _calibration.AskFloor) + rise);
        return new(accept, ask, _calibration.MarginMin, gallerySize);
    }

    /// <summary>The band of a search's result.</summary>
    /// <param name="photos">Joined in the probe.</param>
    public FaceBand Decide(GalleryMatch match, ProbeEvidence probe, int photos = 1)
    {
        if (match.BestId is null || match.Searched < 1) return FaceBand.Reject;
        var limits = LimitsAt(match.Searched, photos);
        // Written so that a score that is no number is rejected.
        if (!(match.BestScore >= limits.AskMin)) return FaceBand.Reject;
        var acceptMin = probe.IsClear ? limits.AcceptMin : LimitsOfPoor(match.Searched, photos).AcceptMin;
        var leads = match.RunnerUpId is null || match.Margin >= limits.MarginMin;
        return match.BestScore >= acceptMin && leads && probe.Live != LiveEvidence.Picture
            ? FaceBand.Accept
            : FaceBand.Ask;
    }

    private BandLimits LimitsOfPoor(int searched, int photos) =>
        LimitsAt((int)Math.Min(int.MaxValue, PoorTimes * Math.Max(PoorTimes, searched)), photos);

    private static (float Ask, float Accept) Interpolate(ReadOnlySpan<Calibration.Point> curve, int gallerySize)
    {
        var last = curve[^1];
        if (gallerySize >= last.GallerySize)
        {
            // A whole decade back: the last points alone are too close together to give a direction.
            var earlier = curve[0];
            foreach (var point in curve)
                if (point.GallerySize * 10L <= last.GallerySize) earlier = point;
            var decades = MathF.Log10(gallerySize / (float)last.GallerySize)
                / MathF.Log10(last.GallerySize / (float)earlier.GallerySize) * BeyondMeasured;
            // The steeper of both curves serves both, so that the ask band keeps the width it was measured with.
            var rise = decades * MathF.Max(last.Accept - earlier.Accept, last.Ask - earlier.Ask);
            var accept = MathF.Min(1, last.Accept + rise);
            return (accept - (last.Accept - last.Ask), accept);
        }
        var i = 0;
        while (curve[i + 1].GallerySize <= gallerySize) i++;
        var (from, to) = (curve[i], curve[i + 1]);
        var share = MathF.Log(gallerySize / (float)from.GallerySize)
            / MathF.Log(to.GallerySize / (float)from.GallerySize);
        return (from.Ask + share * (to.Ask - from.Ask), from.Accept + share * (to.Accept - from.Accept));
    }
}
