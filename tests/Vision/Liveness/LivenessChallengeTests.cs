using SightPay.Vision.Faces;
using SightPay.Vision.Liveness;
using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Vision.Tests.Liveness;

/// <summary>Time, place and identity; the gestures themselves are tested with rendered heads.</summary>
public sealed class LivenessChallengeTests
{
    private static readonly DateTimeOffset Begun = DateTimeOffset.UnixEpoch;
    private static readonly string Pack = ModelPack.Load(EnginePaths.StandardPack).Id;

    private readonly LivenessChallenge _challenge = new([ChallengeStep.TurnLeft, ChallengeStep.Mouth], Begun);
    private TimeSpan _now = TimeSpan.Zero;

    [Fact]
    public void Every_draw_asks_for_two_gestures_and_one_that_no_hand_can_give_a_photograph()
    {
        var draws = new HashSet<(ChallengeStep, ChallengeStep)>();
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var steps = LivenessChallenge.Draw(random.Next);
            Assert.NotEqual(steps[0], steps[1]);
            Assert.Contains(steps, step => step is ChallengeStep.Blink or ChallengeStep.Mouth);
            draws.Add((steps[0], steps[1]));
        }
        Assert.Equal(14, draws.Count);
    }

    [Fact]
    public void A_turn_there_and_back_and_an_opened_mouth_pass()
    {
        Rest();
        Assert.Equal((ChallengeState.Asking, ChallengeStep.TurnLeft), (State, _challenge.Progress.Asked));
        Show(Turned(25));
        Assert.Equal(0, _challenge.Progress.Done);
        Show(Turned(0));
        Assert.Equal((1, ChallengeStep.Mouth), (_challenge.Progress.Done, _challenge.Progress.Asked));
        Show(Speaking(0));
        Show(Speaking(0.3f));
        Show(Speaking(0));
        Assert.Equal(ChallengeState.Passed, State);
    }

    [Fact]
    public void The_other_direction_and_a_half_gesture_do_not_count()
    {
        Rest();
        Show(Turned(-30));
        Show(Turned(0));
        Show(Turned(10));
        Show(Turned(0));
        Assert.Equal((ChallengeState.Asking, 0), (State, _challenge.Progress.Done));
    }

    [Fact]
    public void A_gesture_that_was_there_before_it_was_asked_for_has_to_be_made_again()
    {
        Rest();
        Show(Turned(25));
        Show(Speaking(0.3f));
        Assert.Equal((1, ChallengeStep.Mouth), (_challenge.Progress.Done, _challenge.Progress.Asked));
        Show(Speaking(0.3f));
        Show(Turned(25));
        Assert.Equal((ChallengeState.Asking, 1), (State, _challenge.Progress.Done));
        Show(Speaking(0));
        Show(Speaking(0.3f));
        Show(Speaking(0));
        Assert.Equal(ChallengeState.Passed, State);
    }

    [Fact]
    public void A_face_that_never_rests_times_out()
    {
        for (var i = 0; State != ChallengeState.Failed; i++) Show(Turned(i % 2 == 0 ? 0 : 15));
        Assert.Equal(ChallengeFailure.TimedOut, _challenge.Progress.Failure);
        Assert.True(_now > LivenessChallenge.SettleWithin);
    }

    [Fact]
    public void A_gesture_that_does_not_come_times_out_and_nothing_changes_that_any_more()
    {
        Rest();
        var asked = _now;
        while (State == ChallengeState.Asking) Show(Turned(0));
        Assert.Equal(ChallengeFailure.TimedOut, _challenge.Progress.Failure);
        Assert.InRange(
            _now - asked, LivenessChallenge.StepWithin - TimeSpan.FromSeconds(0.2), LivenessChallenge.StepWithin * 1.1);
        Show(Turned(25));
        Show(Turned(0));
        Assert.Equal((ChallengeState.Failed, 0), (State, _challenge.Progress.Done));
    }

    [Fact]
    public void A_face_that_is_gone_for_a_moment_is_waited_for_and_one_that_stays_away_is_lost()
    {
        Rest();
        for (var i = 0; i < 20; i++) Show(null);
        Assert.Equal((ChallengeState.Asking, ChallengeHint.NoFace), (State, _challenge.Progress.Hint));
        Show(Turned(0));
        for (var i = 0; i < 30; i++) Show(null);
        Assert.Equal(ChallengeFailure.FaceLost, _challenge.Progress.Failure);
    }

    [Fact]
    public void Another_face_in_the_same_place_ends_it()
    {
        Rest();
        Show(Turned(0, person: 1));
        Assert.Equal(ChallengeFailure.FaceChanged, _challenge.Progress.Failure);
    }

    [Fact]
    public void A_face_that_jumps_ends_it()
    {
        Rest();
        Show(Turned(0) with { Box = new(300, 100, 100, 100, 1) });
        Assert.Equal(ChallengeFailure.FaceChanged, _challenge.Progress.Failure);
    }

    [Theory]
    [InlineData(FaceFlaw.TooSmall, ChallengeHint.ComeCloser)]
    [InlineData(FaceFlaw.CutOff, ChallengeHint.LookStraight)]
    [InlineData(FaceFlaw.Turned, ChallengeHint.LookStraight)]
    [InlineData(FaceFlaw.Blurred, ChallengeHint.HoldStill)]
    [InlineData(FaceFlaw.BadLight, ChallengeHint.MoreLight)]
    public void A_frame_that_shows_too_little_says_what_to_do(FaceFlaw flaw, ChallengeHint hint)
    {
        var face = Turned(0);
        Show(face with { Template = null, Quality = face.Quality with { Flaw = flaw } });
        Assert.Equal((ChallengeState.Settling, hint), (State, _challenge.Progress.Hint));
    }

    private ChallengeState State => _challenge.Progress.State;

    private void Rest()
    {
        while (State == ChallengeState.Settling) Show(Turned(0));
        Assert.Equal(ChallengeState.Asking, State);
        Show(Turned(0));
    }

    private void Show(Face? face)
    {
        _now += TimeSpan.FromSeconds(0.1);
        Face[] faces = face is null ? [] : [face];
        _challenge.Take(new FaceReading(faces, [.. faces.Select(each => each.Box)], 640, 0, 0), Begun + _now);
    }

    private static Face Speaking(float mouthOpen) => Turned(0) with { Motion = Motion(mouthOpen) };

    private static Face Turned(float yaw, int person = 0)
    {
        var template = new float[320];
        template[person] = 1;
        return new Face(
            new(100, 100, 100, 100, 1), default, new(1, 80, 900, yaw, 0, 120, 40, FaceFlaw.None),
            new FaceTemplate(Pack, template)) { Motion = Motion(0) };
    }

    private static FaceMotion Motion(float mouthOpen)
    {
        var eyes = new float[EyePatch.Length];
        (eyes[0], eyes[EyePatch.Length / 2]) = (1, 1);
        return new(0.3f, mouthOpen, eyes);
    }
}
