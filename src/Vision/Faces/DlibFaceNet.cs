namespace SightPay.Vision.Faces;

/// <summary>
/// The ResNet of dlib with the weights of face-api: a chip that holds the whole head to 128 numbers. The mean colour is
/// taken off and the values are scaled inside the network.
/// </summary>
internal static class DlibFaceNet
{
    // Where dlib's mean shape with a padding of 0.25 puts the eyes into 150 pixels. Chin and forehead are in it.
    private static readonly SimilarityTransform ToAligned =
        AlignedFace.From(new FacePoint(47.5f, 46.6f), new FacePoint(100.5f, 46.6f));

    public static EmbeddingPlan Plan { get; } = new(
        "dlib-face-recognition", 150, Dimensions: 128, ToAligned, new(1, 0), TakesPlanes: true);
}
