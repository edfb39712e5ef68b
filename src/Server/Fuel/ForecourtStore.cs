using System.Data;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>This slice's SQL that reads how sites are set up.</summary>
internal sealed class ForecourtStore(NpgsqlDataSource database, FuelSettings settings, TimeProvider clock)
{
    // What was in force a moment ago is still asked for; more than a day back is history.
    private static readonly TimeSpan _pricesSince = TimeSpan.FromDays(1);

    private const string PricesOfSite =
        """
        select p.id, p.grade, p.thousandths_of_minor, g.unit, p.valid_from, p.set_by, p.set_at
        from fuel_price p join fuel_grade g on g.site = p.site and g.id = p.grade
        where p.site = $1 and p.withdrawn_at is null and p.valid_from >= coalesce((
            select max(b.valid_from) from fuel_price b
            where b.site = p.site and b.grade = p.grade and b.withdrawn_at is null and b.valid_from <= $2),
            '-infinity')
        order by p.grade, p.valid_from
        """;

    /// <summary>All of one site as it is at one moment; null: there is none.</summary>
    public async Task<Site?> SiteAsync(string id, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        // One snapshot, so that a nozzle never names a grade that is not there yet.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        return await SiteAsync(connection, transaction, id, ct);
    }

    /// <summary>The same inside a change, whose own writes it sees.</summary>
    public async Task<Site?> SiteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string id, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var sql in (string[])
        [
            "select name, region, time_zone, always_open, owner, version from fuel_site where id = $1",
            "select day, from_minute, to_minute from fuel_opening where site = $1 order by day, from_minute",
            "select id, name, fuel, unit from fuel_grade where site = $1 order by id",
            """
            select id, grade, capacity_thousandths, level_thousandths, short_thousandths from fuel_tank
            where site = $1 order by id
            """,
            """
            select p.id, p.number, p.closed, p.out_of_order, n.number, n.grade, n.tank
            from fuel_pump p left join fuel_nozzle n on n.pump = p.id where p.site = $1 order by p.number, n.number
            """,
        ])
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(new(PricesOfSite)
        {
            Parameters = { new() { Value = id }, new() { Value = clock.GetUtcNow() - _pricesSince } },
        });
        await using var reader = await batch.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var (name, region, zone, always, owner, version) = (
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3),
            reader.IsDBNull(4) ? (Guid?)null : reader.GetGuid(4), reader.GetInt32(5));
        var spans = await NextAsync(reader, row => new OpenSpan(
            (DayOfWeek)row.GetInt16(0), row.GetInt16(1), row.GetInt16(2)), ct);
        var grades = await NextAsync(reader, row => new Grade(
            row.GetString(0), row.GetString(1), Words.Read<FuelKind>(row.GetString(2)),
            Words.Read<FuelUnit>(row.GetString(3))), ct);
        var tanks = await NextAsync(reader, row => new Tank(
            row.GetString(0), id, row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), ct);
        var pumps = PumpsOf(id, await NextAsync(reader, ReadNozzle, ct));
        var prices = await NextAsync(reader, row => new FuelPrice(
            row.GetGuid(0), row.GetString(1), new(row.GetInt64(2), Words.Read<FuelUnit>(row.GetString(3))),
            row.GetFieldValue<DateTimeOffset>(4), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6)), ct);
        return new Site(
            id, name, region, zone, settings.Currency, always ? null : new OpeningHours(spans), owner, version)
        {
            Grades = grades, Tanks = tanks, Pumps = pumps, Prices = new PriceList(prices),
        };
    }

    public async Task<string?> SiteOfPumpAsync(string pump, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select site from fuel_pump where id = $1");
        command.Parameters.Add(new() { Value = pump });
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    private sealed record PumpRow(string Id, int Number, bool Closed, bool OutOfOrder, Nozzle? Nozzle);

    private static PumpRow ReadNozzle(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetInt32(1), row.GetBoolean(2), row.GetBoolean(3),
        row.IsDBNull(4)
            ? null
            : new Nozzle(row.GetInt32(4), row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6)));

    private static Pump[] PumpsOf(string site, IReadOnlyList<PumpRow> rows) =>
    [
        .. rows.GroupBy(row => row.Id).Select(pump =>
        {
            var first = pump.First();
            return new Pump(
                first.Id, site, first.Number, first.Closed || first.OutOfOrder,
                [.. pump.Select(row => row.Nozzle).OfType<Nozzle>()])
            {
                Closed = first.Closed,
            };
        }),
    ];

    private static async Task<List<T>> NextAsync<T>(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await reader.NextResultAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(read(reader));
        return rows;
    }
}
