using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>Fusing and comparing templates.</summary>
public sealed class TemplateTests
{
    [Fact]
    public void A_fused_template_leans_to_the_better_photo()
    {
        var fused = FacePipeline.Fuse([Face(0.9f, 1, 0), Face(0.3f, 0, 1)]);
        Assert.Equal(0.9 / Math.Sqrt(0.9), fused.Values[0], 1e-4);
        Assert.Equal(0.3 / Math.Sqrt(0.9), fused.Values[1], 1e-4);
        Assert.Equal(1, FacePipeline.Similarity(fused, fused), 1e-5);
    }

    [Fact]
    public void What_cannot_be_fused_is_refused()
    {
        Assert.Throws<ArgumentException>(() => FacePipeline.Fuse([]));
        Assert.Throws<ArgumentException>(() => FacePipeline.Fuse([Face(1, 1, 0) with { Template = null }]));
        Assert.Throws<ArgumentException>(() => FacePipeline.Fuse([Face(1, float.NaN, 0)]));
        // Two opposite vectors have no mean.
        Assert.Throws<ArgumentException>(() => FacePipeline.Fuse([Face(1, 1, 0), Face(1, -1, 0)]));
        var other = Face(1, 1, 0) with { Template = new("other-1", [1, 0]) };
        Assert.Throws<ArgumentException>(() => FacePipeline.Fuse([Face(1, 1, 0), other]));
        Assert.Throws<ArgumentException>(() => FacePipeline.Similarity(Face(1, 1, 0).Template!, other.Template!));
        Assert.Throws<ArgumentException>(() => EnrolmentPolicy.OddOneOut([Face(1, 1, 0), other]));
    }

    [Theory]
    [InlineData("standard-2", 0.71f, 0.68f)]
    [InlineData("precise-1", 0.45f, 0.42f)]
    public void A_photo_of_another_person_is_pointed_at(string pack, float same, float other)
    {
        Face At(float cosine) => Face(1, 1, 0) with
        {
            Template = new(pack, [cosine, MathF.Sqrt(1 - cosine * cosine)]),
        };
        Assert.Null(EnrolmentPolicy.OddOneOut([]));
        Assert.Null(EnrolmentPolicy.OddOneOut([At(1)]));
        Assert.Null(EnrolmentPolicy.OddOneOut([At(1), At(same)]));
        Assert.Equal(1, EnrolmentPolicy.OddOneOut([At(1), At(other)]));
        Assert.Equal(0, EnrolmentPolicy.OddOneOut([At(other), At(1), At(1)]));
        Assert.Equal(2, EnrolmentPolicy.OddOneOut([At(1), At(1), At(other)]));
    }

    [Fact]
    public void Products_of_vectors_equal_a_plain_loop()
    {
        var random = new Random(2);
        foreach (var length in new[] { 1, 7, 8, 15, 192, 257 })
        {
            float[] a = [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() - 0.5f)];
            float[] b = [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() - 0.5f)];
            Assert.Equal(a.Zip(b, (x, y) => (double)x * y).Sum(), UnitVector.Dot(a, b), 1e-5);
        }
    }

    private static Face Face(float score, params float[] values) =>
        new(default, default, new(score, 60, 100, 0, 0, 120, 40, FaceFlaw.None), new("test-1", values));
}
