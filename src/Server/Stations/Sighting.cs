using SightPay.Ledger;

namespace SightPay.Server.Stations;

/// <summary>The band of a decision, as stations and trades know it.</summary>
public enum SightingBand
{
    Reject,
    Ask,
    Accept,
}

/// <summary>What came of looking at a picture; the order is the precedence.</summary>
public enum SightingFinding
{
    NoFace,
    SeveralFaces,
    FaceUnclear,

    /// <summary>No writing that is a plate of the region.</summary>
    NoPlate,

    /// <summary>Not read surely enough to say that it is nobody's.</summary>
    PlateUnclear,

    /// <summary>Several, none of which stands in front of the others: their owners may be asked.</summary>
    SeveralPlates,

    /// <summary>It waited for its line so long that the car may have left: it says nothing of who stands there.
    /// </summary>
    TooLate,
    UnknownPerson,
    UnknownPlate,
    Ambiguous,
    Recognised,
}

/// <summary>An upright box in pixels of the picture.</summary>
public readonly record struct SightingBox(double X, double Y, double Width, double Height);

/// <param name="Band">Null for a face that was not looked at: one of the smallest of a large crowd.</param>
public sealed record SightedFace(SightingBox Box, SightingBand? Band);

/// <param name="Masked">As a display may show it to everybody around; the whole text goes to no station.</param>
/// <param name="Confidence">0..1, of its weakest character.</param>
/// <param name="Band">Null for a plate that was not looked up: it stands behind others.</param>
public sealed record SightedPlate(
    string Masked, string Region, double Confidence, SightingBox Box, SightingBand? Band)
{
    public override string ToString() => nameof(SightedPlate);
}

/// <summary>Milliseconds; the recogniser's parts, before anything is decided. Of plates, embed is their reading.
/// </summary>
/// <param name="Wait">Until a core was free.</param>
public sealed record SightingTimings(double Wait, double Decode, double Detect, double Embed, double Search);

/// <summary>What a camera saw at a place and time. It holds no pixels.</summary>
/// <param name="Person">Set when the band is accept; else nobody is named.</param>
/// <param name="LivenessProved">That person's template came with a liveness challenge.</param>
/// <param name="Started">Stopwatch stamp of the moment the picture came.</param>
public sealed record Sighting(
    Guid Id, Station Station, SightingBand Band, SightingFinding Finding, Guid? Person, bool LivenessProved,
    IReadOnlyList<SightedFace> Faces, SightingTimings Timings, long Started)
{
    /// <summary>Between whom a second factor has to decide when the band is ask. Never shown to a station.</summary>
    public IReadOnlyList<Guid> Candidates { get; init; } = [];

    /// <summary>What somebody should look at.</summary>
    public IReadOnlyList<StationAlert> Alerts { get; init; } = [];

    /// <summary>What a pump's camera read, the foremost first.</summary>
    public IReadOnlyList<SightedPlate> Plates { get; init; } = [];

    /// <summary>How many different frames in a row, this one included, read the foremost plate alike.</summary>
    public int AgreeingFrames { get; init; }

    /// <summary>The car whose plate it is, when the band is accept. Its owner is not who was seen.</summary>
    public Guid? Vehicle { get; init; }

    /// <summary>Whom the vehicle belongs to: the sighting goes when they go.</summary>
    public Guid? VehicleOwner { get; init; }

    /// <summary>Whose owners have to say whether it is theirs when the band is ask. Never shown to a station.</summary>
    public IReadOnlyList<Guid> CandidateVehicles { get; init; } = [];

    /// <summary>This very frame came before, without another in between: it is the sighting of then, and nothing new
    /// was seen. It is not stored again.</summary>
    public bool Repeats { get; init; }

    /// <summary>When the device says that it was; its clock decides nothing.</summary>
    public DateTimeOffset? EventAt { get; init; }

    /// <summary>No usable face or plate: cheap to repeat with the next frame.</summary>
    public bool IsUnusable => Finding <= SightingFinding.PlateUnclear;
}

/// <summary>A sighting as it was stored.</summary>
/// <param name="Person">Whom it shows: accepted, or named by a second factor. Nobody when it shows a car.</param>
/// <param name="SteppedUp">A second factor named the person.</param>
public sealed record StoredSighting(
    Guid Id, string StationId, DateTimeOffset At, SightingBand Band, Guid? Person, bool LivenessProved,
    bool SteppedUp);

/// <summary>Stores a sighting with the act that it led to; one that repeats another is not stored again.</summary>
public sealed record SightingRow(Sighting Sighting) : CompanionRow;
