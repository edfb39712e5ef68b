using System.Security.Cryptography;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <param name="Id">For revoking; the key itself is not stored.</param>
/// <param name="Label">How the station came by it.</param>
/// <param name="LastUsedAt">To the minute.</param>
internal sealed record StoredKey(Guid Id, string Label, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>This slice's SQL about devices, keys and links.</summary>
internal sealed class StationStore(NpgsqlDataSource database, TimeProvider clock)
{
    // The time of last use is for operators who clean up; written at most this often it costs nothing at a gate.
    private static readonly TimeSpan _usedWithin = TimeSpan.FromMinutes(1);

    // A station never changes, and a key only ends, which is told to us; the time bounds what an operator does to the
    // tables by hand.
    private static readonly TimeSpan _rememberedFor = TimeSpan.FromSeconds(5);

    private readonly Remembered<string, Station> _stations = new(_rememberedFor, clock);
    private readonly Remembered<string, Station> _keys = new(_rememberedFor, clock);

    public ValueTask<Station?> FindAsync(string id, CancellationToken ct) => _stations.FindAsync(id, ReadAsync, ct);

    /// <summary>The station whose key this is; null for unknown and revoked keys.</summary>
    public ValueTask<Station?> OfKeyAsync(StationKey key, CancellationToken ct) =>
        _keys.FindAsync(Convert.ToHexString(key.Hash()), OfHashAsync, ct);

    /// <summary>To be said after the commit that ended a key: its next request is refused.</summary>
    public void ForgetKeys() => _keys.Forget();

    private async Task<Station?> ReadAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, kind, place, name from station where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    public async Task<IReadOnlyList<(Station Station, IReadOnlyList<StoredKey> Keys)>> AllAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select s.id, s.kind, s.place, s.name, k.id, k.label, k.created_at, k.last_used_at
            from station s left join station_key k on k.station = s.id and k.revoked_at is null
            order by s.kind, s.id, k.created_at
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var all = new List<(Station Station, IReadOnlyList<StoredKey> Keys)>();
        var keys = new List<StoredKey>();
        while (await reader.ReadAsync(ct))
        {
            if (all.Count == 0 || all[^1].Station.Id != reader.GetString(0)) all.Add((Read(reader), keys = []));
            if (!reader.IsDBNull(4))
                keys.Add(new StoredKey(
                    reader.GetGuid(4), reader.GetString(5), reader.GetFieldValue<DateTimeOffset>(6),
                    reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7)));
        }
        return all;
    }

    public async Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, StationOpening opening, CancellationToken ct)
    {
        await AddAsync(connection, transaction, opening.Station, ct);
        await AddKeyAsync(connection, transaction, opening.Station.Id, opening.Key, "first start", ct);
    }

    public async Task AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Station station, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "insert into station (id, kind, place, name, created_at) values ($1, $2, $3, $4, $5)",
            connection, transaction)
        {
            Parameters =
            {
                new() { Value = station.Id }, new() { Value = NameOf(station.Kind) }, new() { Value = station.Place },
                new() { Value = station.Name }, new() { Value = clock.GetUtcNow() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task AddKeyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string station, StationKey key, string label,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "insert into station_key (id, station, hash, label, created_at) values ($1, $2, $3, $4, $5)",
            connection, transaction)
        {
            Parameters =
            {
                new() { Value = Ids.Next(clock) }, new() { Value = station }, new() { Value = key.Hash() },
                new() { Value = label }, new() { Value = clock.GetUtcNow() },
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

    private async Task<Station?> OfHashAsync(string hex, CancellationToken ct)
    {
        var hash = Convert.FromHexString(hex);
        var (station, usedAt) = await FindByKeyAsync(hash, ct);
        if (station is null || usedAt is { } recent && clock.GetUtcNow() - recent < _usedWithin) return station;
        await using var command = database.CreateCommand("update station_key set last_used_at = $2 where hash = $1");
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(ct);
        return station;
    }

    private async Task<(Station? Station, DateTimeOffset? UsedAt)> FindByKeyAsync(byte[] hash, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select s.id, s.kind, s.place, s.name, k.hash, k.last_used_at
            from station_key k join station s on s.id = k.station where k.hash = $1 and k.revoked_at is null
            """);
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(ct);
        // An index finds by hash, which tells a guesser nothing of the key; the last word is said in constant time.
        if (!await reader.ReadAsync(ct)
            || !CryptographicOperations.FixedTimeEquals(hash, reader.GetFieldValue<byte[]>(4)))
            return (null, null);
        return (Read(reader), reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5));
    }

    private static string NameOf(StationKind kind) => kind.ToString().ToLowerInvariant();

    private static Station Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), Enum.Parse<StationKind>(reader.GetString(1), ignoreCase: true), reader.GetString(2),
        reader.GetString(3));
}
