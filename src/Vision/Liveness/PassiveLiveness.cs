using SightPay.Vision.Faces;

namespace SightPay.Vision.Liveness;

/// <summary>What the frames of a face say about whether a person is there.</summary>
public enum LiveEvidence
{
    /// <summary>Too few frames, or a pack that cannot tell.</summary>
    Unknown,

    /// <summary>Most frames look like a person; that is no proof.</summary>
    Person,

    /// <summary>Most frames look like a picture of one.</summary>
    Picture,
}

/// <summary>
/// The live scores of one face, frame after frame: their median decides, so that neither one lucky frame of a print
/// nor one blurred frame of a person does. It asks for more proof and refuses nobody: of the attacks that were tried,
/// one of five looks alive in every frame (liveness --data ../shared/data/liveness --pack precise).
/// </summary>
public sealed class PassiveLiveness
{
    private const int FramesMin = 3;

    // About two seconds of a kiosk: long enough to be calm, short enough to forget a turned head.
    private const int FramesKept = 7;

    private readonly Queue<float> _scores = new(FramesKept);

    public LiveEvidence Evidence { get; private set; }

    /// <param name="liveScore">Of the next frame; null says nothing.</param>
    public void Add(float? liveScore)
    {
        if (liveScore is not { } score) return;
        _scores.Enqueue(score);
        if (_scores.Count > FramesKept) _scores.Dequeue();
        if (_scores.Count < FramesMin) return;
        // Of an even number the lower middle one counts: whoever is not sure asks.
        var median = _scores.Order().ElementAt((_scores.Count - 1) / 2);
        Evidence = median >= Face.LiveScoreMin ? LiveEvidence.Person : LiveEvidence.Picture;
    }
}
