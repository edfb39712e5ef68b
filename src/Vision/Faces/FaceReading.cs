namespace SightPay.Vision.Faces;

/// <summary>What the pipeline saw in one picture.</summary>
/// <param name="Faces">Those that were looked at closely, largest first. A template is null when the quality has a
/// flaw.</param>
/// <param name="Boxes">All faces, largest first: those of <paramref name="Faces"/> and then the others.</param>
/// <param name="PictureWidth">In pixels.</param>
/// <param name="DetectMs">Milliseconds for finding faces, landmarks and quality.</param>
/// <param name="EmbedMs">Milliseconds for aligning and embedding, and for the live score.</param>
public sealed record FaceReading(
    IReadOnlyList<Face> Faces, IReadOnlyList<FaceBox> Boxes, int PictureWidth, double DetectMs, double EmbedMs)
{
    // Area falls with the square of the distance: 0.4 is somebody at 1.6 times the payer's distance or nearer. Who
    // queues a metre behind a payer at 0.7 m has 0.17 of the area and blocks nobody; two people side by side do. In the
    // group pictures the second face has 0.7 to 1.0 of the first one's area.
    internal const float CrowdedAreaShare = 0.4f;

    /// <summary>The largest face; null when there is none.</summary>
    public Face? Target => Faces.Count > 0 ? Faces[0] : null;

    /// <summary>
    /// True when a second face is so large beside the target that nobody can say who stands before the camera.
    /// </summary>
    public bool IsCrowded => Boxes.Count > 1 && Boxes[1].Area >= CrowdedAreaShare * Boxes[0].Area;
}
