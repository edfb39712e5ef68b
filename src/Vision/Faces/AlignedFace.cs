namespace SightPay.Vision.Faces;

/// <summary>
/// The frame in which all embedders agree where a face is: 112x112 with eyes, nose and mouth corners on fixed places.
/// Each embedder says where its own square lies in it, so one fit serves all, at enrolment and at the gate.
/// </summary>
internal static class AlignedFace
{
    public const int Side = 112;

    private static readonly FacePoint[] Points =
    [
        new(38.2946f, 51.6963f), new(73.5318f, 51.5014f), new(56.0252f, 71.7366f), new(41.5493f, 92.3655f),
        new(70.7299f, 92.2041f),
    ];

    /// <summary>From the frame to the picture the points were found in.</summary>
    public static SimilarityTransform ToPicture(FivePoints found) =>
        SimilarityTransform.Fit(Points, [found.LeftEye, found.RightEye, found.Nose, found.MouthLeft, found.MouthRight]);

    /// <summary>From the frame to a square crop that is aligned already, of any size.</summary>
    public static SimilarityTransform ToCrop(int side)
    {
        var scale = side / (float)Side;
        return new(scale, 0, scale / 2 - 0.5f, scale / 2 - 0.5f);
    }

    /// <summary>From a network's square to the frame, by where that network wants the points.</summary>
    /// <param name="wanted">Two points (eyes) or all five, in pixels of the network's square.</param>
    public static SimilarityTransform From(params ReadOnlySpan<FacePoint> wanted) =>
        SimilarityTransform.Fit(wanted, Points.AsSpan(0, wanted.Length));
}
