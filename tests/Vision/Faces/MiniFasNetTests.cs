using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>The live score of a single frame; photographs lie beside the repository or nowhere.</summary>
public sealed class MiniFasNetTests(PreciseFaceBed bed) : IClassFixture<PreciseFaceBed>
{
    [SkippableFact]
    public void Live_faces_pass_and_most_attacks_do_not()
    {
        var folder = SharedFolder.Require("shared/data/liveness");
        var scores = File.ReadLines(Path.Combine(folder, "liveness.csv")).Skip(1).Select(row => row.Split(','))
            .Select(cells => (IsLive: cells[1] == "live", Score: Score(Path.Combine(folder, cells[0])))).ToArray();
        Assert.Equal(9, scores.Length);
        Assert.All(scores.Where(one => one.IsLive), one => Assert.InRange(one.Score, Face.LiveScoreMin, 1));
        // Colours the other way round, or another part of the picture, let two or more pass.
        Assert.InRange(scores.Count(one => !one.IsLive && one.Score >= Face.LiveScoreMin), 0, 1);
    }

    [SkippableFact]
    public void A_face_with_a_flaw_and_a_pack_without_the_network_have_no_score()
    {
        var tiny = FaceBed.Place(FaceBed.Scaled(bed.CutFace(5, 2), 0.15f), 160, 120, 40, 30);
        Assert.Null(bed.Pipeline.Read(tiny, FaceDemand.Recognise).Target!.LiveScore);
        using var standard = new FaceBed();
        Assert.Null(standard.Pipeline.Read(bed.CutFace(5, 2), FaceDemand.Recognise).Target!.LiveScore);
    }

    [Theory]
    [InlineData(300, 200, 100, 100, 215, 115, 270)] // In the middle of a large picture.
    [InlineData(0, 0, 100, 100, 0, 0, 270)] // At the corner it is moved.
    [InlineData(100, 100, 300, 300, 10, 0, 480)] // A large face: the whole height.
    [InlineData(-50, -50, 5_000, 5_000, 160, 0, 480)]
    public void The_surroundings_lie_inside_the_picture(
        float x, float y, float width, float height, int left, int top, int side)
    {
        var picture = new Picture(640, 480, new byte[640 * 480 * 3]);
        var square = MiniFasNet.Surroundings(picture, new(x, y, width, height, 1));
        Assert.Equal(new PixelSampler.Square(left, top, side), square);
    }

    private float Score(string path) =>
        bed.Pipeline.Read(FaceBed.Decode(path), FaceDemand.Recognise).Target!.LiveScore!.Value;
}
