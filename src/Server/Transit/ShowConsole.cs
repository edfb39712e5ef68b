using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Transit;

/// <summary>
/// The stops as operators see them: people inside, the last entries and exits. One statement, so that counts and names
/// belong to one moment; the live feed's events carry the counts that follow.
/// </summary>
internal static class ShowConsole
{
    private const int LastPassages = 5;

    internal sealed record Who(Guid Id, string DisplayName);

    internal sealed record Passed(DateTimeOffset At, string GateId, Who? Person, Guid JourneyId, long? FareMinor);

    internal sealed record Shown(
        string Id, string Name, int Inside, IReadOnlyList<Passed> Entries, IReadOnlyList<Passed> Exits);

    private sealed record Row(
        string StopId, bool IsEntry, DateTimeOffset At, string Gate, Guid Person, Guid Journey, long FareMinor);

    public static async Task<IResult> Handle(HttpContext http, NpgsqlDataSource database, Persons persons)
    {
        var ct = http.RequestAborted;
        var (stops, rows) = await ReadAsync(database, ct);
        var names = new Dictionary<Guid, Who?>();
        foreach (var id in rows.Select(row => row.Person).Distinct())
            names[id] = await persons.FindAsync(id, ct) is { } person ? new Who(id, person.DisplayName) : null;
        var passed = rows.ToLookup(row => (row.StopId, row.IsEntry), row => new Passed(
            row.At, row.Gate, names[row.Person], row.Journey, row.IsEntry ? null : row.FareMinor));
        var shown = stops.Select(stop => new Shown(
            stop.Id, stop.Name, stop.Inside, [.. passed[(stop.Id, true)]], [.. passed[(stop.Id, false)]]));
        return Results.Json(new { Stops = shown }, ApiJson.Options);
    }

    private static async Task<(List<(string Id, string Name, int Inside)> Stops, List<Row> Rows)> ReadAsync(
        NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select s.id, s.name, s.inside, p.is_entry, p.at, p.gate, p.person, p.id, p.fare_minor
             from transit_stop s left join lateral (
                 (select true as is_entry, entry_at as at, entry_gate as gate, person, id, fare_minor
                  from transit_journey where entry_stop = s.id order by entry_at desc limit {LastPassages})
                 union all
                 (select false, exit_at, exit_gate, person, id, fare_minor
                  from transit_journey where exit_stop = s.id order by exit_at desc limit {LastPassages})) p on true
             order by s.line, s.ordinal, p.at desc
             """);
        var stops = new List<(string Id, string, int)>();
        var rows = new List<Row>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (id, name, inside) = (reader.GetString(0), reader.GetString(1), reader.GetInt32(2));
            if (stops.Count == 0 || stops[^1].Id != id) stops.Add((id, name, inside));
            if (!reader.IsDBNull(3))
                rows.Add(new Row(
                    id, reader.GetBoolean(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5),
                    reader.GetGuid(6), reader.GetGuid(7), reader.GetInt64(8)));
        }
        return (stops, rows);
    }
}
