using SightPay.Vision.Faces;
using SightPay.Vision.Liveness;

namespace SightPay.Vision.Visits;

/// <summary>Who is in a frame of a visit.</summary>
/// <param name="Foremost">The place in <see cref="FaceReading.Faces"/> of whoever stands before the camera; null when
/// there is nobody, or nobody can say.</param>
/// <param name="ShowsSomebodyTwice">Two of the faces are one person's; only one of them can be there.</param>
/// <param name="Live">What all frames of the foremost face say.</param>
/// <param name="IsDoubtful">This frame of it looks like a picture, and the next ones will tell.</param>
/// <param name="IsEarly">It has hardly been seen, and the next frames will show it better: a yes needs no more,
/// anything else does.</param>
/// <param name="Joined">The foremost face as several of its frames show it together, this one among them; null when
/// this one stands by itself.</param>
public readonly record struct VisitFrame(
    int? Foremost, bool ShowsSomebodyTwice, LiveEvidence Live, bool IsDoubtful = false, bool IsEarly = false,
    FaceTemplate? Joined = null);

/// <summary>
/// Follows the faces before one camera from frame to frame. One caller at a time; time comes with the frames. A picture
/// by itself is a visit of one frame, in which nothing is stable yet.
/// </summary>
public sealed class FaceVisit
{
    private const int StableFrames = 3;
    private static readonly TimeSpan StableFor = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(1.5);

    // At three frames a second somebody who walks up to a gate moves by less.
    private const float WidthsMovedMax = 0.7f;

    private readonly List<Track> _tracks = [];

    // Three joined miss a fifth of those whom a single one misses (decision 0032).
    private const int FramesWanted = 3;

    /// <summary>More frames will come, so a doubt can wait for them.</summary>
    public bool GoesOn { get; init; }

    /// <summary>One face from frame to frame.</summary>
    private sealed class Track
    {
        // As many as a second gives; also what a film that runs in a loop has to be longer than.
        private const int BoxesKept = 10;

        private readonly Queue<FaceBox> _boxes = new();
        private readonly PassiveLiveness _liveness = new();
        private readonly JoinedFrames _frames = new();
        private DateTimeOffset _centredSince;
        private int _centredFrames;
        private int _framesSeen;

        public DateTimeOffset LastSeen { get; private set; }

        public LiveEvidence Live => _liveness.Evidence;

        public bool IsEarly => _framesSeen < FramesWanted;

        public FaceTemplate? Joined => _frames.Joined;

        public bool IsStable => _centredFrames >= StableFrames && LastSeen - _centredSince >= StableFor;

        public bool Continues(Face face, DateTimeOffset at) =>
            at - LastSeen <= LostAfter && _frames.Newest is { } newest
            && face.Box.WidthsFrom(newest.Box) <= WidthsMovedMax && ForemostFace.IsSame(newest, face);

        public void Add(Face face, bool isCentred, DateTimeOffset at)
        {
            // No camera sees a face at the same place to the last bit: this is a picture that was there before, and it
            // says nothing new.
            if (_boxes.Contains(face.Box)) return;
            _boxes.Enqueue(face.Box);
            if (_boxes.Count > BoxesKept) _boxes.Dequeue();
            if (_centredFrames == 0) _centredSince = at;
            _centredFrames = isCentred ? _centredFrames + 1 : 0;
            _liveness.Add(face.LiveScore);
            _framesSeen++;
            _frames.Add(face, at);
            LastSeen = at;
        }
    }

    /// <summary>Takes the next frame, read with <see cref="FaceDemand.RecogniseAll"/>.</summary>
    public VisitFrame Take(FaceReading reading, DateTimeOffset at)
    {
        _tracks.RemoveAll(track => at - track.LastSeen > LostAfter);
        var firsts = ForemostFace.SamePeople(reading.Faces);
        var (places, people) = (new List<int>(), new List<StandingFace>());
        var followed = new Dictionary<Track, int>();
        for (var i = 0; i < reading.Boxes.Count; i++)
        {
            var isFace = i < reading.Faces.Count;
            if (isFace && firsts[i] != i) continue;
            var box = reading.Boxes[i];
            var isCentred = ForemostFace.IsCentred(box, reading.PictureWidth);
            var track = isFace ? Follow(reading.Faces[i], isCentred, at, followed.ContainsKey) : null;
            if (track is not null) followed[track] = i;
            places.Add(i);
            people.Add(new(box.Area, isCentred, track is { IsStable: true }));
        }
        var foremost = ForemostFace.Of(people) is { } found && places[found] < reading.Faces.Count
            ? places[found]
            : (int?)null;
        var theirs = followed.FirstOrDefault(each => each.Value == foremost).Key;
        var live = theirs?.Live ?? LiveEvidence.Unknown;
        var isDoubtful = GoesOn && live == LiveEvidence.Unknown && foremost is { } place
            && reading.Faces[place].LiveScore < Face.LiveScoreMin;
        return new(
            foremost, places.Count < reading.Boxes.Count, live, isDoubtful, GoesOn && theirs is { IsEarly: true },
            theirs?.Joined);
    }

    /// <summary>The face's track, continued or begun. What cannot be compared is followed by nobody.</summary>
    private Track? Follow(Face face, bool isCentred, DateTimeOffset at, Func<Track, bool> isTaken)
    {
        if (face.Template is null) return null;
        var track = _tracks.Find(track => !isTaken(track) && track.Continues(face, at));
        if (track is null) _tracks.Add(track = new());
        track.Add(face, isCentred, at);
        return track;
    }
}
