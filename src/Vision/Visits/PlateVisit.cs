using SightPay.Vision.Plates;

namespace SightPay.Vision.Visits;

/// <summary>A car before the camera, as all its frames together read it.</summary>
/// <param name="Plate">Voted character by character.</param>
/// <param name="Car">1 for the first car that this camera saw, then counted up: another number is another car.</param>
/// <param name="Frames">How many different frames in a row read this very text, and surely, as the foremost plate; the
/// same still frame counts once. 0: the newest one reads otherwise, or the car stands behind another one.</param>
/// <param name="IsStable">Enough of them agree, over a while: it stands here, and that is what its plate says.</param>
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
    /// <summary>So many different frames have to agree before a car is held for certain: what one frame misreads, the
    /// next one seldom misreads alike.</summary>
    /// <remarks>Evidence: decisions/0040-frames-that-agree.md.</remarks>
    public const int StableFrames = 5;

    /// <summary>Below it the reader holds its weakest character for wrong rather than right.</summary>
    public const float SureMin = 0.5f;

    private static readonly TimeSpan StableFor = TimeSpan.FromMilliseconds(300);

    // Pictures that a person or a slow camera sends belong to one visit as well.
    private static readonly TimeSpan RunEndsAfter = TimeSpan.FromMinutes(2);

    // A customer who walks past hides a plate for a second or two; a car that has left is gone for longer.
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(4);

    // More frames do not make a vote surer, and an early misread shall not be carried along for ever.
    private const int FramesKept = 12;

    private readonly List<Track> _tracks = [];
    private Run? _run;
    private long _cars;

    /// <summary>One car from frame to frame.</summary>
    private sealed class Track(long car)
    {
        private readonly Pictures _pictures = new();

        public ReadPlate Voted { get; private set; } = null!;
        public DateTimeOffset LastSeen { get; private set; }

        /// <param name="run">Null: another car stands in front.</param>
        public VisitingCar Seen(Run? run) => run is not null && run.Text == Voted.Text
            ? new(Voted, car, run.Frames, run.IsStable)
            : new(Voted, car, 0, false);

        public void Add(ReadPlate plate, DateTimeOffset at)
        {
            LastSeen = at;
            if (_pictures.Add(plate)) Voted = PlateVote.Over(_pictures.Newest);
        }
    }

    /// <summary>Frames in a row whose foremost plate reads the same. Any that reads otherwise ends it, so that two
    /// readings that take turns never get far, whether they are of two cars or of one.</summary>
    private sealed class Run(ReadPlate first, DateTimeOffset since)
    {
        private readonly Pictures _pictures = new();
        private DateTimeOffset _lastSeen;
        private DateTimeOffset _lastNew;

        public string Text => first.Text;
        public int Frames { get; private set; }
        public bool IsStable => Frames >= StableFrames && _lastNew - since >= StableFor;

        public bool GoesOnWith(ReadPlate plate, DateTimeOffset at) =>
            plate.Text == first.Text && plate.Region == first.Region && at - _lastSeen <= RunEndsAfter;

        public void Add(ReadPlate plate, DateTimeOffset at)
        {
            _lastSeen = at;
            // Whoever is not sure is no witness, however many of them there are.
            if (plate.Confidence < SureMin || !_pictures.Add(plate)) return;
            // A reading that is a vote itself stands for all its frames; those of its earlier votes are among them.
            (Frames, _lastNew) = (Math.Max(Frames + 1, plate.Frames), at);
        }
    }

    /// <summary>The newest different readings.</summary>
    private sealed class Pictures
    {
        private readonly Queue<ReadPlate> _newest = new();

        public IReadOnlyList<ReadPlate> Newest => [.. _newest];

        /// <returns>False: no camera reads the same place with the same chances to the last bit, so this picture was
        /// there before and says nothing new. An hour of it is one sighting.</returns>
        public bool Add(ReadPlate plate)
        {
            if (_newest.Any(known => IsSame(known, plate))) return false;
            _newest.Enqueue(plate);
            if (_newest.Count > FramesKept) _newest.Dequeue();
            return true;
        }

        private static bool IsSame(ReadPlate a, ReadPlate b) =>
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
            if (track is null) _tracks.Add(track = new(++_cars));
            track.Add(plate, at);
            followed.Add(track);
        }
        Follow(reading.Foremost, at);
        return [.. followed.Select((track, i) => track.Seen(i == 0 ? _run : null))];
    }

    /// <summary>A frame without a plate ends no run: somebody walked past.</summary>
    private void Follow(ReadPlate? foremost, DateTimeOffset at)
    {
        if (foremost is null) return;
        if (_run?.GoesOnWith(foremost, at) != true) _run = new(foremost, at);
        _run.Add(foremost, at);
    }
}
