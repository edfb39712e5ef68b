using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.People;

namespace SightPay.Server.Stations;

/// <summary>Somebody whom a station asked has answered.</summary>
/// <param name="Sighting">Names them when the answer fitted exactly one of those whom it may show, else nobody.</param>
/// <param name="TriesLeft">After this one.</param>
public sealed record StepUpTry(Sighting Sighting, StepUp StepUp, int TriesLeft)
{
    private const string Wrong = "step_up_wrong";
    private const string Failed = "step_up_failed";

    /// <summary>Why it still asks. Which part was wrong is told to nobody: a station's screen is seen by all.</summary>
    public string Reason => TriesLeft > 0 ? Wrong : Failed;

    /// <summary>What is written when it still asks: after the last try the staff is told.</summary>
    public IReadOnlyList<CompanionRow> StillAsked => TriesLeft > 0
        ? []
        :
        [
            new OutboxRow(
                OutboxRow.Operations, Failed,
                ApiJson.Write(new { StationId = Sighting.Station.Id, SightingId = Sighting.Id })),
        ];
}
