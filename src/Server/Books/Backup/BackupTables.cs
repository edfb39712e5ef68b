using Npgsql;
using SightPay.Server.Database;

namespace SightPay.Server.Books.Backup;

/// <param name="Columns">All but those that PostgreSQL computes.</param>
internal sealed record BackupTable(string Name, IReadOnlyList<string> Columns)
{
    public string Sql => $"{Quoted(Name)} ({string.Join(", ", Columns.Select(Quoted))})";

    public static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}

/// <summary>A counter that numbers rows: lost rows must not give their numbers to new ones.</summary>
internal sealed record BackupSequence(string Table, string Column, long LastValue);

/// <summary>Reads which tables there are, in an order in which they can be filled again.</summary>
internal static class BackupTables
{
    /// <summary>Its rows are compared, not copied: migrating writes them.</summary>
    public const string History = "schema_migration";

    private const string ForeignKeys =
        """
        select distinct c.conrelid::regclass::text, c.confrelid::regclass::text from pg_constraint c
        where c.contype = 'f' and c.conrelid <> c.confrelid and c.connamespace = current_schema()::regnamespace
        """;

    private const string Tables =
        """
        select c.relname, array_agg(a.attname::text order by a.attnum)
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0
          and not a.attisdropped and a.attgenerated = '' and c.relname <> $1
        group by c.relname order by c.relname
        """;

    private const string Identities =
        """
        select c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attidentity <> ''
        order by 1, 2
        """;

    /// <summary>Tables that others refer to come before them.</summary>
    public static async Task<IReadOnlyList<BackupTable>> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var tables = new List<BackupTable>();
        await using (var command = new NpgsqlCommand(Tables, connection))
        {
            command.Parameters.Add(new() { Value = History });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                tables.Add(new(reader.GetString(0), reader.GetFieldValue<string[]>(1)));
        }
        var refersTo = new List<(string Table, string Other)>();
        await using (var command = new NpgsqlCommand(ForeignKeys, connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) refersTo.Add((reader.GetString(0), reader.GetString(1)));
        }
        return Ordered(tables, refersTo);
    }

    public static async Task<IReadOnlyList<BackupSequence>> ReadSequencesAsync(
        NpgsqlConnection connection, CancellationToken ct)
    {
        var found = new List<(string Table, string Column, string Sequence)>();
        await using (var command = new NpgsqlCommand(Identities, connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                found.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }
        var sequences = new List<BackupSequence>();
        foreach (var (table, column, sequence) in found)
        {
            await using var command = new NpgsqlCommand(
                $"select case when is_called then last_value else 0 end from {sequence}", connection);
            sequences.Add(new(table, column, (long)(await command.ExecuteScalarAsync(ct))!));
        }
        return sequences;
    }

    public static async Task SetAsync(NpgsqlConnection connection, BackupSequence sequence, CancellationToken ct)
    {
        if (sequence.LastValue == 0) return;
        await using var command = new NpgsqlCommand(
            "select setval(pg_get_serial_sequence(quote_ident($1), $2), $3)", connection);
        command.Parameters.Add(new() { Value = sequence.Table });
        command.Parameters.Add(new() { Value = sequence.Column });
        command.Parameters.Add(new() { Value = sequence.LastValue });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static List<BackupTable> Ordered(
        List<BackupTable> tables, List<(string Table, string Other)> refersTo)
    {
        var ordered = new List<BackupTable>();
        while (ordered.Count < tables.Count)
        {
            var next = tables.Except(ordered).FirstOrDefault(table => refersTo.All(
                reference => reference.Table != table.Name || ordered.Any(done => done.Name == reference.Other)));
            ordered.Add(next ?? throw new StoreException("Tables refer to each other in a circle."));
        }
        return ordered;
    }
}
