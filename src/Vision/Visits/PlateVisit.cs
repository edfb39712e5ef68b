using SightPay.Vision.Plates;

namespace SightPay.Vision.Visits;

/// <summary>A car before the camera, as all its frames together read it.</summary>
/// <param name="Plate">Voted character by character.</param>
/// <param name="Car">1 for the first car that this camera saw, then counted up: another number is another car.</param>
/// <param name="Frames">How many different frames read it; the same still frame counts once.</param>
/// <param name="IsStable">It has been seen in several frames for a while: it stands here.</param>
public sealed record VisitingCar(ReadPlate Plate, long Car, int Frames, bool IsStable)
{
    public override string ToString() => $"{nameof(VisitingCar)} {Car}, {Frames} frames";
}

/// <summary>
/// Follows the plates before one camera from frame to frame and votes over the frames of each car. One caller at a
/// time; time comes with the frames. A picture by itself is a visit of one frame.
/// </summary>
public sealed class PlateVisit
{
    private const int StableFrames = 2;
    private static readonly TimeSpan StableFor = TimeSpan.FromMilliseconds(300);

    // A customer who walks past hides a plate for a second or two; a car that has left is gone for longer.
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(4);

    // More frames do not make a vote surer, and an early misread shall not be carried along for ever.
    private const int FramesKept = 12;

    private readonly List<Track> _tracks = [];
    private long _cars;

    /// <summary>One car from frame to frame.</summary>
    private sealed class Track(long car, DateTimeOffset since)
    {
        private readonly Queue<ReadPlate> _frames = new();
        private DateTimeOffset _lastNew;

        public ReadPlate Voted { get; private set; } = null!;
        public DateTimeOffset LastSeen { get; private set; }
        public int Frames { get; private set; }

        public VisitingCar Car => new(Voted, car, Frames, Frames >= StableFrames && _lastNew - since >= StableFor);

        public void Add(ReadPlate plate, DateTimeOffset at)
        {
            LastSeen = at;
            // No camera reads the same place with the same chances to the last bit: this is a picture that was there
            // before, and it says nothing new. An hour of it is one sighting.
            if (_frames.Any(frame => IsSamePicture(frame, plate))) return;
            _frames.Enqueue(plate);
            if (_frames.Count > FramesKept) _frames.Dequeue();
            (Frames, _lastNew) = (Frames + 1, at);
            Voted = PlateVote.Over([.. _frames]);
        }

        private static bool IsSamePicture(ReadPlate a, ReadPlate b) =>
            a.Quad == b.Quad && a.Text == b.Text
            && a.Characters.Select(c => c.Confidence).SequenceEqual(b.Characters.Select(c => c.Confidence));
    }

    /// <summary>Takes the next frame.</summary>
    /// <returns>The cars that this frame shows, the foremost first.</returns>
    public IReadOnlyList<VisitingCar> Take(PlateReading reading, DateTimeOffset at)
    {
        _tracks.RemoveAll(track => at - track.LastSeen > LostAfter);
        var followed = new List<Track>();
        foreach (var plate in reading.Plates)
        {
            var track = _tracks
                .Where(track => !followed.Contains(track) && PlateVote.IsSameCar(track.Voted, plate))
                .MaxBy(track => PlateVote.Agreement(track.Voted, plate));
            if (track is null) _tracks.Add(track = new(++_cars, at));
            track.Add(plate, at);
            followed.Add(track);
        }
        return [.. followed.Select(track => track.Car)];
    }
}
