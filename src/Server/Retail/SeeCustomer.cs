using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <summary>A face at a till: who would pay. No money moves; the payment names the sighting.</summary>
internal sealed class SeeCustomer(Persons persons, SightingAsks asks, GeneralLedger ledger) : IStationDesk
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
        if (sighting.IsUnusable && !record)
            return new DeskDecision(
                new ActResult(ActEnd.Committed, Compose(sighting, Reason(sighting), person, 0), null, false), 0);
        return await SubmitAsync(
            sighting, Reason(sighting), person,
            sighting.Candidates.Count == 0
                ? [new SightingRow(sighting)]
                : [new SightingRow(sighting), asks.RowOf(sighting, sighting.Candidates)],
            key, ct);
    }

    /// <summary>Who it is, is known then. That they agree to pay is another question, and has its own PIN.</summary>
    public async Task<DeskDecision> StepUpAsync(StepUpTry tried, ActKey key, CancellationToken ct) =>
        tried.Sighting.Person is { } id && await persons.FindAsync(id, ct) is { } person
            ? await SubmitAsync(
                tried.Sighting, Reason(tried.Sighting), person, [new AskResolvedRow(tried.Sighting.Id, id)], key, ct)
            : await SubmitAsync(tried.Sighting, tried.Reason, null, tried.StillAsked, key, ct);

    private async Task<DeskDecision> SubmitAsync(
        Sighting sighting, string reason, Person? person, IReadOnlyList<CompanionRow> rows, ActKey key,
        CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans =
            [
                new Plan
                {
                    Rows = rows,
                    Compose = _ => Compose(
                        sighting, reason, person, Stopwatch.GetElapsedTime(started).TotalMilliseconds),
                },
            ],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The sighting could not be recorded."),
        }, ct);
        return new DeskDecision(result, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static string Reason(Sighting sighting) =>
        sighting.Finding == SightingFinding.Recognised ? "ok" : Words.Of(sighting.Finding);

    private static Answer Compose(Sighting sighting, string reason, Person? person, double ledgerMs)
    {
        var timings = new Timings(
            sighting.Timings.Detect, sighting.Timings.Embed, sighting.Timings.Search, Sightings.Ms(ledgerMs),
            Sightings.Ms(Stopwatch.GetElapsedTime(sighting.Started).TotalMilliseconds));
        var who = person is null ? null : new Who(person.Id, person.DisplayName);
        return new Answer(200, ApiJson.Write(new TillAnswer(sighting.Id, sighting.Band, reason, who, timings)));
    }
}
