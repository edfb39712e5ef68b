using System.Globalization;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Stations;

namespace SightPay.Server.Fuel;

/// <summary>
/// PUT /sites/{id}/pumps/{number}: the nozzles of a pump, by who sets the site up; whether it is closed, by its staff
/// too. A new pump is a new station, whose key operators make as for every station.
/// </summary>
internal sealed class SetPump(SiteChanges changes, StationDirectory stations)
{
    private const int NumberMax = 999;
    private const int NozzlesMax = 16;

    /// <param name="Nozzles">Null: they stay.</param>
    /// <param name="Closed">Null: it stays.</param>
    internal sealed record Request(IReadOnlyList<NozzleText?>? Nozzles, bool? Closed, int? Version);

    internal sealed record NozzleText(int? Number, string? GradeId, string? TankId);

    public async Task<IResult> RunAsync(string id, int number, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<Request>(http, "Send nozzles, closed or both.");
        var needed = request.Nozzles is null ? SiteRight.Work : SiteRight.Manage;
        await changes.ChangeAsync(http, id, needed, request.Version, async (site, connection, transaction) =>
        {
            var fields = new SiteFields();
            if (number is < 1 or > NumberMax) fields.Add("number", $"From 1 to {NumberMax}.");
            var before = site.Pumps.FirstOrDefault(pump => pump.Number == number);
            if (before is null && request.Nozzles is null)
                throw new ProblemException(404, "pump_not_found", "This site has no pump with this number.");
            var nozzles = request.Nozzles is { } texts ? NozzlesOf(texts, site, fields) : before!.Nozzles;
            fields.Demand();
            var closed = request.Closed ?? before?.Closed ?? false;
            if (before is not null && before.Closed == closed && before.Nozzles.SequenceEqual(nozzles)) return null;
            if (before is null)
                await stations.AddAsync(connection, transaction, StationOf(site, number), http.RequestAborted);
            return new SiteChange(
                request.Nozzles is not null ? "pump_set" : closed ? "pump_closed" : "pump_opened",
                $"pump:{Pump.IdOf(id, number)}", Writes(site, number, closed, nozzles));
        });
        return await changes.ShowAsync(http, id);
    }

    private static Station StationOf(Site site, int number) => new(
        Pump.IdOf(site.Id, number), StationKind.Pump, site.Id,
        string.Create(CultureInfo.InvariantCulture, $"{site.Name}, pump {number}"));

    private static IReadOnlyList<Nozzle> NozzlesOf(IReadOnlyList<NozzleText?> texts, Site site, SiteFields fields)
    {
        if (texts.Count > NozzlesMax) fields.Add("nozzles", $"Use at most {NozzlesMax}.");
        var nozzles = new List<Nozzle>();
        foreach (var text in texts.Take(NozzlesMax))
        {
            if (text?.Number is not (>= 1 and <= NozzlesMax) || nozzles.Any(nozzle => nozzle.Number == text.Number))
                fields.Add("nozzles", $"Each nozzle has a number of its own, from 1 to {NozzlesMax}.");
            else if (site.FindGrade(text.GradeId ?? "") is not { } grade)
                fields.Add("nozzles", $"Nozzle {text.Number}: the site sells no such grade.");
            else if (grade.Fuel == FuelKind.Electric && text.TankId is not null)
                fields.Add("nozzles", $"Nozzle {text.Number}: no tank holds electricity.");
            else if (grade.Fuel != FuelKind.Electric && site.FindTank(text.TankId ?? "")?.GradeId != grade.Id)
                fields.Add("nozzles", $"Nozzle {text.Number}: name a tank that holds {grade.Name}.");
            else nozzles.Add(new(text.Number.Value, grade.Id, text.TankId));
        }
        return [.. nozzles.OrderBy(nozzle => nozzle.Number)];
    }

    private static IReadOnlyList<NpgsqlBatchCommand> Writes(
        Site site, int number, bool closed, IReadOnlyList<Nozzle> nozzles)
    {
        var id = Pump.IdOf(site.Id, number);
        return
        [
            SiteChange.Sql(
                """
                insert into fuel_pump (id, site, number, closed) values ($1, $2, $3, $4)
                on conflict (id) do update set closed = excluded.closed
                """, id, site.Id, number, closed),
            SiteChange.Sql("delete from fuel_nozzle where pump = $1", id),
            SiteChange.Sql(
                """
                insert into fuel_nozzle (pump, site, number, grade, tank)
                select $1, $2, unnest($3::int[]), unnest($4::text[]), nullif(unnest($5::text[]), '')
                """, id, site.Id, nozzles.Select(nozzle => nozzle.Number).ToArray(),
                nozzles.Select(nozzle => nozzle.GradeId).ToArray(),
                nozzles.Select(nozzle => nozzle.TankId ?? "").ToArray()),
        ];
    }
}
