using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;

namespace SightPay.Server.Database;

/// <summary>
/// Brings the database to this program's schema: numbered SQL files per slice, append-only, each in a transaction of
/// its own, under one lock so that several servers may start at once.
/// </summary>
public sealed partial class Migrator(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Any number will do as long as nobody else uses it: "sightpay" in ASCII.</summary>
    private const long LockKey = 0x7369676874706179;

    /// <exception cref="StoreException">The database's history is not a beginning of ours.</exception>
    public async Task MigrateAsync(IReadOnlyList<SliceSchema> schemas, CancellationToken ct)
    {
        DemandOrder(schemas);
        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_lock(@LockKey)", new { LockKey }, commandTimeout: 0, cancellationToken: ct));
        try
        {
            var applied = await ReadHistoryAsync(connection, ct);
            DemandHistory(schemas, applied);
            foreach (var schema in schemas)
            {
                foreach (var (name, sql) in schema.Migrations)
                {
                    if (!applied.ContainsKey((schema.Slice, name)))
                        await ApplyAsync(connection, schema.Slice, name, sql, ct);
                }
            }
        }
        finally
        {
            await connection.ExecuteAsync("select pg_advisory_unlock(@LockKey)", new { LockKey });
        }
    }

    /// <summary>Line ends must not change the hash: Git may write them differently elsewhere.</summary>
    internal static string Hash(string sql) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql.ReplaceLineEndings("\n"))));

    private static void DemandOrder(IReadOnlyList<SliceSchema> schemas)
    {
        if (schemas.Select(schema => schema.Slice).Distinct().Count() != schemas.Count)
            throw new StoreException("Two slices bring a schema of the same name; give one of them another name.");
        foreach (var schema in schemas)
        {
            for (var i = 0; i < schema.Migrations.Count; i++)
            {
                var match = FileName().Match(schema.Migrations[i].Name);
                if (!match.Success || int.Parse(match.Groups[1].Value) != i + 1)
                    throw new StoreException(
                        $"Migration {schema.Slice}/{schema.Migrations[i].Name} must be named {i + 1:0000}_words.sql: "
                        + "files are numbered from 0001 without gaps.");
            }
        }
    }

    private static async Task<Dictionary<(string Slice, string Name), string>> ReadHistoryAsync(
        NpgsqlConnection connection, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(
            """
            create table if not exists schema_migration (
                slice  text not null,
                name   text not null,
                sha256 text not null,
                at     timestamptz not null,
                primary key (slice, name))
            """, cancellationToken: ct));
        var rows = await connection.QueryAsync<(string Slice, string Name, string Sha256)>(new CommandDefinition(
            "select slice, name, sha256 from schema_migration", cancellationToken: ct));
        return rows.ToDictionary(row => (row.Slice, row.Name), row => row.Sha256);
    }

    private static void DemandHistory(
        IReadOnlyList<SliceSchema> schemas, Dictionary<(string Slice, string Name), string> applied)
    {
        var ours = schemas
            .SelectMany(schema => schema.Migrations.Select(file => (Key: (schema.Slice, file.Name), file.Sql)))
            .ToDictionary(file => file.Key, file => Hash(file.Sql));
        foreach (var ((slice, name), hash) in applied)
        {
            if (!ours.TryGetValue((slice, name), out var own))
                throw new StoreException(
                    $"The database has migration {slice}/{name}, which this program does not know: it was written by a "
                    + "newer SightPay; start that one, or restore a backup from before.");
            if (own != hash)
                throw new StoreException(
                    $"Migration {slice}/{name} was changed after it had been applied to this database: bring back the "
                    + "file as it was and put the change into a new one.");
        }
        foreach (var schema in schemas)
        {
            var firstNew = schema.Migrations.TakeWhile(file => applied.ContainsKey((schema.Slice, file.Name))).Count();
            var late = schema.Migrations.Skip(firstNew)
                .FirstOrDefault(file => applied.ContainsKey((schema.Slice, file.Name)));
            if (late.Name is not null)
                throw new StoreException(
                    $"The database has migration {schema.Slice}/{late.Name} but not "
                    + $"{schema.Slice}/{schema.Migrations[firstNew].Name} before it: its table schema_migration was "
                    + "changed by hand; restore a backup.");
        }
    }

    private async Task ApplyAsync(
        NpgsqlConnection connection, string slice, string name, string sql, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            sql, transaction: transaction, commandTimeout: 0, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into schema_migration (slice, name, sha256, at) values (@slice, @name, @hash, @at)",
            new { slice, name, hash = Hash(sql), at = clock.GetUtcNow() }, transaction, cancellationToken: ct));
        await transaction.CommitAsync(ct);
    }

    [GeneratedRegex(@"^(\d{4})_[a-z0-9_]+(\.sql)?$")]
    private static partial Regex FileName();
}
