using System.Security.Cryptography;
using Npgsql;

namespace SightPay.Server.People;

/// <summary>SQL of sessions and their refresh tokens.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, InstallationKey installation)
{
    private const int TokenBytes = 32;
    private readonly byte[] _successorKey = installation.Derive("refresh-token");

    /// <summary>The roles of the session's person; null when the session is over or the person disabled.</summary>
    public async Task<string[]?> RolesAsync(Guid session, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select p.roles from session s join person p on p.id = s.person_id
            where s.id = $1 and s.revoked_at is null and p.disabled_at is null
            """);
        command.Parameters.Add(new() { Value = session });
        return (string[]?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Starts a session; returns its first refresh token. Sweeps away the person's dead ones.</summary>
    public async Task<byte[]> StartAsync(
        Guid session, Guid person, DateTimeOffset at, DateTimeOffset endsAt, CancellationToken ct)
    {
        var token = RandomNumberGenerator.GetBytes(TokenBytes);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("delete from session where person_id = $1 and ends_at < $2")
                    { Parameters = { new() { Value = person }, new() { Value = at } } },
                new("insert into session (id, person_id, started_at, ends_at) values ($1, $2, $3, $4)")
                {
                    Parameters =
                    {
                        new() { Value = session }, new() { Value = person }, new() { Value = at },
                        new() { Value = endsAt },
                    },
                },
                InsertToken(token, session, at),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return token;
    }

    public async Task RevokeAsync(Guid session, DateTimeOffset at, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await RevokeAsync(connection, null, session, at, ct);
    }

    public static async Task RevokeAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid session, DateTimeOffset at,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update session set revoked_at = $2 where id = $1 and revoked_at is null", connection, transaction)
        {
            Parameters = { new() { Value = session }, new() { Value = at } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<Guid?> SessionOfAsync(byte[] token, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select session_id from refresh_token where hash = $1");
        command.Parameters.Add(new() { Value = SHA256.HashData(token) });
        return (Guid?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>
    /// The token that follows this one. It is computed and not stored, so that the same one can be given twice while
    /// the table holds hashes alone.
    /// </summary>
    public byte[] SuccessorOf(byte[] token) => HMACSHA256.HashData(_successorKey, token);

    /// <summary>A refresh token's row and its session, locked until the transaction ends.</summary>
    public static async Task<LockedToken?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] token, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            select s.id, s.person_id, s.ends_at, s.revoked_at is not null or p.disabled_at is not null, t.used_at
            from refresh_token t join session s on s.id = t.session_id join person p on p.id = s.person_id
            where t.hash = $1 for update of t, s
            """, connection, transaction)
        {
            Parameters = { new() { Value = SHA256.HashData(token) } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        return new(
            reader.GetGuid(0), reader.GetGuid(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetBoolean(3),
            await reader.IsDBNullAsync(4, ct) ? null : reader.GetFieldValue<DateTimeOffset>(4));
    }

    /// <summary>Uses the token up, writes its successor and prolongs the session.</summary>
    public async Task RotateAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] token, Guid session, DateTimeOffset at,
        DateTimeOffset endsAt, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("update refresh_token set used_at = $2 where hash = $1")
                    { Parameters = { new() { Value = SHA256.HashData(token) }, new() { Value = at } } },
                new("update session set ends_at = $2 where id = $1")
                    { Parameters = { new() { Value = session }, new() { Value = endsAt } } },
                InsertToken(SuccessorOf(token), session, at),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlBatchCommand InsertToken(byte[] token, Guid session, DateTimeOffset at) =>
        new("insert into refresh_token (hash, session_id, issued_at) values ($1, $2, $3)")
        {
            Parameters =
            {
                new() { Value = SHA256.HashData(token) }, new() { Value = session }, new() { Value = at },
            },
        };
}

/// <param name="Over">Signed out, revoked, or the person is disabled.</param>
internal sealed record LockedToken(
    Guid SessionId, Guid PersonId, DateTimeOffset EndsAt, bool Over, DateTimeOffset? UsedAt);
