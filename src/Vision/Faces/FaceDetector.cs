using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>A detection before it is looked at closely, in pixels of the picture.</summary>
/// <param name="Box">As the network draws it.</param>
/// <param name="Centre">Middle of the square from the brows to the chin.</param>
/// <param name="Side">Of that square.</param>
/// <param name="Turn">Radians by which the line of the eyes falls to the right.</param>
internal readonly record struct FaceCandidate(FaceBox Box, FacePoint Centre, float Side, float Turn)
{
    public float Area => Box.Width * Box.Height;
}

/// <summary>
/// Finds faces with a network that looks at one square. The whole picture is looked at first; where that finds no
/// face, it looks at squares of it, ever smaller ones, so that a small face in a phone photo is found.
/// </summary>
internal abstract class FaceDetector(OnnxModel model) : IDisposable
{
    // Boxes that share more than this are one face; from the count of people in the group pictures.
    private const float OverlapMax = 0.3f;

    // A bound on the runs one picture may cost. 24 megapixels take 6 and 35 squares; a third round would be 150 more,
    // so there the smallest square is 1500 pixels wide.
    private const int SquaresMax = 80;

    /// <summary>The precise pack brings YuNet; BlazeFace comes with the standard one.</summary>
    public static FaceDetector OfPack(ModelPack pack, ModelPack standard, int threads) =>
        pack.Manifest.Name == PrecisePack.Name
            ? YuNet.Open(pack, standard, threads)
            : BlazeFace.Open(standard, threads);

    /// <summary>Buffers of the bare network, for measuring the pipeline beside it.</summary>
    public OnnxRun Rent() => model.Rent();

    /// <summary>Fills <paramref name="found"/> with all faces, largest first.</summary>
    public virtual void Find(Picture picture, PixelSampler sampler, List<FaceCandidate> found)
    {
        found.Clear();
        using var run = model.Rent();
        var longSide = Math.Max(picture.Width, picture.Height);
        // The picture sits in the middle of its square, as the nets were trained: at the top one misses a face of a
        // group.
        Look(run, picture, sampler, Middle(picture, longSide), found);
        LookCloser(run, picture, sampler, longSide, found);
        Suppress(found);
        found.Sort(static (a, b) => b.Area.CompareTo(a.Area));
    }

    /// <summary>A square of this side shows every face that the quality gate would take (about 40 pixels wide); smaller
    /// ones are not looked at.</summary>
    protected abstract int SquareSideEnough { get; }

    /// <summary>Adds the faces of one square.</summary>
    protected abstract void Look(
        OnnxRun run, Picture picture, PixelSampler sampler, PixelSampler.Square square, List<FaceCandidate> found);

    private void LookCloser(
        OnnxRun run, Picture picture, PixelSampler sampler, int longSide, List<FaceCandidate> found)
    {
        var squares = 0;
        for (var side = longSide / 2; found.Count == 0 && side * 2 > SquareSideEnough; side /= 2)
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
    }

    private static PixelSampler.Square Middle(Picture picture, int side) =>
        new((picture.Width - side) / 2, (picture.Height - side) / 2, side);

    private static int Steps(int length, int side) =>
        length <= side ? 1 : 1 + (int)Math.Ceiling((length - side) / (side * 0.5));

    private static int Position(int step, int steps, int length, int side) =>
        steps == 1 ? (length - side) / 2 : (int)((long)step * (length - side) / (steps - 1));

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

    public virtual void Dispose() => model.Dispose();
}
