using System.Runtime.InteropServices;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// MobileFaceNet, 112x112 to 192 numbers. The crop and its mirror image are embedded in one run of two, added and
/// normalised, which evens out the light from the side.
/// </summary>
internal sealed class MobileFaceNet : IDisposable
{
    public const int Dimensions = 192;
    public const int Side = 112;

    private const int Values = Side * Side * 3;
    private const string Embedding = "embedding";

    // Where the net was trained to find the eyes, nose and mouth corners.
    private static readonly FacePoint[] AlignedPoints =
    [
        new(38.2946f, 51.6963f), new(73.5318f, 51.5014f), new(56.0252f, 71.7366f), new(41.5493f, 92.3655f),
        new(70.7299f, 92.2041f),
    ];

    /// <summary>(x - 127.5) / 128.</summary>
    public static readonly PixelSampler.Values MinusOneToOne = new(1 / 128f, -127.5f / 128f);

    private readonly OnnxModel _model;

    private MobileFaceNet(OnnxModel model) => _model = model;

    public static MobileFaceNet Open(ModelPack pack, int threads) =>
        new(pack.Open("mobilefacenet", threads, pictures: 2));

    /// <summary>Buffers of the bare network for a face and its mirror image.</summary>
    public OnnxRun Rent() => _model.Rent();

    /// <summary>Fills the run's first picture with the aligned face.</summary>
    public static void Align(OnnxRun run, Picture picture, FivePoints points, PixelSampler sampler)
    {
        ReadOnlySpan<FacePoint> found =
            [points.LeftEye, points.RightEye, points.Nose, points.MouthLeft, points.MouthRight];
        var toPicture = SimilarityTransform.Fit(AlignedPoints, found);
        sampler.Warp(picture, toPicture, Side, run.Input[..Values], MinusOneToOne);
    }

    /// <summary>Fills the run's first picture with a square crop that is aligned already.</summary>
    public static void TakeAligned(OnnxRun run, Picture crop, PixelSampler sampler) =>
        sampler.Letterbox(crop, new(0, 0, crop.Width), Side, run.Input[..Values], MinusOneToOne);

    /// <summary>The aligned face that the run holds.</summary>
    public static ReadOnlySpan<float> Aligned(OnnxRun run) => run.Input[..Values];

    /// <summary>Embeds the aligned face and its mirror image.</summary>
    public static FaceTemplate Embed(OnnxRun run, string pack)
    {
        Mirror(run.Input[..Values], run.Input.Slice(Values, Values));
        run.Run();
        var output = run.Output(Embedding);
        Span<float> sum = stackalloc float[Dimensions];
        for (var i = 0; i < sum.Length; i++) sum[i] = output[i] + output[Dimensions + i];
        UnitVector.Normalise(sum);
        return new(pack, sum);
    }

    private static void Mirror(ReadOnlySpan<float> source, Span<float> target)
    {
        var from = MemoryMarshal.Cast<float, Pixel>(source);
        var to = MemoryMarshal.Cast<float, Pixel>(target);
        for (var y = 0; y < Side; y++)
        {
            var row = to.Slice(y * Side, Side);
            from.Slice(y * Side, Side).CopyTo(row);
            row.Reverse();
        }
    }

    public void Dispose() => _model.Dispose();

    private readonly record struct Pixel(float Red, float Green, float Blue);
}
