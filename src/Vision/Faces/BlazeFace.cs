using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>BlazeFace back, 256x256: finds faces of every size that fills a fair part of its square.</summary>
internal sealed class BlazeFace : FaceDetector
{
    private const int Side = 256;
    private const int ValuesPerAnchor = 16;

    // A logit of 0 is a score of 0.5: a face in 64 of 64 whole photographs, and exactly 3, 3, 3, 4, 5 and 4 in the six
    // group pictures. The test Group_pictures_hold_exactly_their_people counts them again.
    private const float LogitMin = 0;

    private static readonly PixelSampler.Values MinusOneToOne = new(1 / 127.5f, -1);

    // Two grids: 16x16 cells with 2 anchors and 8x8 cells with 6; anchors sit in the middle of their cell.
    private static readonly Grid[] Grids =
        [new(16, 2, "scores_stride16", "boxes_stride16"), new(8, 6, "scores_stride32", "boxes_stride32")];

    private BlazeFace(OnnxModel model)
        : base(model)
    {
    }

    private readonly record struct Grid(int Cells, int AnchorsPerCell, string Scores, string Boxes)
    {
        public int Anchors => Cells * Cells * AnchorsPerCell;
    }

    // So a 640x480 frame never costs more than one run.
    protected override int SquareSideEnough => 640;

    public static BlazeFace Open(ModelPack standard, int threads) => new(standard.Open("blazeface-back", threads));

    protected override void Look(
        OnnxRun run, Picture picture, PixelSampler sampler, PixelSampler.Square square, List<FaceCandidate> found)
    {
        sampler.Letterbox(picture, square, Side, run.Input, MinusOneToOne);
        run.Run();
        foreach (var grid in Grids)
            Decode(grid, run.Output(grid.Scores), run.Output(grid.Boxes), square, found);
    }

    private static void Decode(
        Grid grid, ReadOnlySpan<float> scores, ReadOnlySpan<float> boxes, PixelSampler.Square square,
        List<FaceCandidate> found)
    {
        var scale = square.Side / (float)Side;
        for (var i = 0; i < grid.Anchors; i++)
        {
            if (!(scores[i] >= LogitMin)) continue;
            var cell = i / grid.AnchorsPerCell;
            var anchorX = (cell % grid.Cells + 0.5f) / grid.Cells * Side;
            var anchorY = (cell / grid.Cells + 0.5f) / grid.Cells * Side;
            var values = boxes.Slice(i * ValuesPerAnchor, ValuesPerAnchor);
            var (width, height) = (values[2] * scale, values[3] * scale);
            if (!(width > 1 && height > 1)) continue;
            var centre = At(values[0], values[1]);
            var (left, right) = (At(values[4], values[5]), At(values[6], values[7]));
            found.Add(new(
                new(centre.X - width / 2, centre.Y - height / 2, width, height, 1 / (1 + MathF.Exp(-scores[i]))),
                centre, MathF.Max(width, height), MathF.Atan2(right.Y - left.Y, right.X - left.X)));

            // Minus a half: the net measures from the picture's corner, we from the middle of its first pixel.
            FacePoint At(float x, float y) =>
                new((x + anchorX) * scale + square.X - 0.5f, (y + anchorY) * scale + square.Y - 0.5f);
        }
    }
}
