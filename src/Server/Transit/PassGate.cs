using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Transit;

/// <summary>
/// A face at a gate: who it is, what their passage amounts to, and the one commit that takes the money and lets them
/// through. The same for a POST and for a frame of a gate's stream.
/// </summary>
internal sealed class PassGate(
    TransitStore store, GatePlans plans, Persons persons, GeneralLedger ledger, TimeProvider clock,
    TransitSettings settings) : IStationDesk
{
    // Of n that change one rider at once one wins each round, so this is far beyond what cameras can do to one face.
    private const int RoundsMax = 64;

    public StationKind Kind => StationKind.Gate;

    public static Task<IResult> Handle(string gateId, HttpContext http, TakeSighting takeSighting) =>
        takeSighting.HandleAsync(http, gateId, StationKind.Gate, "gate_not_found");

    public string RouteOf(Station station) => $"/gates/{station.Id}/sightings";

    /// <summary>An exit searches the people who are inside before everybody.</summary>
    public async Task<IReadOnlyCollection<Guid>?> SearchFirstAsync(Station station, CancellationToken ct) =>
        await store.GateAsync(station.Id, ct) is { Direction: GateDirection.Out } gate
            ? await store.PeopleInsideAsync(gate.LineId, ct)
            : null;

    public async Task<DeskDecision> DecideAsync(Sighting sighting, ActKey key, bool record, CancellationToken ct)
    {
        var gate = await store.GateAsync(sighting.Station.Id, ct)
            ?? throw new ProblemException(404, "gate_not_found", "There is no gate with this id.");
        var unnamed = UnnamedAnswer(gate, sighting);
        if (unnamed is { } words)
        {
            var plan = plans.Unnamed(sighting, words.Decision, words.Reason);
            return sighting.IsUnusable && !record
                ? new DeskDecision(new ActResult(ActEnd.Committed, plan.ComposeAlone(), null, false), 0)
                : await SubmitAsync(key, [plan.Plan], ct);
        }
        var person = await persons.FindAsync(sighting.Person!.Value, ct);
        // The template was erased between the search and now.
        if (person is null)
            return await SubmitAsync(key, [plans.Unnamed(sighting, GateWord.Deny, GateWord.UnknownPerson).Plan], ct);
        return await PassAsync(gate, sighting, person, StepUp.None, key, ct);
    }

    public async Task<DeskDecision> StepUpAsync(StepUpTry tried, ActKey key, CancellationToken ct)
    {
        var gate = await store.GateAsync(tried.Sighting.Station.Id, ct)
            ?? throw new ProblemException(404, "gate_not_found", "There is no gate with this id.");
        if (gate.Closed) throw new ProblemException(409, "gate_closed", "This gate was closed meanwhile.");
        return tried.Sighting.Person is { } id && await persons.FindAsync(id, ct) is { } person
            ? await PassAsync(gate, tried.Sighting, person, tried.StepUp, key, ct)
            : await SubmitAsync(key, [plans.StillAsked(tried)], ct);
    }

    /// <summary>Answers that name nobody; a closed gate looks at nobody either.</summary>
    private static (string Decision, string Reason)? UnnamedAnswer(Gate gate, Sighting sighting) =>
        gate.Closed ? (GateWord.Deny, GateWord.GateClosed) : sighting.Finding switch
        {
            SightingFinding.NoFace => (GateWord.Deny, GateWord.NoFace),
            SightingFinding.SeveralFaces => (GateWord.Deny, GateWord.SeveralFaces),
            SightingFinding.FaceUnclear => (GateWord.Deny, GateWord.FaceUnclear),
            SightingFinding.UnknownPerson => (GateWord.Deny, GateWord.UnknownPerson),
            SightingFinding.Ambiguous => (GateWord.Ask, GateWord.Ambiguous),
            _ => null,
        };

    /// <summary>Read, plan, submit; when somebody else moved the rider meanwhile, once more from what is true now.
    /// </summary>
    private async Task<DeskDecision> PassAsync(
        Gate gate, Sighting sighting, Person person, StepUp stepUp, ActKey key, CancellationToken ct)
    {
        var ledgerMs = 0d;
        for (var round = 0; round < RoundsMax; round++)
        {
            var rider = await store.RiderAsync(person.Id, ct) ?? Rider.New(person.Id);
            var passage = GateRules.Of(
                gate, rider, clock.GetUtcNow(), settings.Times,
                hasProof: stepUp != StepUp.None || sighting.LivenessProved);
            var planned = await plans.ForAsync(new GateVisit(gate, sighting, person, rider, stepUp), passage, ct);
            var decision = await SubmitAsync(key, planned, ct);
            ledgerMs += decision.LedgerMs;
            if (decision.Result.End != ActEnd.Stale) return decision with { LedgerMs = ledgerMs };
        }
        throw new ProblemException(
            503, "busy", "This rider is being seen by too many gates at once; send the same request again.",
            retryable: true);
    }

    private async Task<DeskDecision> SubmitAsync(ActKey key, IReadOnlyList<Plan> alternatives, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = alternatives,
            Refuse = refusal => Problems.Answer(
                409, refusal.Code, "The passage could not be booked. Call the staff; nothing was charged."),
        }, ct);
        return new DeskDecision(result, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}
