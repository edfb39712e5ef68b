using System.Runtime.Intrinsics;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>
/// PP-OCRv4's finder of writing. It takes pictures of any size; ours are fitted into a few canvases, so that buffers
/// are made once.
/// </summary>
internal sealed class PpOcrDetector : IDisposable
{
    private const string Output = "sigmoid_0.tmp_0";

    // ImageNet's mean and deviation, for bytes.
    private static readonly PlaneValues Values = new(
        Vector128.Create(1 / (255 * 0.229f), 1 / (255 * 0.224f), 1 / (255 * 0.225f), 0),
        Vector128.Create(-0.485f / 0.229f, -0.456f / 0.224f, -0.406f / 0.225f, 0));

    /// <summary>For a look at one plate and what is around it.</summary>
    public static readonly (int Width, int Height) Close = (320, 192);

    // Long side, and the short sides that go with it: 16:9, 4:3 and square.
    private static readonly (int Width, int Height)[] Canvases =
        [Close, .. from side in (int[])[640, 960, 1280]
            from size in ((int, int)[])
            [
                (side, Even(side * 9 / 16)), (side, Even(side * 3 / 4)), (side, side), (Even(side * 3 / 4), side),
                (Even(side * 9 / 16), side),
            ]
            select size];

    private readonly OnnxModel _model;

    private PpOcrDetector(OnnxModel model) => _model = model;

    public static PpOcrDetector Open(ModelPack standard, int threads) => new(standard.Open(
        "pp-ocrv4-det", threads,
        [.. Canvases.Select(size => new ModelShape(
            [1, 3, size.Height, size.Width],
            new Dictionary<string, long[]> { [Output] = [1, 1, size.Height, size.Width] }))]));

    public OnnxModel Network => _model;

    /// <summary>Fills <paramref name="found"/> with the writing of a part of the picture, in pixels of the picture.
    /// </summary>
    /// <param name="longSide">Of the canvas that the part is fitted into: 320, 640, 960 or 1280.</param>
    /// <returns>Which of the network's shapes that was.</returns>
    public int Find(
        Picture picture, PicturePart part, int longSide, PictureScaler scaler, WritingMap map, List<Writing> found)
    {
        var canvas = CanvasFor(part.Width, part.Height, longSide);
        var (width, height) = Canvases[canvas];
        using var run = _model.Rent(canvas);
        var factor = scaler.Fit(picture, part, width, height, run.Input, Values);
        run.Run();
        map.Find(run.Output(Output), width, height, found);
        for (var i = 0; i < found.Count; i++)
        {
            var quad = found[i].Quad;
            found[i] = found[i] with
            {
                Quad = new(ToPicture(quad.TopLeft), ToPicture(quad.TopRight), ToPicture(quad.BottomRight),
                    ToPicture(quad.BottomLeft)),
            };
        }
        return canvas;

        PlatePoint ToPicture(PlatePoint point) => new(part.X + point.X * factor, part.Y + point.Y * factor);
    }

    /// <summary>The smallest canvas of the long side that shows all of a part as large as its largest canvas would.
    /// </summary>
    private static int CanvasFor(int width, int height, int longSide)
    {
        var (best, bestFactor) = (-1, float.MaxValue);
        for (var i = 0; i < Canvases.Length; i++)
        {
            var (w, h) = Canvases[i];
            if (Math.Max(w, h) != longSide) continue;
            var factor = MathF.Max(width / (float)w, height / (float)h);
            var isBetter = factor < bestFactor * 0.99f
                || (factor < bestFactor * 1.01f && w * h < Canvases[best].Width * Canvases[best].Height);
            if (isBetter) (best, bestFactor) = (i, factor);
        }
        return best;
    }

    private static int Even(int side) => (side + 31) / 32 * 32;

    public void Dispose() => _model.Dispose();
}
