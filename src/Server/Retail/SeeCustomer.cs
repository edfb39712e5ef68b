using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <summary>A face at a till: who would pay. No money moves; the payment names the sighting.</summary>
internal sealed class SeeCustomer(Persons persons, GeneralLedger ledger) : IStationDesk
{
    internal sealed record Who(Guid Id, string DisplayName);

    internal sealed record Timings(double Detect, double Embed, double Search, double Ledger, double Total);

    internal sealed record TillAnswer(
        Guid SightingId, SightingBand Decision, string Reason, Who? Person, Timings TimingsMs);

    public StationKind Kind => StationKind.Till;

    public static Task<IResult> Handle(string tillId, HttpContext http, TakeSighting takeSighting) =>
        takeSighting.HandleAsync(http, tillId, StationKind.Till, "till_not_found");

    public string RouteOf(Station station) => $"/tills/{station.Id}/sightings";

    public Task<IReadOnlyCollection<Guid>?> SearchFirstAsync(Station station, CancellationToken ct) =>
        Task.FromResult<IReadOnlyCollection<Guid>?>(null);

    public async Task<DeskDecision> DecideAsync(Sighting sighting, ActKey key, bool record, CancellationToken ct)
    {
        var person = sighting.Person is { } id ? await persons.FindAsync(id, ct) : null;
        var started = Stopwatch.GetTimestamp();
        if (sighting.IsUnusable && !record)
            return new DeskDecision(new ActResult(ActEnd.Committed, Compose(sighting, person, 0), null, false), 0);
        var result = await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans =
            [
                new Plan
                {
                    Rows = [new SightingRow(sighting)],
                    Compose = _ => Compose(
                        sighting, person, Stopwatch.GetElapsedTime(started).TotalMilliseconds),
                },
            ],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The sighting could not be recorded."),
        }, ct);
        return new DeskDecision(result, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static Answer Compose(Sighting sighting, Person? person, double ledgerMs)
    {
        var timings = new Timings(
            sighting.Timings.Detect, sighting.Timings.Embed, sighting.Timings.Search, Sightings.Ms(ledgerMs),
            Sightings.Ms(Stopwatch.GetElapsedTime(sighting.Started).TotalMilliseconds));
        var reason = sighting.Finding == SightingFinding.Recognised ? "ok" : Words.Of(sighting.Finding);
        var who = person is null ? null : new Who(person.Id, person.DisplayName);
        return new Answer(200, ApiJson.Write(new TillAnswer(sighting.Id, sighting.Band, reason, who, timings)));
    }
}
