using SightPay.Vision.Faces;
using SightPay.Vision.Liveness;
using SightPay.Vision.Models;
using SightPay.Vision.Visits;
using Xunit;

namespace SightPay.Vision.Tests.Visits;

/// <summary>Who of several people stands before the camera: in one frame, and over the frames of a visit.</summary>
public sealed class ForemostFaceTests
{
    private const int Width = 1000;
    private static readonly string Pack = ModelPack.Load(EnginePaths.StandardPack).Id;

    private readonly FaceVisit _visit = new();
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    /// <summary>Area, C in the centre or E at the edge, S stable; who it is.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("100C", 0)]
    [InlineData("100E", 0)] // Alone at the edge is still alone.
    [InlineData("100C 39C", 0)] // Behind, in a queue.
    [InlineData("100C 40C", null)]
    [InlineData("100CS 40C", null)] // Somebody steps in beside the payer.
    [InlineData("100CS 40CS", null)]
    [InlineData("100C 39E", 0)] // Passing far off.
    [InlineData("100C 40E", null)] // A bystander nearer the edge: not in a single frame,
    [InlineData("100CS 40E", 0)] // and once the payer stood still,
    [InlineData("100CS 99ES", 0)] // whatever the bystander does.
    [InlineData("100CS 101E", null)] // Nearer than the payer: nobody.
    [InlineData("30C 100E", null)] // The largest is not in the centre: never the one behind.
    [InlineData("30CS 100E", null)]
    [InlineData("10C 100ES", null)]
    [InlineData("50C 100C", null)]
    [InlineData("30E 20E 100C 10C", 2)]
    [InlineData("30E 20E 100E 10C", null)]
    public void Who_stands_before_the_camera(string faces, int? expected) => Assert.Equal(
        expected,
        ForemostFace.Of([.. faces.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(face => new StandingFace(
            float.Parse(face.TrimEnd('C', 'E', 'S')), face.Contains('C'), face.Contains('S')))]));

    [Fact]
    public void Who_stood_still_for_three_frames_is_known_beside_somebody_at_the_edge()
    {
        Assert.Null(See(0.2, Person(0, 500, 200), Person(1, 900, 190)));
        Assert.Null(See(0.2, Person(0, 503, 200), Person(1, 905, 190)));
        Assert.Equal(0, See(0.2, Person(0, 501, 202), Person(1, 910, 190)));
        // Nearer for a moment: nobody; gone: known again.
        Assert.Null(See(0.2, Person(1, 880, 230), Person(0, 502, 201)));
        Assert.Equal(0, See(0.2, Person(0, 504, 201)));
    }

    [Fact]
    public void Three_frames_at_once_are_not_a_while()
    {
        for (var i = 0; i < 5; i++) Assert.Null(See(0.05, Person(0, 500 + i, 200), Person(1, 900 + i, 190)));
        for (var i = 5; i < 9; i++) See(0.05, Person(0, 500 + i, 200), Person(1, 900 + i, 190));
        Assert.Equal(0, See(0.05, Person(0, 520, 200), Person(1, 920, 190)));
    }

    [Fact]
    public void A_picture_that_comes_again_makes_nobody_stable()
    {
        for (var i = 0; i < 10; i++) Assert.Null(See(0.3, Person(0, 500 + i % 2, 200), Person(1, 900, 190)));
    }

    [Fact]
    public void Another_face_at_the_same_place_begins_anew_and_so_does_a_jump_or_a_gap()
    {
        void Settle()
        {
            for (var i = 0; i < 4; i++) See(0.2, Person(0, 500 + i, 200), Person(1, 900 + i, 190));
            Assert.Equal(0, See(0.2, Person(0, 510, 200), Person(1, 910, 190)));
        }
        Settle();
        Assert.Null(See(0.2, Person(2, 511, 200), Person(1, 911, 190)));
        Settle();
        Assert.Null(See(0.2, Person(0, 700, 200), Person(1, 911, 190)));
        See(5, Person(1, 900, 190));
        Settle();
        Assert.Null(See(5, Person(0, 512, 200), Person(1, 912, 190)));
    }

    [Fact]
    public void Who_leaves_the_centre_is_not_the_one_any_more()
    {
        for (var i = 0; i < 5; i++) See(0.2, Person(0, 500 + i, 200), Person(1, 950 + i, 190));
        Assert.Null(See(0.2, Person(0, 640, 200), Person(1, 955, 190), Person(2, 500, 150)));
        Assert.Null(See(0.2, Person(0, 770, 200), Person(2, 500, 150)));
        Assert.Null(See(0.2, Person(0, 830, 200), Person(2, 501, 199)));
    }

    [Fact]
    public void The_same_person_twice_is_one_and_told()
    {
        var frame = _visit.Take(Reading(Person(0, 300, 200), Person(0, 700, 180)), _now);
        Assert.Equal(new VisitFrame(0, true, LiveEvidence.Unknown), frame);
        frame = _visit.Take(Reading(Person(0, 500, 200), Person(1, 800, 190), Person(0, 100, 180)), _now);
        Assert.Equal(new VisitFrame(null, true, LiveEvidence.Unknown), frame);
        frame = _visit.Take(Reading(Person(0, 500, 200), Person(1, 100, 20)), _now);
        Assert.Equal(new VisitFrame(0, false, LiveEvidence.Unknown), frame);
    }

    [Fact]
    public void Faces_that_cannot_be_compared_stand_there_all_the_same()
    {
        Assert.Null(See(0.2, Person(0, 500, 200), Person(null, 900, 190)));
        Assert.Equal(0, See(0.2, Person(null, 500, 200), Person(0, 900, 50)));
        // Boxes beyond those that were looked at count as people too.
        var crowd = Reading(Person(0, 500, 200));
        crowd = crowd with { Boxes = [.. crowd.Boxes, new(0, 0, 190, 190, 1)] };
        Assert.Null(_visit.Take(crowd, _now).Foremost);
    }

    [Fact]
    public void Live_scores_are_counted_for_each_face_by_itself_and_a_repeated_picture_adds_none()
    {
        VisitFrame Take(params Face[] faces) => _visit.Take(Reading(faces), _now += TimeSpan.FromSeconds(0.2));
        Face Scored(int person, float x, float side, float score) => Person(person, x, side) with { LiveScore = score };
        for (var i = 0; i < 2; i++) Take(Scored(0, 500 + i, 200, 0.01f), Scored(1, 100 + i, 90, 0.9f));
        Assert.Equal(LiveEvidence.Unknown, Take(Scored(0, 501, 200, 0.01f), Scored(1, 102, 90, 0.9f)).Live);
        Assert.Equal(LiveEvidence.Picture, Take(Scored(0, 503, 200, 0.01f), Scored(1, 103, 90, 0.9f)).Live);
        Assert.Equal(LiveEvidence.Person, Take(Scored(1, 104, 90, 0.9f)).Live);
    }

    [Fact]
    public void A_frame_that_looks_like_a_picture_waits_for_two_more_where_more_will_come()
    {
        Face Scored(float x, float score) => Person(0, x, 200) with { LiveScore = score };
        bool[] Doubts(FaceVisit visit, params float[] scores) => [.. scores.Select((score, i) => visit.Take(
            Reading(Scored(500 + i, score)), _now += TimeSpan.FromSeconds(0.2)).IsDoubtful)];
        Assert.Equal([true, true, false, false], Doubts(new() { GoesOn = true }, 0.01f, 0.02f, 0.01f, 0.02f));
        Assert.Equal([false, true, false], Doubts(new() { GoesOn = true }, 0.9f, 0.1f, 0.9f));
        Assert.Equal([false, false, false], Doubts(new(), 0.01f, 0.02f, 0.01f));
    }

    private int? See(double seconds, params Face[] faces) =>
        _visit.Take(Reading(faces), _now += TimeSpan.FromSeconds(seconds)).Foremost;

    private static FaceReading Reading(params Face[] faces) =>
        new(faces, [.. faces.Select(face => face.Box)], Width, 0, 0);

    private static Face Person(int? person, float centreX, float side)
    {
        var numbers = new float[320];
        if (person is { } known) numbers[known] = 1;
        return new(
            new(centreX - side / 2, 300 - side / 2, side, side, 1), default,
            new(1, 80, 900, 0, 0, 120, 40, FaceFlaw.None), person is null ? null : new FaceTemplate(Pack, numbers));
    }
}
