using Npgsql;
using SightPay.Server.Stations;

namespace SightPay.Server.Transit;

/// <summary>The demo's line: Kolkata's East-West line, eight stops with a gate in and a gate out each.</summary>
public sealed class DemoLine(NpgsqlDataSource database, TimeProvider clock)
{
    private const string Line = "EW";

    private static readonly string[] _stops =
    [
        "Sealdah", "Phoolbagan", "Salt Lake Stadium", "Bengal Chemical", "City Center", "Central Park", "Karunamoyee",
        "Salt Lake Sector V",
    ];

    /// <summary>Paise by hops.</summary>
    private static readonly long[] _fares = [0, 500, 800, 1100, 1400, 1700, 2000, 2000];

    public async Task<bool> ExistsAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select 1 from transit_line where id = $1");
        command.Parameters.Add(new() { Value = Line });
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    public IEnumerable<Station> Stations() => _stops.SelectMany((name, i) => new[]
    {
        new Station($"S{i + 1}-in", StationKind.Gate, $"S{i + 1}", $"{name}, entry"),
        new Station($"S{i + 1}-out", StationKind.Gate, $"S{i + 1}", $"{name}, exit"),
    });

    public async Task OpenAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        Add(batch, "insert into transit_line (id, name) values ($1, $2)", Line, "East-West");
        for (var i = 0; i < _stops.Length; i++)
        {
            var stop = $"S{i + 1}";
            Add(batch, "insert into transit_stop (id, line, ordinal, name) values ($1, $2, $3, $4)",
                stop, Line, i + 1, _stops[i]);
            Add(batch, "insert into transit_gate (id, stop, direction) values ($1, $2, 'in'), ($3, $2, 'out')",
                $"{stop}-in", stop, $"{stop}-out");
        }
        for (var hops = 0; hops < _fares.Length; hops++)
            Add(batch, "insert into transit_fare (line, hops, valid_from, amount_minor) values ($1, $2, $3, $4)",
                Line, hops, clock.GetUtcNow().UtcDateTime.Date.AddDays(-1), _fares[hops]);
        await batch.ExecuteNonQueryAsync(ct);
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        batch.BatchCommands.Add(command);
    }
}
