using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Plates;

/// <summary>A vehicle and who registered it, as a match looks at them.</summary>
internal sealed record FoundVehicle(Vehicle Vehicle, byte[] PlateHash);

/// <summary>SQL of vehicles.</summary>
internal sealed class VehicleStore(NpgsqlDataSource database, PlateVault vault, TimeProvider clock)
{
    /// <summary>More plates than this that look alike are nobody's to choose from.</summary>
    private const int MatchMax = 8;

    private const string Columns =
        """
        select v.id, v.owner, v.region, v.sealed, k.wrapped_key, v.fuel, v.auto_pay_max_minor, v.created_at,
            exists (select from plate_claim c where c.vehicle = v.id and c.state = 'open'), v.plate_hash
        from vehicle v join person_key k on k.person_id = v.owner and k.purpose = 'plate:' || v.id
        """;

    public async Task<Vehicle?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Columns} where v.id = $1");
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, ct)).FirstOrDefault()?.Vehicle;
    }

    /// <summary>The same inside a transaction, locked until it ends.</summary>
    public async Task<Vehicle?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"{Columns} where v.id = $1 for update of v", connection, transaction);
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, ct)).FirstOrDefault()?.Vehicle;
    }

    /// <summary>The oldest first.</summary>
    public async Task<IReadOnlyList<Vehicle>> OfOwnerAsync(Guid owner, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Columns} where v.owner = $1 order by v.id");
        command.Parameters.Add(new() { Value = owner });
        return [.. (await ReadAsync(command, ct)).Select(found => found.Vehicle)];
    }

    /// <summary>The ids of all of a person's vehicles, locked until the transaction ends.</summary>
    public static async Task<IReadOnlyList<Guid>> LockOfOwnerAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid owner, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select id from vehicle where owner = $1 order by id for update", connection, transaction);
        command.Parameters.Add(new() { Value = owner });
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetGuid(0));
        return ids;
    }

    /// <param name="driver">Somebody who was invited to drive them.</param>
    /// <param name="accepted">True: only those that they said yes to; false: only the invitations.</param>
    public async Task<IReadOnlyList<Vehicle>> OfDriverAsync(Guid driver, bool accepted, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             {Columns} join vehicle_driver d on d.vehicle = v.id and d.person = $1
             where (d.accepted_at is not null) = $2 order by v.id
             """);
        command.Parameters.Add(new() { Value = driver });
        command.Parameters.Add(new() { Value = accepted });
        return [.. (await ReadAsync(command, ct)).Select(found => found.Vehicle)];
    }

    /// <summary>The vehicles whose plates fold to one of these.</summary>
    public async Task<IReadOnlyList<FoundVehicle>> AlikeAsync(byte[][] folds, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"{Columns} where v.fold_hash = any($1) order by v.id limit {MatchMax}");
        command.Parameters.Add(new() { Value = folds });
        return await ReadAsync(command, ct);
    }

    /// <summary>Whose plate it is.</summary>
    public async Task<Vehicle?> OfPlateAsync(string region, string canonical, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Columns} where v.region = $1 and v.plate_hash = $2");
        command.Parameters.Add(new() { Value = region });
        command.Parameters.Add(new() { Value = vault.HashOf(canonical) });
        return (await ReadAsync(command, ct)).FirstOrDefault()?.Vehicle;
    }

    /// <summary>How many there are; of requests at once, each waits for the one before it.</summary>
    public static async Task<long> CountAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid owner, CancellationToken ct)
    {
        await using (var wait = new NpgsqlCommand(
            "select pg_advisory_xact_lock(hashtextextended('sightpay.vehicles:' || $1::text, 0))",
            connection, transaction)
        {
            Parameters = { new() { Value = owner } },
        })
            await wait.ExecuteNonQueryAsync(ct);
        await using var command = new NpgsqlCommand(
            "select count(*) from vehicle where owner = $1", connection, transaction)
        {
            Parameters = { new() { Value = owner } },
        };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <returns>False when the plate has an owner; somebody who registers it at the same time is waited for.</returns>
    public async Task<bool> InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Vehicle vehicle, CancellationToken ct)
    {
        var box = await SealAsync(connection, transaction, vehicle, ct);
        await using var command = new NpgsqlCommand(
            """
            insert into vehicle (id, owner, region, plate_hash, fold_hash, sealed, fuel, auto_pay_max_minor, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (region, plate_hash) do nothing
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = vehicle.Id }, new() { Value = vehicle.Owner }, new() { Value = vehicle.Region },
                new() { Value = vault.HashOf(vehicle.Plate) }, new() { Value = vault.FoldOf(vehicle.Plate) },
                new() { Value = box }, new() { Value = Words.Of(vehicle.Fuel) },
                new() { Value = vehicle.AutoPayMaxMinor }, new() { Value = vehicle.CreatedAt.ToUniversalTime() },
            },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Name, fuel and limit; plate, region and owner stay for the life of a vehicle.</summary>
    public async Task UpdateAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Vehicle vehicle, CancellationToken ct)
    {
        var box = await SealAsync(connection, transaction, vehicle, ct);
        await using var command = new NpgsqlCommand(
            "update vehicle set sealed = $2, fuel = $3, auto_pay_max_minor = $4 where id = $1", connection, transaction)
        {
            Parameters =
            {
                new() { Value = vehicle.Id }, new() { Value = box }, new() { Value = Words.Of(vehicle.Fuel) },
                new() { Value = vehicle.AutoPayMaxMinor },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Deletes it with its drivers and destroys its key; claims on it are released.</summary>
    /// <returns>Who had an open claim on it.</returns>
    public async Task<IReadOnlyList<(Guid Claim, Guid Claimant)>> DeleteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid owner, Guid id, CancellationToken ct)
    {
        await using (var command = new NpgsqlCommand("delete from vehicle where id = $1", connection, transaction)
        {
            Parameters = { new() { Value = id } },
        })
            await command.ExecuteNonQueryAsync(ct);
        await vault.DestroyAsync(connection, transaction, owner, id, ct);
        await using var release = new NpgsqlCommand(
            """
            update plate_claim set state = 'released', resolved_at = $2 where vehicle = $1 and state = 'open'
            returning id, claimant
            """, connection, transaction)
        {
            Parameters = { new() { Value = id }, new() { Value = clock.GetUtcNow() } },
        };
        var claims = new List<(Guid, Guid)>();
        await using var reader = await release.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) claims.Add((reader.GetGuid(0), reader.GetGuid(1)));
        return claims;
    }

    private Task<byte[]> SealAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Vehicle vehicle, CancellationToken ct) =>
        vault.SealAsync(
            connection, transaction, vehicle.Owner, vehicle.Id, new SealedVehicle(vehicle.Plate, vehicle.Name), ct);

    private async Task<IReadOnlyList<FoundVehicle>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var found = new List<FoundVehicle>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (id, owner) = (reader.GetGuid(0), reader.GetGuid(1));
            var opened = vault.Open<SealedVehicle>(
                owner, id, reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(3));
            found.Add(new(
                new(
                    id, opened.Plate, reader.GetString(2), owner, Words.Read<VehicleFuel>(reader.GetString(5)),
                    reader.GetInt64(6), opened.Name)
                {
                    CreatedAt = reader.GetFieldValue<DateTimeOffset>(7), IsDisputed = reader.GetBoolean(8),
                },
                reader.GetFieldValue<byte[]>(9)));
        }
        return found;
    }
}
