using SightPay.Vision.Faces;

namespace SightPay.Vision.Liveness;

/// <summary>What a face does in one frame, as gestures are judged by.</summary>
/// <param name="Yaw">Degrees; positive to the person's left.</param>
/// <param name="Pitch">Degrees; positive when looking up.</param>
/// <param name="Eyes">Both eyes as <see cref="EyePatch"/> sees them.</param>
internal readonly record struct FacePose(float Yaw, float Pitch, float EyesOpen, float MouthOpen, float[] Eyes)
{
    public static FacePose Of(Face face)
    {
        var motion = face.Motion!;
        return new(
            face.Quality.YawDegrees, face.Quality.PitchDegrees, motion.EyesOpen, motion.MouthOpen, motion.Eyes);
    }

    public float DegreesFrom(FacePose other) =>
        MathF.Max(MathF.Abs(Yaw - other.Yaw), MathF.Abs(Pitch - other.Pitch));
}

/// <summary>Waits until the face looks into the camera and holds still, and keeps how it is then.</summary>
internal sealed class RestingFace
{
    private const int FramesNeeded = 5;

    // Longer than a blink, so that closed eyes are not taken for how the eyes are at rest.
    private static readonly TimeSpan RestFor = TimeSpan.FromMilliseconds(600);

    private const float YawDegreesMax = 22;
    private const float PitchDegreesMax = 25;

    // Of still faces in even light; also of a photo held by hand.
    private const float SpreadDegreesMax = 6;
    private const float EyesAlikeMin = 0.8f;

    private readonly List<Face> _frames = [];
    private DateTimeOffset _since;

    public FacePose Pose { get; private set; }
    public FaceTemplate? Template { get; private set; }
    public ChallengeHint Hint { get; private set; }

    /// <returns>True once the face has rested for long enough.</returns>
    public bool Take(Face face, DateTimeOffset at)
    {
        var pose = FacePose.Of(face);
        if (face.Template is null || MathF.Abs(pose.Yaw) > YawDegreesMax || MathF.Abs(pose.Pitch) > PitchDegreesMax)
        {
            _frames.Clear();
            Hint = ChallengeHint.LookStraight;
            return false;
        }
        if (_frames.Count > 0 && !IsStill(FacePose.Of(_frames[^1]), pose)) _frames.Clear();
        if (_frames.Count == 0) _since = at;
        _frames.Add(face);
        Hint = ChallengeHint.HoldStill;
        if (_frames.Count < FramesNeeded || at - _since < RestFor) return false;
        Pose = new(
            Mean(each => each.Yaw), Mean(each => each.Pitch), Mean(each => each.EyesOpen),
            Mean(each => each.MouthOpen), _frames.MaxBy(each => each.Motion!.EyesOpen)!.Motion!.Eyes);
        Template = FacePipeline.Fuse(_frames);
        return true;
    }

    private float Mean(Func<FacePose, float> value) => _frames.Average(face => value(FacePose.Of(face)));

    private static bool IsStill(FacePose before, FacePose now) =>
        now.DegreesFrom(before) < SpreadDegreesMax && EyePatch.Likeness(before.Eyes, now.Eyes) > EyesAlikeMin;
}

/// <summary>
/// Waits for one gesture: first all of it, then the way back. A gesture that only begins is none, nor is one that was
/// there before it was asked for and only ends.
/// </summary>
internal sealed class GestureWatch(ChallengeStep step, FacePose rest)
{
    // Measured on photographed faces laid over their own mesh: turned by 30 degrees they read 20 or more, nodding by 22
    // they read 17 or more; a face at rest stays within 4 degrees of itself.
    private const float TurnDegrees = 14;
    private const float NodDegrees = 10;
    private const float BackDegrees = 7;

    // How far the eyes' picture is from the one at rest, and twice the share by which the mesh's lids came down. With
    // closed lids nine faces read 0.42 to 0.82; at rest, and turned by up to 3 degrees, 0.14 at most.
    private const float LidsDown = 0.35f;
    private const float LidsUp = 0.18f;
    private static readonly TimeSpan BlinkMax = TimeSpan.FromSeconds(2);

    // An open mouth reads 0.15 to 0.25 more than the same one closed.
    private const float MouthOpened = 0.12f;
    private const float MouthClosed = 0.06f;

    private bool _wasAtRest;
    private DateTimeOffset? _there;

    /// <returns>True when the gesture is over.</returns>
    public bool Take(FacePose now, DateTimeOffset at)
    {
        if (_there is null)
        {
            _wasAtRest |= IsBack(now);
            if (_wasAtRest && IsThere(now)) _there = at;
            return false;
        }
        // Eyes that stay shut, or covered, are no blink.
        if (step == ChallengeStep.Blink && at - _there > BlinkMax) (_there, _wasAtRest) = (null, false);
        return _there is not null && IsBack(now);
    }

    private bool IsThere(FacePose now) => step switch
    {
        ChallengeStep.TurnLeft => now.Yaw - rest.Yaw > TurnDegrees,
        ChallengeStep.TurnRight => rest.Yaw - now.Yaw > TurnDegrees,
        ChallengeStep.Nod => rest.Pitch - now.Pitch > NodDegrees,
        ChallengeStep.Mouth => now.MouthOpen - rest.MouthOpen > MouthOpened && IsFrontal(now),
        ChallengeStep.Blink => IsFrontal(now) && Lids(now) > LidsDown,
        _ => throw new InvalidOperationException($"{step} is no gesture."),
    };

    private bool IsBack(FacePose now) => step switch
    {
        ChallengeStep.TurnLeft or ChallengeStep.TurnRight => MathF.Abs(now.Yaw - rest.Yaw) < BackDegrees,
        ChallengeStep.Nod => MathF.Abs(now.Pitch - rest.Pitch) < BackDegrees,
        ChallengeStep.Mouth => now.MouthOpen - rest.MouthOpen < MouthClosed && IsFrontal(now),
        ChallengeStep.Blink => IsFrontal(now) && Lids(now) < LidsUp,
        _ => throw new InvalidOperationException($"{step} is no gesture."),
    };

    private float Lids(FacePose now) =>
        1 - EyePatch.Likeness(rest.Eyes, now.Eyes) + 2 * (1 - now.EyesOpen / rest.EyesOpen);

    /// <summary>A face that turns shows its eyes and mouth differently without moving them.</summary>
    private bool IsFrontal(FacePose now) => now.DegreesFrom(rest) < BackDegrees;
}
