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

/// <summary>Accept, ask or reject, from score, margin and gallery size. Never "best wins".</summary>
public sealed class DecisionPolicy
{
    /// <param name="pack">Whose calibration curve is used.</param>
    /// <param name="recognitionThreshold">
    /// FACE_RECOGNITION_THRESHOLD: 0..1 where 0.6 is the pack's own accept point; only makes the policy stricter.
    /// </param>
    public static DecisionPolicy For(string pack, double recognitionThreshold = 0.6) =>
        throw new NotImplementedException();

    /// <summary>The limits for a search among <paramref name="gallerySize"/> templates.</summary>
    public BandLimits LimitsAt(int gallerySize) => throw new NotImplementedException();

    public FaceBand Decide(GalleryMatch match) => throw new NotImplementedException();
}
