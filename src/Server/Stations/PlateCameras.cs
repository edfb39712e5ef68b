using System.Collections.Concurrent;
using SightPay.Ledger;
using SightPay.Vision.Plates;
using SightPay.Vision.Visits;

namespace SightPay.Server.Stations;

/// <summary>What a pump's camera shows now, with what it showed before taken into account.</summary>
/// <param name="SightingId">A new one, or that of the sighting which this frame repeats.</param>
/// <param name="Repeats">The very same frame came before it.</param>
/// <param name="IsStuck">And has been coming for so long that nobody can say what stands there.</param>
internal sealed record CameraLook(
    Guid SightingId, IReadOnlyList<VisitingCar> Cars, bool Repeats, bool IsStuck)
{
    public override string ToString() => $"{nameof(CameraLook)} {SightingId}";
}

/// <summary>
/// The pumps' cameras from frame to frame, in memory: cars are followed and voted on, and a frame that comes again is
/// no new sighting. A camera that hangs sends one picture for hours; the car in it may have left long ago.
/// </summary>
internal sealed class PlateCameras(TimeProvider clock)
{
    /// <summary>Whoever shows the same picture again after so long means it.</summary>
    internal static readonly TimeSpan RepeatsWithin = TimeSpan.FromMinutes(2);

    /// <summary>Noise changes every frame of a camera that works; so long nothing stays the same to the last bit.
    /// </summary>
    internal static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Camera> _cameras = new();

    private sealed class Camera
    {
        public PlateVisit Visit { get; } = new();
        public byte[] Frame { get; set; } = [];
        public Guid Act { get; set; }
        public Guid SightingId { get; set; }
        public IReadOnlyList<VisitingCar> Cars { get; set; } = [];
        public DateTimeOffset Since { get; set; }
        public DateTimeOffset Last { get; set; }
    }

    /// <summary>What the frame showed when it came before; null: it is new, and somebody has to look.</summary>
    /// <param name="frame">A hash of all that came.</param>
    /// <param name="act">Of the request: one that is decided anew repeats nothing.</param>
    public CameraLook? Again(string station, byte[] frame, Guid act)
    {
        var camera = _cameras.GetOrAdd(station, _ => new Camera());
        lock (camera) return Again(camera, frame, act);
    }

    private CameraLook? Again(Camera camera, byte[] frame, Guid act)
    {
        var now = clock.GetUtcNow();
        if (!camera.Frame.AsSpan().SequenceEqual(frame) || now - camera.Last >= RepeatsWithin) return null;
        camera.Last = now;
        return new(camera.SightingId, camera.Cars, camera.Act != act, now - camera.Since >= StuckAfter);
    }

    /// <summary>A new frame was looked at; one that came twice at once is new once.</summary>
    public CameraLook Take(string station, byte[] frame, Guid act, PlateReading reading)
    {
        var camera = _cameras.GetOrAdd(station, _ => new Camera());
        lock (camera)
        {
            if (Again(camera, frame, act) is { } again) return again;
            var now = clock.GetUtcNow();
            (camera.Frame, camera.Act, camera.Since, camera.Last) = (frame, act, now, now);
            camera.SightingId = Ids.Next(clock);
            camera.Cars = camera.Visit.Take(reading, now);
            return new(camera.SightingId, camera.Cars, Repeats: false, IsStuck: false);
        }
    }
}
