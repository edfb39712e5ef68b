using System.Security.Cryptography;
using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Stations;

/// <param name="Id">For revoking; the key itself is not stored.</param>
internal sealed record StoredKey(Guid Id, DateTimeOffset CreatedAt);

/// <summary>This slice's SQL about devices, keys and links.</summary>
internal sealed class StationStore(NpgsqlDataSource database, TimeProvider clock)
{
    public async Task<Station?> FindAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, kind, place, name from station where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    /// <summary>The station whose key this is; null for unknown and revoked keys.</summary>
    public async Task<Station?> OfKeyAsync(StationKey key, CancellationToken ct)
    {
        var hash = key.Hash();
        await using var command = database.CreateCommand(
            """
            select s.id, s.kind, s.place, s.name, k.hash from station_key k join station s on s.id = k.station
            where k.hash = $1 and k.revoked_at is null
            """);
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        // An index finds by hash, which tells a guesser nothing of the key; the last word is said in constant time.
        return CryptographicOperations.FixedTimeEquals(hash, reader.GetFieldValue<byte[]>(4)) ? Read(reader) : null;
    }

    public async Task<IReadOnlyList<(Station Station, IReadOnlyList<StoredKey> Keys)>> AllAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select s.id, s.kind, s.place, s.name,
                   coalesce(array_agg(k.id order by k.created_at) filter (where k.id is not null), '{}'),
                   coalesce(array_agg(k.created_at order by k.created_at) filter (where k.id is not null), '{}')
            from station s left join station_key k on k.station = s.id and k.revoked_at is null
            group by s.id order by s.kind, s.id
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var all = new List<(Station, IReadOnlyList<StoredKey>)>();
        while (await reader.ReadAsync(ct))
        {
            var times = reader.GetFieldValue<DateTimeOffset[]>(5);
            var keys = reader.GetFieldValue<Guid[]>(4).Select((id, i) => new StoredKey(id, times[i])).ToList();
            all.Add((Read(reader), keys));
        }
        return all;
    }

    public async Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, StationOpening opening, CancellationToken ct)
    {
        var station = opening.Station;
        await using (var command = new NpgsqlCommand(
            "insert into station (id, kind, place, name, created_at) values ($1, $2, $3, $4, $5)",
            connection, transaction)
        {
            Parameters =
            {
                new() { Value = station.Id }, new() { Value = NameOf(station.Kind) }, new() { Value = station.Place },
                new() { Value = station.Name }, new() { Value = clock.GetUtcNow() },
            },
        })
            await command.ExecuteNonQueryAsync(ct);
        await AddKeyAsync(connection, transaction, station.Id, opening.Key, ct);
    }

    public async Task AddKeyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string station, StationKey key,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "insert into station_key (id, station, hash, created_at) values ($1, $2, $3, $4)", connection, transaction)
        {
            Parameters =
            {
                new() { Value = Ids.Next(clock) }, new() { Value = station }, new() { Value = key.Hash() },
                new() { Value = clock.GetUtcNow() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <returns>False when the station has no such key, or it is revoked already.</returns>
    public async Task<bool> RevokeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string station, Guid keyId, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update station_key set revoked_at = $3 where id = $1 and station = $2 and revoked_at is null",
            connection, transaction)
        {
            Parameters = { new() { Value = keyId }, new() { Value = station }, new() { Value = clock.GetUtcNow() } },
        };
        return await command.ExecuteNonQueryAsync(ct) > 0;
    }

    public async Task AddLinkAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string station, StationKey code,
        DateTimeOffset expiresAt, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "insert into station_link (hash, station, made_at, expires_at) values ($1, $2, $3, $4)",
            connection, transaction)
        {
            Parameters =
            {
                new() { Value = code.Hash() }, new() { Value = station }, new() { Value = clock.GetUtcNow() },
                new() { Value = expiresAt },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Uses a link up; of two that try at once, one gets the station.</summary>
    public async Task<Station?> RedeemAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, StationKey code, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update station_link l set redeemed_at = $2 from station s
            where l.hash = $1 and s.id = l.station and l.redeemed_at is null and l.expires_at > $2
            returning s.id, s.kind, s.place, s.name
            """, connection, transaction)
        {
            Parameters = { new() { Value = code.Hash() }, new() { Value = clock.GetUtcNow() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    private static string NameOf(StationKind kind) => kind.ToString().ToLowerInvariant();

    private static Station Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), Enum.Parse<StationKind>(reader.GetString(1), ignoreCase: true), reader.GetString(2),
        reader.GetString(3));
}
