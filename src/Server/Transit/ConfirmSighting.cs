using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Transit;

/// <summary>
/// A rider whom a gate asked says who they are: with their PIN, or with the last digits of their phone. Both are
/// compared with the few people whom the gate's own sighting may show, never with others, and must fit exactly one.
/// From there on it is a passage like any other.
/// </summary>
internal sealed class ConfirmSighting(
    TransitStore store, SightingAsks asks, Pins pins, Phones phones, Persons persons, PassGate passGate,
    GatePlans plans)
{
    private const string Expected = "Send either pin (4 to 8 digits) or phone_last4 (4 digits) as a JSON object.";

    internal sealed record Request(Secret? Pin, Secret? PhoneLast4)
    {
        public override string ToString() => nameof(Request);
    }

    public static async Task<IResult> Handle(
        Guid id, HttpContext http, Idempotency idempotency, StationDirectory stations, Pins pins, ConfirmSighting use)
    {
        var station = await stations.FindAsync(Caller.Of(http).StationId!, http.RequestAborted);
        if (station is not { Kind: StationKind.Gate })
            return Problems.Of(403, "wrong_station", "Only a gate confirms what it has seen.");
        var (stepUp, said) = Read(await RequestBody.JsonAsync<Request>(http, Expected));
        return await idempotency.RunAsync(
            http, required: false,
            async (key, ct) => (await use.RunAsync(id, station, stepUp, said, key, ct)).Result,
            pins.Blind($"{stepUp}:{said}"));
    }

    private static (StepUp StepUp, string Said) Read(Request request) =>
        (request.Pin?.Reveal(), request.PhoneLast4?.Reveal()) switch
        {
            ({ } pin, null) when Pins.IsPin(pin) => (StepUp.Pin, pin),
            (null, { } digits) when Phones.IsLast4(digits) => (StepUp.PhoneDigits, digits),
            _ => throw new ProblemException(422, "fields_invalid", Expected),
        };

    private async Task<DeskDecision> RunAsync(
        Guid id, Station station, StepUp stepUp, string said, ActKey key, CancellationToken ct)
    {
        var gate = await store.GateAsync(station.Id, ct)
            ?? throw new ProblemException(404, "gate_not_found", "There is no gate with this id.");
        if (gate.Closed) throw new ProblemException(409, "gate_closed", "This gate was closed meanwhile.");
        var tried = await asks.CountAsync(id, station.Id, ct);
        if (tried.Outcome is not (AskOutcome.Counted or AskOutcome.Exhausted)) throw Refused(tried.Outcome);

        var claimed = tried.Outcome == AskOutcome.Exhausted ? null : stepUp == StepUp.Pin
            ? await pins.MatchOneAsync(tried.Candidates, said, ct)
            : await phones.MatchOneAsync(tried.Candidates, said, ct);
        var person = claimed is { } found ? await persons.FindAsync(found, ct) : null;
        var sighting = new Sighting(
            id, station, SightingBand.Accept, SightingFinding.Recognised, person?.Id, LivenessProved: false, [],
            new SightingTimings(0, 0, 0, 0, 0), Stopwatch.GetTimestamp());
        return person is null
            ? await passGate.SubmitAsync(key, [StillAsked(sighting, tried.TriesLeft)], ct)
            : await passGate.PassAsync(gate, sighting, person, stepUp, key, ct);
    }

    /// <summary>Why it failed is told to nobody: the gate's screen is seen by all.</summary>
    private Plan StillAsked(Sighting sighting, int triesLeft)
    {
        if (triesLeft > 0) return plans.StillAsked(sighting, GateWord.StepUpWrong, []);
        var told = new OutboxRow(
            OutboxRow.Operations, GateWord.StepUpFailed,
            ApiJson.Write(new { GateId = sighting.Station.Id, SightingId = sighting.Id }));
        return plans.StillAsked(sighting, GateWord.StepUpFailed, [told]);
    }

    private static ProblemException Refused(AskOutcome outcome) => outcome switch
    {
        AskOutcome.OtherStation => new(403, "wrong_station", "Another gate saw this; confirm it there."),
        AskOutcome.Resolved => new(409, AskResolvedRow.AlreadyResolved, "This sighting has been confirmed already."),
        AskOutcome.Expired => new(409, "sighting_expired", "That was too long ago; look into the camera again."),
        _ => new(404, "sighting_not_found", "There is no sighting with this id that waits to be confirmed."),
    };
}
