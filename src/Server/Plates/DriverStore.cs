using Npgsql;

namespace SightPay.Server.Plates;

/// <summary>SQL of drivers.</summary>
internal sealed class DriverStore(NpgsqlDataSource database)
{
    private const string Columns =
        "select vehicle, person, max_minor, day_max_minor, invited_at, accepted_at from vehicle_driver";

    public async Task<VehicleDriver?> FindAsync(Guid vehicle, Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Columns} where vehicle = $1 and person = $2");
        command.Parameters.Add(new() { Value = vehicle });
        command.Parameters.Add(new() { Value = person });
        return (await ReadAsync(command, ct)).FirstOrDefault();
    }

    /// <summary>In the order in which they were invited.</summary>
    public async Task<IReadOnlyList<VehicleDriver>> OfVehiclesAsync(Guid[] vehicles, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"{Columns} where vehicle = any($1) order by invited_at, person");
        command.Parameters.Add(new() { Value = vehicles });
        return await ReadAsync(command, ct);
    }

    /// <summary>Invites somebody, or changes the limits of somebody who was. A yes that was said stays said.</summary>
    public static async Task PutAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, VehicleDriver driver, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into vehicle_driver (vehicle, person, max_minor, day_max_minor, invited_at)
            values ($1, $2, $3, $4, $5)
            on conflict (vehicle, person) do update set
                max_minor = excluded.max_minor, day_max_minor = excluded.day_max_minor
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = driver.Vehicle }, new() { Value = driver.Person },
                new() { Value = driver.MaxMinor }, new() { Value = driver.DayMaxMinor },
                new() { Value = driver.InvitedAt.ToUniversalTime() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <returns>False when there is no such invitation.</returns>
    public static async Task<bool> AcceptAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid vehicle, Guid person, DateTimeOffset at,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update vehicle_driver set accepted_at = coalesce(accepted_at, $3) where vehicle = $1 and person = $2
            """, connection, transaction)
        {
            Parameters = { new() { Value = vehicle }, new() { Value = person }, new() { Value = at } },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    public static async Task<bool> DeleteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid vehicle, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "delete from vehicle_driver where vehicle = $1 and person = $2", connection, transaction)
        {
            Parameters = { new() { Value = vehicle }, new() { Value = person } },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>All that a person may drive, or was asked to.</summary>
    public static async Task DeleteOfAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "delete from vehicle_driver where person = $1", connection, transaction);
        command.Parameters.Add(new() { Value = person });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<IReadOnlyList<VehicleDriver>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var drivers = new List<VehicleDriver>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            drivers.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3))
            {
                InvitedAt = reader.GetFieldValue<DateTimeOffset>(4),
                AcceptedAt = await reader.IsDBNullAsync(5, ct) ? null : reader.GetFieldValue<DateTimeOffset>(5),
            });
        return drivers;
    }
}
