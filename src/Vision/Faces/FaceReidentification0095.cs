namespace SightPay.Vision.Faces;

/// <summary>
/// face-reidentification-retail-0095 of Intel's Open Model Zoo, 128x128 to 256 numbers. The network was trained on blue
/// first, and red first costs 0.4 points on LFW: its import turns the colours round, so it takes ours.
/// </summary>
internal static class FaceReidentification0095
{
    // Where its documentation wants eyes, nose and mouth corners, in 128 pixels.
    private static readonly SimilarityTransform ToAligned = AlignedFace.From(
        new FacePoint(40.4f, 59.1f), new FacePoint(87.4f, 59.1f), new FacePoint(64.0f, 82.0f),
        new FacePoint(44.7f, 105.6f), new FacePoint(83.6f, 105.4f));

    public static EmbeddingPlan Plan { get; } = new(
        "face-reidentification-retail-0095", 128, Dimensions: 256, ToAligned, new(1, 0));
}
