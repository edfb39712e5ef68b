using Npgsql;

namespace SightPay.Server.Transit;

/// <summary>This slice's reading SQL; what the gates write is written by the companion writers.</summary>
internal sealed class TransitStore(NpgsqlDataSource database)
{
    public async Task<Gate?> GateAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select g.id, g.stop, s.line, g.direction, g.closed
            from transit_gate g join transit_stop s on s.id = g.stop where g.id = $1
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? ReadGate(reader) : null;
    }

    public async Task<Rider?> RiderAsync(Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand(RiderSql.Select + " where person = $1");
        command.Parameters.Add(new() { Value = person });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? RiderSql.Read(reader) : null;
    }

    public async Task<IReadOnlyCollection<Guid>> PeopleInsideAsync(string line, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select r.person from transit_rider r join transit_stop s on s.id = r.stop
            where r.journey is not null and s.line = $1
            """);
        command.Parameters.Add(new() { Value = line });
        var inside = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) inside.Add(reader.GetGuid(0));
        return inside;
    }

    /// <summary>Riders whose journey began before the given moment and is still open.</summary>
    public async Task<IReadOnlyList<Rider>> OverdueAsync(DateTimeOffset before, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            RiderSql.Select + " where journey is not null and entered_at < $1 order by entered_at limit $2");
        command.Parameters.Add(new() { Value = before.ToUniversalTime() });
        command.Parameters.Add(new() { Value = most });
        var riders = new List<Rider>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) riders.Add(RiderSql.Read(reader));
        return riders;
    }

    public async Task<FareTable> FaresAsync(string line, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select distinct on (hops) hops, amount_minor from transit_fare
            where line = $1 and valid_from <= $2 order by hops, valid_from desc
            """);
        command.Parameters.Add(new() { Value = line });
        command.Parameters.Add(new() { Value = at.ToUniversalTime() });
        var fares = new Dictionary<int, long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) fares[reader.GetInt32(0)] = reader.GetInt64(1);
        return new FareTable(fares);
    }

    /// <summary>Stops between two stops of one line, the last one counted; -1 where no line has both.</summary>
    public async Task<int> HopsAsync(string from, string to, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select abs(a.ordinal - b.ordinal) from transit_stop a join transit_stop b on b.line = a.line
            where a.id = $1 and b.id = $2
            """);
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        return await command.ExecuteScalarAsync(ct) is int hops ? hops : -1;
    }

    public async Task<long> FareOfAsync(Guid journey, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select fare_minor from transit_journey where id = $1");
        command.Parameters.Add(new() { Value = journey });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task<IReadOnlyList<(string Id, string Name)>> LinesAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, name from transit_line order by id");
        var lines = new List<(string, string)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) lines.Add((reader.GetString(0), reader.GetString(1)));
        return lines;
    }

    public async Task<IReadOnlyList<Stop>> StopsAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select id, line, ordinal, name, inside from transit_stop order by line, ordinal");
        var stops = new List<Stop>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            stops.Add(new Stop(
                reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.GetInt32(4)));
        return stops;
    }

    public async Task<IReadOnlyList<Gate>> GatesAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select g.id, g.stop, s.line, g.direction, g.closed
            from transit_gate g join transit_stop s on s.id = g.stop order by s.line, s.ordinal, g.direction, g.id
            """);
        var gates = new List<Gate>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) gates.Add(ReadGate(reader));
        return gates;
    }

    private static Gate ReadGate(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetString(2),
        reader.GetString(3) == "in" ? GateDirection.In : GateDirection.Out, reader.GetBoolean(4));
}
