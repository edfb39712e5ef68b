using System.Runtime.InteropServices;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>What an embedding network takes and answers.</summary>
/// <param name="Model">Its name in the pack.</param>
/// <param name="Side">Of the square it looks at, in pixels.</param>
/// <param name="Dimensions">Numbers it answers.</param>
/// <param name="ToAligned">From its square to <see cref="AlignedFace"/>.</param>
/// <param name="Values">How it wants a byte.</param>
/// <param name="TakesPlanes">It wants all reds, then all greens, then all blues, and not pixel after pixel.</param>
internal sealed record EmbeddingPlan(
    string Model, int Side, int Dimensions, SimilarityTransform ToAligned, PixelSampler.Values Values,
    bool TakesPlanes = false)
{
    public int Length => Side * Side * 3;
}

/// <summary>
/// One embedding network. A face and its mirror image are embedded in one run of two, added and normalised, which evens
/// out the light from the side.
/// </summary>
internal sealed class EmbeddingNet : IDisposable
{
    private const string Embedding = "embedding";

    private readonly OnnxModel _model;

    private EmbeddingNet(EmbeddingPlan plan, OnnxModel model) => (Plan, _model) = (plan, model);

    public EmbeddingPlan Plan { get; }

    public static EmbeddingNet Open(EmbeddingPlan plan, ModelPack pack, int threads) =>
        new(plan, pack.Open(plan.Model, threads, pictures: 2));

    /// <summary>Buffers for a face and its mirror image.</summary>
    public OnnxRun Rent() => _model.Rent();

    /// <summary>Fills the run's first picture.</summary>
    public void Align(OnnxRun run, Picture picture, SimilarityTransform alignedToPicture, PixelSampler sampler)
    {
        var toPicture = alignedToPicture.After(Plan.ToAligned);
        var target = run.Input[..Plan.Length];
        if (Plan.TakesPlanes) sampler.WarpToPlanes(picture, toPicture, Plan.Side, target, Plan.Values);
        else sampler.Warp(picture, toPicture, Plan.Side, target, Plan.Values);
    }

    /// <summary>Embeds the face that the run holds and its mirror image, into a vector of unit length.</summary>
    public void Embed(OnnxRun run, Span<float> vector)
    {
        if (vector.Length != Plan.Dimensions) throw new ArgumentException("The vector has another length.");
        Mirror(run.Input[..Plan.Length], run.Input.Slice(Plan.Length, Plan.Length));
        run.Run();
        var output = run.Output(Embedding);
        for (var i = 0; i < vector.Length; i++) vector[i] = output[i] + output[vector.Length + i];
        UnitVector.Normalise(vector);
    }

    private void Mirror(ReadOnlySpan<float> source, Span<float> target)
    {
        if (Plan.TakesPlanes) MirrorRows(source, target, Plan.Side);
        else
            MirrorRows(
                MemoryMarshal.Cast<float, Pixel>(source), MemoryMarshal.Cast<float, Pixel>(target), Plan.Side);
    }

    private static void MirrorRows<T>(ReadOnlySpan<T> source, Span<T> target, int width)
    {
        source.CopyTo(target);
        for (var at = 0; at < target.Length; at += width) target.Slice(at, width).Reverse();
    }

    public void Dispose() => _model.Dispose();

    private readonly record struct Pixel(float Red, float Green, float Blue);
}
