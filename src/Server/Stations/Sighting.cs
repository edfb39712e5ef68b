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
    UnknownPerson,
    Ambiguous,
    Recognised,
}

/// <summary>A face's upright box in pixels of the picture.</summary>
public readonly record struct SightingBox(double X, double Y, double Width, double Height);

/// <param name="Band">Null for a face that was not looked at: one of the smallest of a large crowd.</param>
public sealed record SightedFace(SightingBox Box, SightingBand? Band);

/// <summary>Milliseconds; the recogniser's parts, before anything is decided.</summary>
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

    /// <summary>No usable face: cheap to repeat with the next frame.</summary>
    public bool IsUnusable => Finding <= SightingFinding.FaceUnclear;
}

/// <summary>A sighting as it was stored.</summary>
/// <param name="Person">Whom it shows: accepted, or named by a second factor.</param>
/// <param name="SteppedUp">A second factor named the person.</param>
public sealed record StoredSighting(
    Guid Id, string StationId, DateTimeOffset At, SightingBand Band, Guid? Person, bool LivenessProved,
    bool SteppedUp);

/// <summary>Stores a sighting with the act that it led to.</summary>
public sealed record SightingRow(Sighting Sighting) : CompanionRow;
