using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Stations;

namespace SightPay.Server.Transit;

/// <summary>Words of an answer; the order of the reasons is their precedence.</summary>
internal static class GateWord
{
    public const string Open = "open";
    public const string Deny = "deny";
    public const string Ask = "ask";

    public const string GateClosed = "gate_closed";
    public const string NoFace = "no_face";
    public const string SeveralFaces = "several_faces";
    public const string FaceUnclear = "face_unclear";
    public const string UnknownPerson = "unknown_person";
    public const string Ambiguous = "ambiguous";
    public const string AlreadyInside = "already_inside";
    public const string StepUpRequired = "step_up_required";
    public const string InsufficientFunds = "insufficient_funds";
    public const string IncompleteJourney = "incomplete_journey";
    public const string Ok = "ok";
}

/// <summary>What a gate is told.</summary>
/// <param name="Decision">open, deny or ask; ask names no person.</param>
/// <param name="BalanceMinor">The wallet after this; 0 when nobody is named.</param>
/// <param name="TimingsMs">Up to the moment in which the answer was composed inside its commit.</param>
internal sealed record GateAnswer(
    Guid SightingId, string Decision, string Reason, GateAnswer.Who? Person, GateAnswer.Which? Journey, long FareMinor,
    long BalanceMinor, string Currency, GateAnswer.Timings TimingsMs)
{
    internal sealed record Who(Guid Id, string DisplayName);

    internal sealed record Which(Guid Id, string State);

    internal sealed record Timings(double Detect, double Embed, double Search, double Ledger, double Total);

    public static Answer Compose(
        Sighting sighting, string decision, string reason, Who? person, Which? journey, long fareMinor,
        long balanceMinor, string currency, long? ledgerStarted)
    {
        var ledgerMs = ledgerStarted is { } stamp ? Stopwatch.GetElapsedTime(stamp).TotalMilliseconds : 0;
        var timings = new Timings(
            sighting.Timings.Detect, sighting.Timings.Embed, sighting.Timings.Search, Sightings.Ms(ledgerMs),
            Sightings.Ms(Stopwatch.GetElapsedTime(sighting.Started).TotalMilliseconds));
        return new Answer(200, ApiJson.Write(new GateAnswer(
            sighting.Id, decision, reason, person, journey, fareMinor, balanceMinor, currency, timings)));
    }
}
