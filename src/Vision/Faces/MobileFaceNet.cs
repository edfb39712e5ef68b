namespace SightPay.Vision.Faces;

/// <summary>MobileFaceNet of human-models, repaired at its import: the whole aligned face to 192 numbers.</summary>
internal static class MobileFaceNet
{
    /// <summary>It was trained on the aligned frame itself, with (x - 127.5) / 128.</summary>
    public static EmbeddingPlan Plan { get; } = new(
        "mobilefacenet", AlignedFace.Side, Dimensions: 192, new SimilarityTransform(1, 0, 0, 0),
        new(1 / 128f, -127.5f / 128f));
}
