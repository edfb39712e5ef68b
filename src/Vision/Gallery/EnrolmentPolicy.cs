using SightPay.Vision.Faces;

namespace SightPay.Vision.Gallery;

/// <summary>What the photos of one enrolment must have in common.</summary>
public static class EnrolmentPolicy
{
    /// <summary>
    /// The place of the photo that resembles the others least, when two of them show two people; else null. Of two
    /// photos it is the second.
    /// </summary>
    /// <exception cref="ArgumentException">A face without a template, templates of two packs, or of an unknown one.
    /// </exception>
    public static int? OddOneOut(IReadOnlyList<Face> faces)
    {
        var sums = new float[faces.Count];
        var least = 1f;
        for (var a = 0; a < faces.Count; a++)
        {
            for (var b = a + 1; b < faces.Count; b++)
            {
                var similarity = FacePipeline.Similarity(Template(faces[a]), Template(faces[b]));
                least = MathF.Min(least, similarity);
                sums[a] += similarity;
                sums[b] += similarity;
            }
        }
        if (faces.Count < 2 || least >= Calibration.Of(Template(faces[0]).Pack).SamePersonMin) return null;
        return Array.LastIndexOf(sums, sums.Min());

        static FaceTemplate Template(Face face) =>
            face.Template
            ?? throw new ArgumentException("A face without a template cannot be compared.", nameof(faces));
    }
}
