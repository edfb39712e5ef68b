using System.Data;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Database;

namespace SightPay.Server.Books.Backup;

/// <summary>What a backup says of itself; the last entry of the file.</summary>
internal sealed record BackupManifest(
    int Format, DateTimeOffset MadeAt, IReadOnlyList<BackupManifest.Migration> Migrations,
    IReadOnlyList<BackupManifest.Content> Tables, IReadOnlyList<BackupSequence> Sequences)
{
    public const int FormatNow = 1;

    internal sealed record Migration(string Slice, string Name, string Sha256);

    internal sealed record Content(string Name, IReadOnlyList<string> Columns, long Rows, string Sha256)
    {
        public string Entry => $"tables/{Name}";

        public BackupTable Table => new(Name, Columns);
    }

    public long Rows => Tables.Sum(table => table.Rows);
}

/// <summary>The file is not a whole backup.</summary>
internal sealed class BackupDamagedException(string message) : Exception(message);

/// <summary>
/// All tables in one file, as they were at one moment, in PostgreSQL's own text form: it can be restored on any
/// PostgreSQL, whatever its version and machine. A zip with one entry per table and the manifest, which has the SHA-256
/// of each.
/// </summary>
internal static class BackupFile
{
    private const string ManifestEntry = "manifest.json";
    private const int BlockChars = 64 * 1024;

    /// <summary>Text must mean the same wherever it is read.</summary>
    public const string SessionSettings =
        """
        set client_encoding = 'UTF8'; set datestyle = 'ISO'; set timezone = 'UTC'; set intervalstyle = 'postgres';
        set extra_float_digits = 1
        """;

    /// <summary>Copies everything; payments go on meanwhile.</summary>
    public static async Task<BackupManifest> WriteAsync(
        NpgsqlDataSource database, Stream file, DateTimeOffset at, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, SessionSettings, ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var migrations = await MigrationsAsync(connection, ct);
        var tables = await BackupTables.ReadAsync(connection, ct);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        var contents = new List<BackupManifest.Content>();
        foreach (var table in tables) contents.Add(await WriteAsync(connection, zip, table, ct));
        // Read last: counters are beyond snapshots, and a number that is given twice is worse than one left out.
        var sequences = await BackupTables.ReadSequencesAsync(connection, ct);
        var manifest = new BackupManifest(BackupManifest.FormatNow, at, migrations, contents, sequences);
        await using var entry = zip.CreateEntry(ManifestEntry).Open();
        await JsonSerializer.SerializeAsync(entry, manifest, ApiJson.Options, ct);
        return manifest;
    }

    /// <summary>Reads the whole file once: nothing is restored of a file that is not whole.</summary>
    /// <exception cref="BackupDamagedException">Says what is wrong with it.</exception>
    public static async Task<BackupManifest> CheckAsync(ZipArchive zip, CancellationToken ct)
    {
        try
        {
            var manifest = await ManifestAsync(zip, ct);
            if (zip.Entries.Count != manifest.Tables.Count + 1)
                throw new BackupDamagedException("It does not hold the tables that its manifest names.");
            foreach (var table in manifest.Tables)
            {
                await using var stream = Entry(zip, table).Open();
                if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct)) != table.Sha256)
                    throw new BackupDamagedException($"The table {table.Name} is not what was written.");
            }
            return manifest;
        }
        catch (Exception fault) when (fault is InvalidDataException or JsonException)
        {
            throw new BackupDamagedException("It cannot be read to its end.");
        }
    }

    /// <summary>Fills one empty table.</summary>
    public static async Task RestoreAsync(
        NpgsqlConnection connection, ZipArchive zip, BackupManifest.Content table, CancellationToken ct)
    {
        await using (var stream = Entry(zip, table).Open())
        {
            using var reader = new StreamReader(stream, Encoding.UTF8);
            await using var writer = await connection.BeginTextImportAsync($"copy {table.Table.Sql} from stdin", ct);
            var block = new char[BlockChars];
            while (await reader.ReadAsync(block, ct) is > 0 and var count)
                await writer.WriteAsync(block.AsMemory(0, count), ct);
        }
        await using var counted = new NpgsqlCommand(
            $"select count(*) from {BackupTable.Quoted(table.Name)}", connection);
        var rows = (long)(await counted.ExecuteScalarAsync(ct))!;
        if (rows != table.Rows)
            throw new BackupDamagedException($"The table {table.Name} has {rows} rows after it, not {table.Rows}.");
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<BackupManifest> ManifestAsync(ZipArchive zip, CancellationToken ct)
    {
        var entry = zip.GetEntry(ManifestEntry) ?? throw new BackupDamagedException("It has no manifest.");
        await using var stream = entry.Open();
        var manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(stream, ApiJson.Options, ct);
        return manifest is { Format: BackupManifest.FormatNow }
            ? manifest
            : throw new BackupDamagedException("It was written by a newer SightPay.");
    }

    private static ZipArchiveEntry Entry(ZipArchive zip, BackupManifest.Content table) =>
        zip.GetEntry(table.Entry) ?? throw new BackupDamagedException($"The table {table.Name} is missing.");

    private static async Task<BackupManifest.Content> WriteAsync(
        NpgsqlConnection connection, ZipArchive zip, BackupTable table, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = 0L;
        await using (var entry = zip.CreateEntry($"tables/{table.Name}").Open())
        {
            using var reader = await connection.BeginTextExportAsync($"copy {table.Sql} to stdout", ct);
            var (block, bytes) = (new char[BlockChars], new byte[Encoding.UTF8.GetMaxByteCount(BlockChars)]);
            var encoder = Encoding.UTF8.GetEncoder();
            while (await reader.ReadAsync(block.AsMemory(), ct) is > 0 and var count)
            {
                // COPY escapes line feeds inside of values.
                rows += block.AsSpan(0, count).Count('\n');
                var length = encoder.GetBytes(block.AsSpan(0, count), bytes, flush: false);
                hash.AppendData(bytes.AsSpan(0, length));
                await entry.WriteAsync(bytes.AsMemory(0, length), ct);
            }
        }
        return new(table.Name, table.Columns, rows, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static async Task<IReadOnlyList<BackupManifest.Migration>> MigrationsAsync(
        NpgsqlConnection connection, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                $"select slice, name, sha256 from {BackupTables.History} order by slice, name", connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            var migrations = new List<BackupManifest.Migration>();
            while (await reader.ReadAsync(ct))
                migrations.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
            return migrations;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StoreException("There is nothing in this database yet.", fault);
        }
    }
}
