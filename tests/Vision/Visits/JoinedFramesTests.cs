using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;
using SightPay.Vision.Tests.Faces;
using SightPay.Vision.Visits;
using Xunit;

namespace SightPay.Vision.Tests.Visits;

/// <summary>The frames of a visit, looked at together.</summary>
public sealed class JoinedFramesTests(FaceBed bed) : IClassFixture<FaceBed>
{
    private const string Pack = "standard-2";
    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(340);

    private readonly FaceVisit _visit = new() { GoesOn = true };
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Three_noisy_frames_together_are_nearer_to_the_enrolled_photograph_than_each_of_them()
    {
        var random = new Random(4);
        foreach (var (sample, face) in ((int, int)[])[(1, 0), (2, 1), (4, 0), (5, 2), (6, 0), (6, 3)])
        {
            var cut = bed.CutFace(sample, face);
            var enrolled = bed.Pipeline.Read(cut, FaceDemand.Recognise).Target!.Template!;
            var visit = new FaceVisit { GoesOn = true };
            var singles = new List<float>();
            FaceTemplate? joined = null;
            for (var frame = 0; frame < 3; frame++)
            {
                var reading = bed.Pipeline.Read(Noisy(cut, random), FaceDemand.RecogniseAll);
                singles.Add(FacePipeline.Similarity(reading.Target!.Template!, enrolled));
                joined = visit.Take(reading, _now += FrameTime).Joined;
            }
            Assert.Equal(3, joined!.Photos);
            Assert.InRange(FacePipeline.Similarity(joined, enrolled), singles.Max() + 0.001f, 1);
        }
    }

    [Fact]
    public void S1_bystander_charge_Whoever_steps_into_anothers_place_is_looked_at_alone()
    {
        var (one, other) = (Face(0, 1), Face(0, 1, 0.1f));
        foreach (var next in (Face[])[Face(1, 1), Face(0, 0.5f), other])
        {
            var visit = new FaceVisit { GoesOn = true };
            for (var frame = 0; frame < 3; frame++) visit.Take(Reading(Moved(one, frame)), _now += FrameTime);
            var seen = visit.Take(Reading(Moved(next, 3)), _now += FrameTime);
            Assert.Equal(next == other ? 3 : null, seen.Joined?.Photos);
        }
    }

    [Fact]
    public void Somebody_who_resembles_the_last_frame_and_not_the_one_before_is_looked_at_alone()
    {
        // The angles between them: 30, 40 and 70 degrees, whose cosines are 0.87, 0.77 and 0.34.
        var faces = ((float[])[0, 30, 70]).Select(Turned).ToArray();
        Assert.Null(Take(Moved(faces[0], 0)).Joined);
        Assert.Equal(2, Take(Moved(faces[1], 1)).Joined!.Photos);
        var third = Take(Moved(faces[2], 2));
        Assert.Null(third.Joined);
        Assert.False(third.IsEarly);
        Assert.Equal(2, Take(Moved(faces[2], 3)).Joined!.Photos);
    }

    [Fact]
    public void The_last_three_frames_are_joined_weighted_by_quality_and_spread()
    {
        for (var frame = 0; frame < 8; frame++)
            Assert.Equal(frame == 0 ? null : Math.Min(frame + 1, 3), Take(Moved(Turned(frame), frame)).Joined?.Photos);
        var expected = FacePipeline.Fuse([Turned(6), Turned(7), Turned(20) with { Quality = Quality(0.2f) }]);
        var joined = Take(Moved(Turned(20) with { Quality = Quality(0.2f) }, 8)).Joined!;
        Assert.Equal(1, FacePipeline.Similarity(expected, joined), 5);
        Assert.NotEqual(1, FacePipeline.Similarity(FacePipeline.Fuse([Turned(6), Turned(7), Turned(20)]), joined), 5);

        // Ten in a tenth of a second are two: the first and the newest.
        var quick = new FaceVisit { GoesOn = true };
        var last = default(VisitFrame);
        for (var frame = 0; frame < 10; frame++)
            last = quick.Take(Reading(Moved(Turned(frame), frame)), _now += TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, FacePipeline.Similarity(FacePipeline.Fuse([Turned(0), Turned(9)]), last.Joined!), 5);
    }

    [Fact]
    public void A_clear_frame_is_joined_with_clear_ones_alone_and_a_poor_one_with_all()
    {
        Face Poor(float degrees) => Turned(degrees) with { Quality = Quality(1) with { IsClear = false } };
        Assert.Null(Take(Moved(Poor(0), 0)).Joined);
        Assert.Null(Take(Moved(Turned(2), 1)).Joined);
        Assert.Equal(2, Take(Moved(Turned(4), 2)).Joined!.Photos);
        Assert.Equal(3, Take(Moved(Poor(6), 3)).Joined!.Photos);
    }

    [Fact]
    public void Only_where_more_frames_will_come_the_first_two_are_early()
    {
        bool[] Early(FaceVisit visit) => [.. Enumerable.Range(0, 4).Select(
            i => visit.Take(Reading(Moved(Turned(0), i)), _now += FrameTime).IsEarly)];
        Assert.Equal([true, true, false, false], Early(_visit));
        Assert.Equal([false, false, false, false], Early(new FaceVisit()));
    }

    private VisitFrame Take(Face face) => _visit.Take(Reading(face), _now += FrameTime);

    private static FaceReading Reading(Face face) => new([face], [face.Box], 1000, 0, 0);

    private static Face Moved(Face face, int frame) => face with { Box = new(400 + frame, 300, 200, 200, 1) };

    private static Face Turned(float degrees) =>
        Face(0, MathF.Cos(float.DegreesToRadians(degrees)), MathF.Sin(float.DegreesToRadians(degrees)));

    /// <summary>Somebody's number, and how much of a second and third one is in it.</summary>
    private static Face Face(int person, float own, float second = 0)
    {
        var numbers = new float[320];
        numbers[person] = own;
        numbers[10] = second;
        numbers[20] = MathF.Sqrt(MathF.Max(0, 1 - own * own - second * second));
        UnitVector.Normalise(numbers);
        return new(default, default, Quality(1), new FaceTemplate(Pack, numbers));
    }

    private static FaceQuality Quality(float score) =>
        new(score, 80, 900, 0, 0, 120, 40, FaceFlaw.None) { IsClear = true };

    private static Picture Noisy(Picture picture, Random random)
    {
        var pixels = picture.Pixels.ToArray();
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)Math.Clamp(pixels[i] + 50 * (random.NextDouble() + random.NextDouble() - 1), 0, 255);
        return new(picture.Width, picture.Height, pixels);
    }
}
