using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Vision.Liveness;

/// <summary>What somebody is asked to do before the camera. Left and right are their own.</summary>
public enum ChallengeStep
{
    Blink,
    TurnLeft,
    TurnRight,
    Nod,
    Mouth,
}

public enum ChallengeState
{
    /// <summary>The face is looked at while it rests: everything later is measured against that.</summary>
    Settling,

    /// <summary>A gesture is waited for.</summary>
    Asking,
    Passed,
    Failed,
}

/// <summary>What keeps a frame from counting.</summary>
public enum ChallengeHint
{
    None = 0,
    NoFace,
    SeveralFaces,
    ComeCloser,
    LookStraight,
    HoldStill,
    MoreLight,
}

/// <summary>Why a challenge is over without success.</summary>
public enum ChallengeFailure
{
    None = 0,
    TimedOut,

    /// <summary>Nobody was to be seen for a while.</summary>
    FaceLost,

    /// <summary>Another face, or the same one at another place from one frame to the next.</summary>
    FaceChanged,
}

/// <summary>How a challenge stands after a frame.</summary>
/// <param name="Asked">The gesture that is waited for; null when none is.</param>
/// <param name="Done">Gestures that were seen.</param>
public sealed record ChallengeProgress(
    ChallengeState State, ChallengeStep? Asked, int Done, ChallengeHint Hint, ChallengeFailure Failure);

/// <summary>
/// Judges whether somebody alive stands before the camera: gestures drawn at random, each begun and ended within its
/// time by the one face that was there from the first frame on. One caller at a time; time comes with the frames.
/// </summary>
/// <remarks>
/// It stops photographs and, as far as nobody can have filmed the drawn gestures before, screens. It does not stop a
/// video that is computed while it runs, nor one that is fed in place of the camera.
/// </remarks>
public sealed class LivenessChallenge
{
    /// <summary>For the face at rest, and for each gesture.</summary>
    public static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(20);

    public static readonly TimeSpan StepWithin = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(2.5);

    // From one frame to the next nobody moves their head by more than this many face widths: a picture that is swapped
    // for another one does.
    private const float JumpWidthsMax = 0.7f;
    private static readonly TimeSpan JumpWithin = TimeSpan.FromMilliseconds(600);

    // A face turned further than this from its rest compares less well with itself.
    private const float ComparedDegreesMax = 12;

    private readonly IReadOnlyList<ChallengeStep> _steps;
    private readonly DateTimeOffset _begun;
    private readonly RestingFace _rest = new();
    private GestureWatch? _watch;
    private FaceBox _lastBox;
    private DateTimeOffset? _lastSeen;
    private DateTimeOffset _asked;

    public LivenessChallenge(IReadOnlyList<ChallengeStep> steps, DateTimeOffset begun)
    {
        if (steps.Count == 0) throw new ArgumentException("A challenge has a step.", nameof(steps));
        (_steps, _begun) = (steps, begun);
        Progress = new(ChallengeState.Settling, null, 0, ChallengeHint.None, ChallengeFailure.None);
    }

    public ChallengeProgress Progress { get; private set; }

    /// <summary>The face at rest, once it was seen: whose challenge it is has to be looked up with it.</summary>
    public FaceTemplate? Template => _rest.Template;

    /// <summary>
    /// Two different gestures, at least one of them of the eyes or the mouth: a photograph can be turned and tilted by
    /// hand, it cannot blink.
    /// </summary>
    /// <param name="below">A random number from 0 to below its argument.</param>
    public static IReadOnlyList<ChallengeStep> Draw(Func<int, int> below)
    {
        var all = Enum.GetValues<ChallengeStep>();
        while (true)
        {
            var (first, second) = (all[below(all.Length)], all[below(all.Length)]);
            if (first != second && (IsOfFlesh(first) || IsOfFlesh(second))) return [first, second];
        }
    }

    /// <summary>Whether there is still time; also asked when no frame came that counts.</summary>
    public ChallengeProgress At(DateTimeOffset at) => !IsOver && IsLate(at) ? End(ChallengeFailure.TimedOut) : Progress;

    /// <summary>Takes the next frame. After the end nothing changes any more.</summary>
    public ChallengeProgress Take(FaceReading reading, DateTimeOffset at)
    {
        At(at);
        if (IsOver) return Progress;
        if (HintOn(reading) is var hint and not ChallengeHint.None) return Wait(hint, at);
        var face = reading.Target!;
        if (IsAnother(face, at)) return End(ChallengeFailure.FaceChanged);
        (_lastBox, _lastSeen) = (face.Box, at);
        return _watch is null ? Settle(face, at) : Watch(face, at);
    }

    private ChallengeProgress Settle(Face face, DateTimeOffset at)
    {
        if (!_rest.Take(face, at)) return Progress = Progress with { Hint = _rest.Hint };
        return Ask(0, at);
    }

    private ChallengeProgress Watch(Face face, DateTimeOffset at)
    {
        if (!_watch!.Take(FacePose.Of(face), at)) return Progress = Progress with { Hint = ChallengeHint.None };
        var done = Progress.Done + 1;
        if (done < _steps.Count) return Ask(done, at);
        return Progress = new(ChallengeState.Passed, null, done, ChallengeHint.None, ChallengeFailure.None);
    }

    private ChallengeProgress Ask(int done, DateTimeOffset at)
    {
        _asked = at;
        _watch = new GestureWatch(_steps[done], _rest.Pose);
        return Progress = new(
            ChallengeState.Asking, _steps[done], done, ChallengeHint.None, ChallengeFailure.None);
    }

    private ChallengeProgress Wait(ChallengeHint hint, DateTimeOffset at) =>
        _watch is not null && at - _lastSeen > LostAfter
            ? End(ChallengeFailure.FaceLost)
            : Progress = Progress with { Hint = hint };

    private ChallengeProgress End(ChallengeFailure failure) =>
        Progress = new(ChallengeState.Failed, null, Progress.Done, ChallengeHint.None, failure);

    private bool IsOver => Progress.State is ChallengeState.Passed or ChallengeState.Failed;

    private bool IsLate(DateTimeOffset at) =>
        _watch is null ? at - _begun > SettleWithin : at - _asked > StepWithin;

    private bool IsAnother(Face face, DateTimeOffset at)
    {
        if (at - _lastSeen < JumpWithin && face.Box.WidthsFrom(_lastBox) > JumpWidthsMax) return true;
        if (_watch is null || _rest.Template is not { } rest || face.Template is not { } now) return false;
        if (FacePose.Of(face).DegreesFrom(_rest.Pose) > ComparedDegreesMax) return false;
        return FacePipeline.Similarity(rest, now) < Calibration.Of(rest.Pack).SamePersonMin;
    }

    private static ChallengeHint HintOn(FaceReading reading) => reading switch
    {
        { Target: null } => ChallengeHint.NoFace,
        { IsCrowded: true } => ChallengeHint.SeveralFaces,
        { Target.Quality.Flaw: FaceFlaw.TooSmall } => ChallengeHint.ComeCloser,
        { Target.Quality.Flaw: FaceFlaw.CutOff or FaceFlaw.Turned } => ChallengeHint.LookStraight,
        { Target.Quality.Flaw: FaceFlaw.Blurred } => ChallengeHint.HoldStill,
        { Target.Quality.Flaw: FaceFlaw.BadLight } => ChallengeHint.MoreLight,
        { Target.Motion: null } => throw new ArgumentException("Read the frame with FaceDemand.Watch."),
        _ => ChallengeHint.None,
    };

    private static bool IsOfFlesh(ChallengeStep step) => step is ChallengeStep.Blink or ChallengeStep.Mouth;
}
