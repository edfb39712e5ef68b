using SightPay.Vision.Faces;

namespace SightPay.Vision.Visits;

/// <summary>
/// The frames of one face that are looked at together: a few, spread over its approach, since those close together show
/// the same. A frame that resembles any of them too little begins anew: two people are never joined, and a single frame
/// is always right enough by itself.
/// </summary>
internal sealed class JoinedFrames
{
    // With the newest one; so many were measured (decision 0032).
    private const int FramesMax = 3;
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(250);

    private readonly List<(Face Face, DateTimeOffset At)> _earlier = [];
    private DateTimeOffset _newestAt;

    /// <summary>Null before the first frame.</summary>
    public Face? Newest { get; private set; }

    /// <summary>The normalised mean of their templates, weighted by quality; null when there is one frame alone.
    /// </summary>
    public FaceTemplate? Joined { get; private set; }

    public void Add(Face face, DateTimeOffset at)
    {
        if (Newest is { } last && (_earlier.Count == 0 || _newestAt - _earlier[^1].At >= Apart))
            _earlier.Add((last, _newestAt));
        if (_earlier.Count == FramesMax) _earlier.RemoveAt(0);
        (Newest, _newestAt) = (face, at);
        if (!_earlier.TrueForAll(earlier => ForemostFace.IsSame(earlier.Face, face))) _earlier.Clear();
        // A clear frame is judged as one, so that nothing poor is joined with it.
        Face[] fitting = [.. _earlier.Select(earlier => earlier.Face).Where(IsFitting), face];
        Joined = fitting.Length > 1 ? FacePipeline.Fuse(fitting) : null;

        bool IsFitting(Face earlier) => earlier.Quality.IsClear || !face.Quality.IsClear;
    }
}
