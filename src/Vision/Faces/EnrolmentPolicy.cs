namespace SightPay.Vision.Faces;

/// <summary>What the photos of one enrolment must have in common.</summary>
public static class EnrolmentPolicy
{
    /// <summary>
    /// Two photos below this cosine show two people. On the whole photographs the least alike pair of one person has
    /// 0.56 and the most alike pair of two people 0.36; 0.45 is the middle, and also what one stranger in a thousand
    /// reaches against one person (bench verbs <c>faces</c> and <c>calibrate</c>).
    /// </summary>
    public const float SamePersonMin = 0.45f;

    /// <summary>The least cosine between any two of the faces; 1 for a single one.</summary>
    /// <exception cref="ArgumentException">A face without a template, or templates of two packs.</exception>
    public static float LeastAlike(IReadOnlyList<Face> faces)
    {
        var least = 1f;
        for (var a = 0; a < faces.Count; a++)
            for (var b = a + 1; b < faces.Count; b++)
                least = MathF.Min(least, FacePipeline.Similarity(Template(faces[a]), Template(faces[b])));
        return least;

        static FaceTemplate Template(Face face) =>
            face.Template
            ?? throw new ArgumentException("A face without a template cannot be compared.", nameof(faces));
    }
}
