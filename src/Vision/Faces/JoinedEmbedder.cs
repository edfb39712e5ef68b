using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// Two networks that err independently, side by side in one template: unit vectors in a row, normalised again, so that
/// the cosine of two templates is the mean of the networks' cosines. Both weigh the same: no weight was fitted to the
/// pictures it is measured on (decision 0023).
/// </summary>
internal sealed class JoinedEmbedder : IDisposable
{
    private readonly EmbeddingNet[] _nets;

    private JoinedEmbedder(string pack, EmbeddingNet[] nets)
    {
        (Pack, _nets) = (pack, nets);
        Dimensions = nets.Sum(net => net.Plan.Dimensions);
    }

    /// <summary>Name and version of the pack; templates of two are never compared.</summary>
    public string Pack { get; }

    public int Dimensions { get; }

    public IReadOnlyList<EmbeddingNet> Nets => _nets;

    /// <param name="pack">The pack that runs.</param>
    /// <param name="standard">The standard pack, whose MobileFaceNet is the first network of every pack: its square is
    /// the aligned face that the quality gate measures.</param>
    public static JoinedEmbedder Open(ModelPack pack, ModelPack standard, int threads)
    {
        (EmbeddingPlan Plan, ModelPack Pack)[] parts = pack.Manifest.Name == PrecisePack.Name
            ? [(MobileFaceNet.Plan, standard), (FaceReidentification0095.Plan, pack)]
            : [(MobileFaceNet.Plan, standard), (DlibFaceNet.Plan, standard)];
        var nets = new List<EmbeddingNet>();
        try
        {
            foreach (var (plan, from) in parts) nets.Add(EmbeddingNet.Open(plan, from, threads));
            return new(pack.Id, [.. nets]);
        }
        catch
        {
            nets.ForEach(net => net.Dispose());
            throw;
        }
    }

    /// <summary>Aligns a face for the first network; the rest follows when it turns out to be good enough.</summary>
    public FaceInHand Align(Picture picture, SimilarityTransform alignedToPicture, PixelSampler sampler)
    {
        var run = _nets[0].Rent();
        _nets[0].Align(run, picture, alignedToPicture, sampler);
        return new(picture, alignedToPicture, run);
    }

    /// <summary>Embeds a face with all networks.</summary>
    public FaceTemplate Embed(FaceInHand face, PixelSampler sampler)
    {
        Span<float> joined = stackalloc float[Dimensions];
        var at = 0;
        foreach (var net in _nets)
        {
            var vector = joined.Slice(at, net.Plan.Dimensions);
            at += vector.Length;
            if (net == _nets[0])
            {
                net.Embed(face.Run, vector);
                continue;
            }
            using var run = net.Rent();
            net.Align(run, face.Picture, face.AlignedToPicture, sampler);
            net.Embed(run, vector);
        }
        UnitVector.Normalise(joined);
        return new(Pack, joined);
    }

    public void Dispose()
    {
        foreach (var net in _nets) net.Dispose();
    }

    /// <summary>A face that is aligned for the first network.</summary>
    internal readonly record struct FaceInHand(
        Picture Picture, SimilarityTransform AlignedToPicture, OnnxRun Run) : IDisposable
    {
        /// <summary>The aligned face as MobileFaceNet takes it.</summary>
        public ReadOnlySpan<float> Aligned => Run.Input[..MobileFaceNet.Plan.Length];

        public void Dispose() => Run.Dispose();
    }
}
