using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Vision.Visits;

/// <summary>A face of a frame, as far as it matters for who stands before the camera.</summary>
/// <param name="Area">Of its box.</param>
/// <param name="IsCentred">In the middle of the picture, where one stands to be seen.</param>
/// <param name="IsStable">It has stood there for some frames.</param>
internal readonly record struct StandingFace(float Area, bool IsCentred, bool IsStable);

/// <summary>
/// Who of several people in a frame stands before the camera: whoever is alone, else the largest and centred one. A
/// second one of like size leaves it open, but at the edge of the picture, and only once the first one stands still.
/// Pure; whoever is not sure here charges nobody.
/// </summary>
internal static class ForemostFace
{
    // Somebody before a gate is seen in its middle: at arm's length the edge of this band is two hand's breadths off.
    private const float CentredShare = 0.6f;

    /// <returns>The place of the face in the list; null when nobody can say.</returns>
    public static int? Of(IReadOnlyList<StandingFace> faces)
    {
        if (faces.Count == 0) return null;
        if (faces.Count == 1) return 0;
        var foremost = 0;
        for (var i = 1; i < faces.Count; i++)
            if (faces[i].Area > faces[foremost].Area) foremost = i;
        var first = faces[foremost];
        if (!first.IsCentred) return null;
        for (var i = 0; i < faces.Count; i++)
        {
            var isRival = i != foremost && faces[i].Area >= FaceReading.CrowdedAreaShare * first.Area;
            if (isRival && (faces[i].IsCentred || !first.IsStable)) return null;
        }
        return foremost;
    }

    public static bool IsCentred(FaceBox box, int pictureWidth) =>
        MathF.Abs(box.Centre.X - pictureWidth / 2f) <= CentredShare / 2 * pictureWidth;

    /// <summary>
    /// For every face the place of the first one that shows the same person, most often its own: a mirror, or a picture
    /// of somebody beside themself, is no second person.
    /// </summary>
    public static int[] SamePeople(IReadOnlyList<Face> faces)
    {
        var first = new int[faces.Count];
        for (var i = 0; i < first.Length; i++)
        {
            first[i] = i;
            for (var earlier = 0; earlier < i && first[i] == i; earlier++)
                if (first[earlier] == earlier && IsSame(faces[earlier], faces[i])) first[i] = earlier;
        }
        return first;
    }

    /// <summary>As alike as the photos of one enrolment have to be.</summary>
    public static bool IsSame(Face a, Face b) =>
        a.Template is { } one && b.Template is { } other
        && FacePipeline.Similarity(one, other) >= Calibration.Of(one.Pack).SamePersonMin;
}
