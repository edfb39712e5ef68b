using System.Diagnostics;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Stations;

/// <summary>
/// Somebody whom a station asked says who they are: with their PIN, the last digits of their phone, or a code that the
/// app shows. All are compared with the few people whom the station's own sighting may show, never with others, and
/// must fit exactly one. What follows is the trade's to decide, as after any sighting.
/// </summary>
public sealed class ConfirmSighting(
    SightingAsks asks, Pins pins, Phones phones, OneTimeCodes codes, Persons persons, Idempotency idempotency,
    StationDirectory stations, IEnumerable<IStationDesk> desks)
{
    private const string Expected =
        "Send one of pin (4 to 8 digits), phone_last4 (4 digits) and qr (a code of the app) as a JSON object.";

    private readonly Dictionary<StationKind, IStationDesk> _desks = desks.ToDictionary(desk => desk.Kind);

    internal sealed record Request(Secret? Pin, Secret? PhoneLast4, Secret? Qr)
    {
        public override string ToString() => nameof(Request);
    }

    internal static async Task<IResult> Handle(Guid id, HttpContext http, ConfirmSighting use)
    {
        var station = await use.StationAsync(http);
        var (stepUp, said) = Read(await RequestBody.JsonAsync<Request>(http, Expected));
        return await use.RunAsync(id, station, stepUp, said, http);
    }

    private async Task<Station> StationAsync(HttpContext http) =>
        await stations.FindAsync(Caller.Of(http).StationId!, http.RequestAborted)
            ?? throw new ProblemException(403, "wrong_station", "This station is not there any more.");

    private static (StepUp StepUp, string Said) Read(Request request) =>
        (request.Pin?.Reveal(), request.PhoneLast4?.Reveal(), request.Qr?.Reveal()) switch
        {
            ({ } pin, null, null) when Pins.IsPin(pin) => (StepUp.Pin, pin),
            (null, { } digits, null) when Phones.IsLast4(digits) => (StepUp.PhoneDigits, digits),
            (null, null, { } code) when OneTimeCodes.IsCode(code) => (StepUp.SignedIn, code),
            _ => throw new ProblemException(422, "fields_invalid", Expected),
        };

    private Task<IResult> RunAsync(Guid id, Station station, StepUp stepUp, string said, HttpContext http) =>
        idempotency.RunAsync(
            http, required: false,
            async (key, ct) =>
            {
                var tried = await TryAsync(id, station, stepUp, said, ct);
                return (await _desks[station.Kind].StepUpAsync(tried, key, ct)).Result;
            },
            pins.Blind($"{stepUp}:{said}"));

    private async Task<StepUpTry> TryAsync(
        Guid id, Station station, StepUp stepUp, string said, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        // Not counted: nothing is compared.
        if (stepUp == StepUp.PhoneDigits && await asks.NeedsProofAsync(id, station.Id, ct))
            throw new ProblemException(
                422, "proof_too_weak", "Here the digits of a phone are not enough: send a pin or a code of the app.");
        var tried = await asks.CountAsync(id, station.Id, ct);
        if (tried.Outcome is not (AskOutcome.Counted or AskOutcome.Exhausted)) throw Refused(tried.Outcome);
        var claimed = tried.Outcome == AskOutcome.Exhausted ? null : stepUp switch
        {
            StepUp.Pin => await pins.MatchOneAsync(tried.Candidates, said, ct),
            StepUp.PhoneDigits => await phones.MatchOneAsync(tried.Candidates, said, ct),
            _ => await codes.MatchOneAsync(tried.Candidates, said, ct),
        };
        // Somebody who was erased meanwhile is nobody.
        var person = claimed is { } found ? await persons.FindAsync(found, ct) : null;
        var sighting = new Sighting(
            id, station, person is null ? SightingBand.Ask : SightingBand.Accept,
            person is null ? SightingFinding.Ambiguous : SightingFinding.Recognised, person?.Id,
            LivenessProved: false, [], new SightingTimings(0, 0, 0, 0, 0), started);
        return new StepUpTry(sighting, stepUp, tried.TriesLeft);
    }

    private static ProblemException Refused(AskOutcome outcome) => outcome switch
    {
        AskOutcome.OtherStation => new(403, "wrong_station", "Another station saw this; confirm it there."),
        AskOutcome.Resolved => new(409, AskResolvedRow.AlreadyResolved, "This sighting has been confirmed already."),
        AskOutcome.Expired => new(409, "sighting_expired", "That was too long ago; look into the camera again."),
        _ => new(404, "sighting_not_found", "There is no sighting with this id that waits to be confirmed."),
    };
}
