using System.Globalization;
using SightPay.Server.Api;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>
/// GET /fuel-sessions and /fuel-sessions/{id}: those of a person and of the vehicles that they own or drive; with
/// <c>site</c> those of a site, for whoever runs it.
/// </summary>
internal sealed class ShowSessions(
    ReadSession sessions, PumpSessionStore store, SessionAnswers answers, SiteStaff staff, Vehicles vehicles)
{
    private static readonly string States =
        string.Join(", ", Enum.GetValues<PumpSessionState>().Select(Words.Of));

    /// <param name="Open">Something is left to be done.</param>
    public sealed record Query(string? Site, string? State, string? Vehicle, bool? Open, string? Cursor, int? Limit);

    public async Task<IResult> ListAsync(HttpContext http, Query query, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var filter = new SessionFilter(
            Site: query.Site, Vehicle: VehicleOf(query), State: StateOf(query), IsOpen: query.Open == true);
        if (query.Site is { } site) await staff.DemandAsync(caller, site, SiteRight.Read, ct);
        else if (!caller.ReadsAll || query.Vehicle is null)
            filter = filter with
            {
                Person = caller.PersonId,
                Vehicles = [.. (await vehicles.OfAsync(caller.PersonId!.Value, ct)).Select(vehicle => vehicle.Id)],
            };
        var before = Cursor.Read(query.Cursor, 1) is [var text]
            && long.TryParse(text, CultureInfo.InvariantCulture, out var seq) ? seq : long.MaxValue;
        var size = PageLimit.Of(query.Limit);
        var rows = await store.ListAsync(filter, before, size + 1, ct);
        var page = Page<ListedSession>.Of(
            rows, size, row => Cursor.Of(row.Seq.ToString(CultureInfo.InvariantCulture)));
        var shown = new List<FuelSessionAnswer>();
        foreach (var (_, session) in page.Items)
        {
            // What is over by now is shown so, whether or not that was written down yet.
            if (await NowAsync(session, ct) is { } now)
                shown.Add(await answers.OfAsync(now, await answers.DemandRoleAsync(now, caller, ct), ct));
        }
        return Results.Json(new Page<FuelSessionAnswer>(shown, page.NextCursor), ApiJson.Options);
    }

    public async Task<IResult> ShowAsync(Guid id, HttpContext http, CancellationToken ct)
    {
        var session = await sessions.FindAsync(id, ct);
        var role = await answers.DemandRoleAsync(session, Caller.Of(http), ct);
        return Results.Json(await answers.OfAsync(session!, role, ct), ApiJson.Options);
    }

    private async Task<PumpSession?> NowAsync(PumpSession session, CancellationToken ct) =>
        sessions.IsDue(session) ? await sessions.FindAsync(session.Id, ct) : session;

    private static PumpSessionState? StateOf(Query query)
    {
        if (query.State is null) return null;
        return Enum.GetValues<PumpSessionState>().Cast<PumpSessionState?>()
            .FirstOrDefault(each => Words.Of(each!.Value) == query.State)
            ?? throw new ProblemException(
                422, "fields_invalid", "There is no such state.",
                errors: new Dictionary<string, string[]> { ["state"] = [$"Use: {States}."] });
    }

    private static Guid? VehicleOf(Query query)
    {
        if (query.Vehicle is null) return null;
        return Guid.TryParse(query.Vehicle, out var vehicle)
            ? vehicle
            : throw new ProblemException(404, "vehicle_not_found", "There is no vehicle with this id.");
    }
}

/// <summary>A pump as its site's staff see it.</summary>
/// <param name="Session">The one that has the pump, or whose bill is the latest that is open there.</param>
/// <param name="Waiting">Cars behind it.</param>
/// <param name="Nozzles">What it sells now; a grade without a price is not sold.</param>
internal sealed record PumpNow(
    string Id, string SiteId, int Number, bool OutOfOrder, bool Closed, FuelSessionAnswer? Session, int Waiting,
    IReadOnlyList<PumpNow.Sold> Nozzles)
{
    internal sealed record Sold(
        int Number, string GradeId, string GradeName, FuelUnit Unit, long? UnitPrice, string? TankId);
}

/// <summary>GET /pumps?site= and /pumps/{id}: the forecourt as it is at this moment; a pump sees itself.</summary>
internal sealed class ShowPumps(
    Forecourt forecourt, SiteStaff staff, ReadSession sessions, PumpSessionStore store, SessionAnswers answers,
    TimeProvider clock)
{
    public async Task<IResult> ListAsync(HttpContext http, string? site, CancellationToken ct)
    {
        if (site is null)
            return Problems.Of(422, "fields_invalid", "Say which site: ?site=.");
        await staff.DemandAsync(Caller.Of(http), site, SiteRight.Read, ct);
        if (await forecourt.FindSiteAsync(site, ct) is not { } found) throw SiteStaff.NotFound();
        var pumps = new List<PumpNow>();
        foreach (var pump in found.Pumps) pumps.Add(await OfAsync(found, pump, ct));
        return Results.Json(new Page<PumpNow>(pumps, null), ApiJson.Options);
    }

    public async Task<IResult> ShowAsync(HttpContext http, string id, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var site = await forecourt.FindSiteOfPumpAsync(id, ct);
        if (site?.Pumps.FirstOrDefault(each => each.Id == id) is not { } pump)
            return Problems.Of(404, "pump_not_found", "There is no pump with this id.");
        if (caller.StationId is { } station)
        {
            if (station != id)
                return Problems.Of(403, "wrong_station", "The station key belongs to another station.");
        }
        else await staff.DemandAsync(caller, site.Id, SiteRight.Read, ct);
        return Results.Json(await OfAsync(site, pump, ct), ApiJson.Options);
    }

    private async Task<PumpNow> OfAsync(Site site, Pump pump, CancellationToken ct)
    {
        var session = await sessions.AtPumpAsync(pump.Id, ct)
            ?? (await store.ListAsync(new SessionFilter(Pump: pump.Id, IsOpen: true), long.MaxValue, 1, ct))
                .FirstOrDefault()?.Session;
        var prices = await forecourt.PricesAtAsync(site.Id, clock.GetUtcNow(), ct);
        return new PumpNow(
            pump.Id, site.Id, pump.Number, pump.OutOfOrder, pump.Closed,
            session is null ? null : await answers.OfAsync(session, SessionRole.Staff, ct),
            (await store.WaitingAsync(pump.Id, ct)).Count,
            [.. pump.Nozzles.Select(nozzle => Of(nozzle, site.FindGrade(nozzle.GradeId)!))]);

        PumpNow.Sold Of(Nozzle nozzle, Grade grade) => new(
            nozzle.Number, grade.Id, grade.Name, grade.Unit,
            prices.TryGetValue(grade.Id, out var price) ? price.ThousandthsOfMinor : null, nozzle.TankId);
    }
}
