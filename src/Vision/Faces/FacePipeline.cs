using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>How strict the quality gate is.</summary>
public enum FaceDemand
{
    /// <summary>A walking person at a gate: the face must be usable.</summary>
    Recognise,

    /// <summary>A photo that will be compared for years: the face must be good.</summary>
    Enrol,
}

/// <summary>What the pipeline saw in one picture.</summary>
/// <param name="Boxes">All faces, largest first.</param>
/// <param name="Target">The largest face, looked at closely; null when there is no face. Its template is null when
/// its quality has a flaw.</param>
/// <param name="DetectMs">Milliseconds for finding faces, landmarks and quality.</param>
/// <param name="EmbedMs">Milliseconds for aligning and embedding.</param>
public sealed record FaceReading(IReadOnlyList<FaceBox> Boxes, Face? Target, double DetectMs, double EmbedMs)
{
    /// <summary>
    /// True when a second face is so large beside the target that nobody can say who stands before the camera.
    /// </summary>
    public bool IsCrowded => throw new NotImplementedException();
}

/// <summary>
/// Pixels in, template out: detect, landmarks, quality, align, embed with the mirrored picture. Thread-safe; the
/// caller's picture is never changed.
/// </summary>
public sealed class FacePipeline : IDisposable
{
    /// <summary>Name and version of the model pack, stored with every template.</summary>
    public string Pack => throw new NotImplementedException();

    /// <summary>Floats in a template.</summary>
    public int Dimensions => throw new NotImplementedException();

    /// <param name="modelsFolder">Folder of the pack's ONNX files and manifest.</param>
    /// <param name="threads">Threads inside one model run.</param>
    public static FacePipeline Open(string modelsFolder, int threads = 2) => throw new NotImplementedException();

    /// <summary>Finds all faces and looks closely at the largest one.</summary>
    public FaceReading Read(Picture picture, FaceDemand demand) => throw new NotImplementedException();

    /// <summary>The normalised mean of several templates of one person, weighted by quality.</summary>
    public static FaceTemplate Fuse(IReadOnlyList<Face> faces) => throw new NotImplementedException();

    /// <summary>Cosine of two templates of the same pack, -1..1.</summary>
    public static float Similarity(FaceTemplate a, FaceTemplate b) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
