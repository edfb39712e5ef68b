using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// YuNet 2023mar of the OpenCV Zoo, 640x640: finds faces of about 10 to 300 pixels of its square. What is larger or
/// very dark it misses, so BlazeFace looks again where it found nobody.
/// </summary>
internal sealed class YuNet : FaceDetector
{
    private const int Side = 640;

    // The geometric mean of "this is a face" and "this cell holds it". The persons of the group pictures and whole
    // photographs score 0.81 and more; what is none (a hand, a pattern) was seen with 0.61 to 0.78. The test
    // Group_pictures_hold_exactly_their_people counts at it.
    private const float ScoreMin = 0.8f;

    // By so much of the box's height the middle of the face lies below the middle of the box.
    private const float HairShare = 0.05f;

    private static readonly PixelSampler.Values AsIs = new(1, 0);
    private static readonly Grid[] Grids = [new(8), new(16), new(32)];

    private readonly BlazeFace _second;

    private YuNet(OnnxModel model, BlazeFace second)
        : base(model) => _second = second;

    /// <summary>One answer a cell; offsets count from the cell's upper left corner, in cells.</summary>
    private sealed record Grid(int Stride)
    {
        public int Cells { get; } = Side / Stride;
        public string IsFace { get; } = $"cls_{Stride}";
        public string IsHere { get; } = $"obj_{Stride}";
        public string Boxes { get; } = $"bbox_{Stride}";
        public string Points { get; } = $"kps_{Stride}";
    }

    // Where 40 pixels of the picture still are 12 of the square.
    protected override int SquareSideEnough => 2_048;

    public static YuNet Open(ModelPack precise, ModelPack standard, int threads)
    {
        var second = BlazeFace.Open(standard, threads);
        try
        {
            return new(precise.Open("yunet", threads), second);
        }
        catch
        {
            second.Dispose();
            throw;
        }
    }

    public override void Find(Picture picture, PixelSampler sampler, List<FaceCandidate> found)
    {
        base.Find(picture, sampler, found);
        if (found.Count == 0) _second.Find(picture, sampler, found);
    }

    public override void Dispose()
    {
        base.Dispose();
        _second.Dispose();
    }

    protected override void Look(
        OnnxRun run, Picture picture, PixelSampler sampler, PixelSampler.Square square, List<FaceCandidate> found)
    {
        sampler.LetterboxToPlanes(picture, square, Side, run.Input, AsIs, isBlueFirst: true);
        run.Run();
        foreach (var grid in Grids)
            Decode(
                grid, run.Output(grid.IsFace), run.Output(grid.IsHere), run.Output(grid.Boxes),
                run.Output(grid.Points), square, found);
    }

    private static void Decode(
        Grid grid, ReadOnlySpan<float> isFace, ReadOnlySpan<float> isHere, ReadOnlySpan<float> boxes,
        ReadOnlySpan<float> points, PixelSampler.Square square, List<FaceCandidate> found)
    {
        var scale = grid.Stride * square.Side / (float)Side;
        for (var cell = 0; cell < grid.Cells * grid.Cells; cell++)
        {
            var score = MathF.Sqrt(Math.Clamp(isFace[cell], 0, 1) * Math.Clamp(isHere[cell], 0, 1));
            if (!(score >= ScoreMin)) continue;
            var (column, row) = (cell % grid.Cells, cell / grid.Cells);
            var box = boxes.Slice(cell * 4, 4);
            var (width, height) = (MathF.Exp(box[2]) * scale, MathF.Exp(box[3]) * scale);
            if (!(width > 1 && height > 1)) continue;
            var middle = At(box[0], box[1]);
            // The person's right eye comes first, which is the left one as seen.
            var five = points.Slice(cell * 10, 10);
            var (left, right) = (At(five[0], five[1]), At(five[2], five[3]));
            // The box holds the hair too: what lies between brows and chin is as high as the box is wide.
            found.Add(new(
                new(middle.X - width / 2, middle.Y - height / 2, width, height, score),
                middle with { Y = middle.Y + HairShare * height }, width,
                MathF.Atan2(right.Y - left.Y, right.X - left.X)));

            FacePoint At(float x, float y) =>
                new((x + column) * scale + square.X - 0.5f, (y + row) * scale + square.Y - 0.5f);
        }
    }
}
