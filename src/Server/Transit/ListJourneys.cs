using System.Globalization;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Transit;

/// <summary>Journeys, newest first: a person's own, for operators everybody's.</summary>
internal static class ListJourneys
{
    private const int PageDefault = 50;
    private const int PageMax = 200;

    internal sealed record End(string GateId, string StopId, string StopName, DateTimeOffset At);

    internal sealed record Shown(
        Guid Id, Guid UserId, string State, End? Entry, End? Exit, long FareMinor, long OwedMinor, string Currency);

    public static async Task<IResult> Handle(
        HttpContext http, NpgsqlDataSource database, TransitSettings settings, string? user_id = null,
        string? cursor = null, int? limit = null)
    {
        var caller = Caller.Of(http);
        Guid? person = caller.ReadsAll ? null : caller.PersonId;
        if (user_id is not null)
        {
            if (!Guid.TryParse(user_id, out var asked)) return NotFound();
            if (!caller.MayRead(asked))
                return Problems.Of(403, "forbidden", "Only the person themself and operators may see this.");
            person = asked;
        }
        var before = Cursor.Read(cursor, 1) is [var text]
            && long.TryParse(text, CultureInfo.InvariantCulture, out var seq) ? seq : long.MaxValue;
        var size = Math.Clamp(limit ?? PageDefault, 1, PageMax);
        var rows = await ReadAsync(database, settings.Currency, person, before, size + 1, http.RequestAborted);
        var next = rows.Count > size ? Cursor.Of(rows[size - 1].Seq.ToString(CultureInfo.InvariantCulture)) : null;
        return Results.Json(
            new { Items = rows.Take(size).Select(row => row.Journey), NextCursor = next }, ApiJson.Options);
    }

    private static async Task<List<(long Seq, Shown Journey)>> ReadAsync(
        NpgsqlDataSource database, string currency, Guid? person, long before, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select j.seq, j.id, j.person, j.state, j.fare_minor, j.owed_minor,
                    j.entry_gate, j.entry_stop, a.name, j.entry_at, j.exit_gate, j.exit_stop, b.name, j.exit_at
             from transit_journey j left join transit_stop a on a.id = j.entry_stop
             left join transit_stop b on b.id = j.exit_stop
             where j.seq < $1 {(person is null ? "" : "and j.person = $3")} order by j.seq desc limit $2
             """);
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = most });
        if (person is { } id) command.Parameters.Add(new() { Value = id });
        var rows = new List<(long, Shown)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add((reader.GetInt64(0), new Shown(
                reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3), EndOf(reader, 6), EndOf(reader, 10),
                reader.GetInt64(4), reader.GetInt64(5), currency)));
        return rows;
    }

    private static End? EndOf(NpgsqlDataReader reader, int from) => reader.IsDBNull(from)
        ? null
        : new End(
            reader.GetString(from), reader.GetString(from + 1), reader.GetString(from + 2),
            reader.GetFieldValue<DateTimeOffset>(from + 3));

    private static IResult NotFound() => Problems.Of(404, "user_not_found", "There is no user with this id.");
}
