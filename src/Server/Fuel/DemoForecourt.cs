using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Stations;

namespace SightPay.Server.Fuel;

/// <summary>The demo's filling station: two pumps, petrol and diesel at both, a charging cable at the second.</summary>
public sealed class DemoForecourt(NpgsqlDataSource database, TimeProvider clock)
{
    private const string SiteId = "F1";

    public async Task<bool> ExistsAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select 1 from fuel_site where id = $1");
        command.Parameters.Add(new() { Value = SiteId });
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    public IEnumerable<Station> Stations() => Enumerable.Range(1, 2).Select(number => new Station(
        Pump.IdOf(SiteId, number), StationKind.Pump, SiteId, $"Salt Lake Bypass, pump {number}"));

    public async Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string currency, CancellationToken ct)
    {
        await using (var batch = new NpgsqlBatch(connection, transaction))
        {
            foreach (var sql in (string[])
            [
                """
                insert into fuel_site (id, name, region, time_zone, always_open)
                values ($1, 'Salt Lake Bypass', 'in', 'Asia/Kolkata', true)
                """,
                """
                insert into fuel_grade (site, id, name, fuel, unit) values
                    ($1, 'petrol', 'Petrol 95', 'petrol', 'litre'), ($1, 'diesel', 'Diesel', 'diesel', 'litre'),
                    ($1, 'charge', 'Fast charge', 'electric', 'kilowatt_hour')
                """,
                """
                insert into fuel_tank (site, id, grade, capacity_thousandths, level_thousandths) values
                    ($1, 'T1', 'petrol', 20000000, 14500000), ($1, 'T2', 'diesel', 20000000, 9800000)
                """,
                "insert into fuel_pump (id, site, number) values ($1 || '-P1', $1, 1), ($1 || '-P2', $1, 2)",
                """
                insert into fuel_nozzle (pump, number, site, grade, tank) values
                    ($1 || '-P1', 1, $1, 'petrol', 'T1'), ($1 || '-P1', 2, $1, 'diesel', 'T2'),
                    ($1 || '-P2', 1, $1, 'petrol', 'T1'), ($1 || '-P2', 2, $1, 'diesel', 'T2'),
                    ($1 || '-P2', 3, $1, 'charge', null)
                """,
            ])
                batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = SiteId } } });
            Price(batch, "petrol", 10_541_000);
            Price(batch, "diesel", 9_202_000);
            Price(batch, "charge", 1_850_000);
            await batch.ExecuteNonQueryAsync(ct);
        }
        await GeneralLedger.OpenAccountsAsync(
            connection, transaction,
            [new(Site.AccountKeyOf(SiteId), currency, AccountKind.Payable, AccountFlags.None)], ct);
    }

    private void Price(NpgsqlBatch batch, string grade, long thousandthsOfMinor)
    {
        var now = clock.GetUtcNow();
        batch.BatchCommands.Add(new(
            """
            insert into fuel_price (id, site, grade, valid_from, thousandths_of_minor, set_by, set_at)
            values ($1, $2, $3, $4, $5, 'system', $4)
            """)
        {
            Parameters =
            {
                new() { Value = Ids.Next(clock) }, new() { Value = SiteId }, new() { Value = grade },
                new() { Value = now }, new() { Value = thousandthsOfMinor },
            },
        });
    }
}
