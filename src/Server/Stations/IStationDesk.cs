using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>
/// The trade behind a kind of stations: transit behind gates, retail behind tills. It says whom to search first and
/// decides what a sighting leads to, the same for a POST and for a frame of a stream.
/// </summary>
public interface IStationDesk
{
    StationKind Kind { get; }

    /// <summary>Path of the POST that takes this station's pictures: a frame and a POST are one request.</summary>
    string RouteOf(Station station);

    /// <summary>People to search before everybody; null when there is no such set.</summary>
    Task<IReadOnlyCollection<Guid>?> SearchFirstAsync(Station station, CancellationToken ct);

    /// <summary>
    /// The region whose plates stand before this station's camera, as <c>PlateGrammar</c> knows it; null where it looks
    /// at faces.
    /// </summary>
    /// <exception cref="ProblemException">The station belongs to nothing that works.</exception>
    Task<string?> PlatesOfAsync(Station station, CancellationToken ct) => Task.FromResult<string?>(null);

    /// <param name="record">False: a sighting without a usable face is answered and forgotten.</param>
    Task<DeskDecision> DecideAsync(Sighting sighting, ActKey key, bool record, CancellationToken ct);

    /// <summary>Decides anew on a sighting that was answered with <c>ask</c>.</summary>
    Task<DeskDecision> StepUpAsync(StepUpTry tried, ActKey key, CancellationToken ct);
}

/// <param name="LedgerMs">Milliseconds spent in the ledger, commit included.</param>
public sealed record DeskDecision(ActResult Result, double LedgerMs);
