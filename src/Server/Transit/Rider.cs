using SightPay.Server.Payments;

namespace SightPay.Server.Transit;

/// <summary>A journey that has begun and not ended.</summary>
/// <param name="SpentBy">What its entry rested on; the exit corrects that count.</param>
internal sealed record OpenJourney(
    Guid Id, string StopId, DateTimeOffset EnteredAt, Guid HoldId, long HoldMinor, SpentBy SpentBy);

/// <summary>What a gate told a rider.</summary>
/// <param name="At">By the ledger's clock; the default value until it is written.</param>
internal sealed record GateReading(
    string GateId, DateTimeOffset At, string Decision, string Reason, Guid? JourneyId, string? JourneyState,
    long FareMinor);

/// <summary>What the gates know of a person: their open journey and their last answers.</summary>
/// <param name="Version">0 when there is no row yet.</param>
internal sealed record Rider(
    Guid Person, long Version, OpenJourney? Open, Guid? LapsedJourneyId, IReadOnlyList<GateReading> Recent)
{
    public static Rider New(Guid person) => new(person, 0, null, null, []);

    /// <summary>The last answer at a gate, if it was given so recently that it is repeated.</summary>
    public GateReading? RepeatAt(string gateId, DateTimeOffset now, TimeSpan within) =>
        Recent.FirstOrDefault(reading => reading.GateId == gateId && now - reading.At <= within);
}
