using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>Two networks in one template, for both packs.</summary>
public abstract class JoinedEmbedderTests(FaceBed bed, string pack, int dimensions)
{
    [SkippableFact]
    public void A_template_is_a_unit_vector_of_both_networks_that_weigh_the_same()
    {
        var embedder = bed.Pipeline.Embedder;
        Assert.Equal((pack, dimensions), (embedder.Pack, embedder.Dimensions));
        var template = Template(0);
        Assert.Equal((pack, dimensions), (template.Pack, template.Values.Length));
        var at = 0;
        foreach (var net in embedder.Nets)
        {
            var part = template.Values.Slice(at, net.Plan.Dimensions);
            Assert.Equal(0.5, UnitVector.Dot(part, part), 1e-4);
            at += part.Length;
        }
        Assert.Equal(dimensions, at);
    }

    [SkippableFact]
    public void A_cosine_is_the_mean_of_the_networks_own_cosines()
    {
        var (a, b) = (Template(0), Template(1));
        var (at, sum) = (0, 0f);
        foreach (var net in bed.Pipeline.Embedder.Nets)
        {
            float[] first = [.. a.Values.Slice(at, net.Plan.Dimensions)];
            float[] second = [.. b.Values.Slice(at, net.Plan.Dimensions)];
            UnitVector.Normalise(first);
            UnitVector.Normalise(second);
            sum += UnitVector.Dot(first, second);
            at += first.Length;
        }
        Assert.Equal(sum / 2, FacePipeline.Similarity(a, b), 1e-4);
    }

    [SkippableFact]
    public void A_mirrored_face_has_the_same_template()
    {
        var crop = Crop(0);
        var mirrored = FaceBed.Mirrored(crop);
        var cosine = FacePipeline.Similarity(
            bed.Pipeline.EmbedAligned(crop), bed.Pipeline.EmbedAligned(mirrored));
        // Not 1: the eyes' places in the frame are not quite symmetrical.
        Assert.InRange(cosine, 0.97f, 1);
    }

    private FaceTemplate Template(int face) => bed.Pipeline.EmbedAligned(Crop(face));

    private Picture Crop(int face)
    {
        var cut = bed.CutFace(3, face);
        var side = Math.Min(cut.Width, cut.Height);
        return FaceBed.Sampled(cut, 112, 112, (x, y) => (x * side / 112, y * side / 112));
    }
}

public sealed class StandardEmbedderTests(FaceBed bed)
    : JoinedEmbedderTests(bed, "standard-2", 320), IClassFixture<FaceBed>;

public sealed class PreciseEmbedderTests(PreciseFaceBed bed)
    : JoinedEmbedderTests(bed, "precise-1", 448), IClassFixture<PreciseFaceBed>;
