using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// MiniFASNetV2 of Silent-Face-Anti-Spoofing: does the face with its surroundings look like a person, or like a picture
/// of one? It looks at a single frame and stops many printed and shown photos; it does not stop rendered or injected
/// video, and no decision about money rests on it alone.
/// </summary>
internal sealed class MiniFasNet : IDisposable
{
    private const int Side = 80;
    private const string Classes = "output";
    private const int ClassCount = 3;
    private const int LiveClass = 1;

    // The frame of a print or screen lies around the face: the network was trained on this much of it.
    private const float Enlargement = 2.7f;

    private static readonly PixelSampler.Values AsIs = new(1, 0);

    private readonly OnnxModel _model;

    private MiniFasNet(OnnxModel model) => _model = model;

    /// <summary>Null where the pack has none. The standard pack's two liveness networks let all five attacks of the
    /// smoke test pass as surely as the four live faces, so they are not asked.</summary>
    public static MiniFasNet? OfPack(ModelPack pack, int threads) =>
        pack.Manifest.Name == PrecisePack.Name ? new(pack.Open("minifasnet-v2", threads)) : null;

    /// <summary>Buffers of the bare network, for measuring the pipeline beside it.</summary>
    public OnnxRun Rent() => _model.Rent();

    /// <summary>0..1; live faces score high.</summary>
    public float Score(Picture picture, FaceBox box, PixelSampler sampler)
    {
        using var run = _model.Rent();
        sampler.LetterboxToPlanes(picture, Surroundings(picture, box), Side, run.Input, AsIs, isBlueFirst: true);
        run.Run();
        var classes = run.Output(Classes)[..ClassCount];
        var (most, sum) = (float.MinValue, 0f);
        foreach (var value in classes) most = MathF.Max(most, value);
        foreach (var value in classes) sum += MathF.Exp(value - most);
        return MathF.Exp(classes[LiveClass] - most) / sum;
    }

    /// <summary>Moved and shrunk until it lies inside the picture, as in training.</summary>
    internal static PixelSampler.Square Surroundings(Picture picture, FaceBox box)
    {
        var side = (int)MathF.Min(
            Enlargement * MathF.Sqrt(box.Width * box.Height), Math.Min(picture.Width, picture.Height));
        return new(
            Math.Clamp((int)(box.X + (box.Width - side) / 2), 0, picture.Width - side),
            Math.Clamp((int)(box.Y + (box.Height - side) / 2), 0, picture.Height - side), Math.Max(1, side));
    }

    public void Dispose() => _model.Dispose();
}
