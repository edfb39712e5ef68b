using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>A detection before it is looked at closely: box and eyes in pixels of the picture.</summary>
internal readonly record struct FaceCandidate(FaceBox Box, FacePoint LeftEye, FacePoint RightEye)
{
    public float Area => Box.Width * Box.Height;
    public FacePoint Centre => new(Box.X + Box.Width / 2, Box.Y + Box.Height / 2);
}

/// <summary>
/// BlazeFace back, 256x256: finds faces. The whole picture is looked at first; where that finds no face and the picture
/// is large, squares of it are looked at, ever smaller ones, so that a small face in a phone photo is found.
/// </summary>
internal sealed class BlazeFace : IDisposable
{
    private const int Side = 256;
    private const int ValuesPerAnchor = 16;

    // A logit of 0 is a score of 0.5: a face in 64 of 64 whole photographs, and exactly 3, 3, 3, 4, 5 and 4 in the six
    // group pictures. The test Group_pictures_hold_exactly_their_people counts them again.
    private const float LogitMin = 0;

    // Boxes that share more than this are one face; from the same count.
    private const float OverlapMax = 0.3f;

    // The loop stops here, so a 640x480 frame never costs more than one run. A face that is lost in 640 pixels is about
    // 40 pixels wide or less, at the edge of what the quality gate takes.
    private const int SquareSideMin = 640;

    // A bound on the runs one picture may cost. 24 megapixels take 6 and 35 squares; a third round would be 150 more,
    // so there the smallest square is 1500 pixels wide.
    private const int SquaresMax = 80;

    private static readonly PixelSampler.Values MinusOneToOne = new(1 / 127.5f, -1);

    // Two grids: 16x16 cells with 2 anchors and 8x8 cells with 6; anchors sit in the middle of their cell.
    private static readonly Grid[] Grids =
        [new(16, 2, "scores_stride16", "boxes_stride16"), new(8, 6, "scores_stride32", "boxes_stride32")];

    private readonly OnnxModel _model;

    private BlazeFace(OnnxModel model) => _model = model;

    private readonly record struct Grid(int Cells, int AnchorsPerCell, string Scores, string Boxes)
    {
        public int Anchors => Cells * Cells * AnchorsPerCell;
    }

    public static BlazeFace Open(ModelPack pack, int threads) => new(pack.Open("blazeface-back", threads));

    /// <summary>Buffers of the bare network, for measuring the pipeline beside it.</summary>
    public OnnxRun Rent() => _model.Rent();

    /// <summary>Fills <paramref name="found"/> with all faces, largest first.</summary>
    public void Find(Picture picture, PixelSampler sampler, List<FaceCandidate> found)
    {
        found.Clear();
        using var run = _model.Rent();
        var longSide = Math.Max(picture.Width, picture.Height);
        // The picture sits in the middle of its square, as the net was trained: at the top it misses a face of a group.
        Look(run, picture, sampler, Middle(picture, longSide), found);
        var squares = 0;
        for (var side = longSide / 2; found.Count == 0 && side * 2 > SquareSideMin; side /= 2)
        {
            // Squares overlap by half, so that a face on the edge of one lies inside another.
            var columns = Steps(picture.Width, side);
            var rows = Steps(picture.Height, side);
            squares += columns * rows;
            if (squares > SquaresMax) break;
            for (var row = 0; row < rows; row++)
                for (var column = 0; column < columns; column++)
                {
                    var x = Position(column, columns, picture.Width, side);
                    var y = Position(row, rows, picture.Height, side);
                    Look(run, picture, sampler, new(x, y, side), found);
                }
        }
        Suppress(found);
        found.Sort(static (a, b) => b.Area.CompareTo(a.Area));
    }

    private static PixelSampler.Square Middle(Picture picture, int side) =>
        new((picture.Width - side) / 2, (picture.Height - side) / 2, side);

    private static int Steps(int length, int side) =>
        length <= side ? 1 : 1 + (int)Math.Ceiling((length - side) / (side * 0.5));

    private static int Position(int step, int steps, int length, int side) =>
        steps == 1 ? (length - side) / 2 : (int)((long)step * (length - side) / (steps - 1));

    private static void Look(
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
            found.Add(new(
                new(centre.X - width / 2, centre.Y - height / 2, width, height, 1 / (1 + MathF.Exp(-scores[i]))),
                At(values[4], values[5]), At(values[6], values[7])));

            // Minus a half: the net measures from the picture's corner, we from the middle of its first pixel.
            FacePoint At(float x, float y) =>
                new((x + anchorX) * scale + square.X - 0.5f, (y + anchorY) * scale + square.Y - 0.5f);
        }
    }

    /// <summary>Keeps the best of every heap of overlapping boxes.</summary>
    internal static void Suppress(List<FaceCandidate> found)
    {
        found.Sort(static (a, b) => b.Box.FaceScore.CompareTo(a.Box.FaceScore));
        var kept = 0;
        for (var i = 0; i < found.Count; i++)
        {
            var candidate = found[i];
            var isNew = true;
            for (var k = 0; k < kept && isNew; k++) isNew = Overlap(found[k].Box, candidate.Box) <= OverlapMax;
            if (isNew) found[kept++] = candidate;
        }
        found.RemoveRange(kept, found.Count - kept);
    }

    /// <summary>Shared area over joined area, 0..1.</summary>
    internal static float Overlap(FaceBox a, FaceBox b)
    {
        var width = MathF.Min(a.X + a.Width, b.X + b.Width) - MathF.Max(a.X, b.X);
        var height = MathF.Min(a.Y + a.Height, b.Y + b.Height) - MathF.Max(a.Y, b.Y);
        if (width <= 0 || height <= 0) return 0;
        var shared = width * height;
        return shared / (a.Width * a.Height + b.Width * b.Height - shared);
    }

    public void Dispose() => _model.Dispose();
}
