using System.CommandLine;
using System.IO.Compression;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Audit;
using SightPay.Server.Books.Backup;
using SightPay.Server.Database;

namespace SightPay.Server.Books;

/// <summary>
/// What is done beside the server: <c>rebuild-balances</c>, <c>backup</c> and <c>restore</c>. Exit codes: 0 done and
/// nothing differs, 1 something differs or is damaged, 2 it could not be done.
/// </summary>
/// <param name="settings">Read when a verb runs: the help needs none.</param>
/// <param name="schemas">All migrations of this program.</param>
internal sealed class BooksVerbs(
    Func<DatabaseSettings> settings, IReadOnlyList<SliceSchema> schemas, TimeProvider clock, TextWriter output)
{
    public const int Done = 0;
    public const int Differs = 1;
    public const int NotDone = 2;

    private const string Operator = "system:command-line";

    public IEnumerable<Command> All()
    {
        var check = new Option<bool>("--check") { Description = "Only show what differs; a server may be running." };
        var rebuild = new Command(
            "rebuild-balances", "Derives the balances of all accounts anew from the transfers.") { check };
        rebuild.SetAction((given, ct) => RebuildAsync(given.GetValue(check), ct));
        var file = new Argument<FileInfo>("FILE") { Description = "The backup." };
        var backup = new Command(
            "backup", "Writes everything that is in the database to a new file; a server may be running. The keys in "
            + "the data folder are not in it: copy them too, and keep them elsewhere.") { file };
        backup.SetAction((given, ct) => BackupAsync(given.GetRequiredValue(file), ct));
        var restore = new Command(
            "restore", "Fills an empty database from a backup and proves it. Put the folder keys back first.") { file };
        restore.SetAction((given, ct) => RestoreAsync(given.GetRequiredValue(file), ct));
        return [rebuild, backup, restore];
    }

    internal async Task<int> RebuildAsync(bool onlyCheck, CancellationToken ct)
    {
        await using var store = onlyCheck ? Store.Join(settings()) : Store.Prepare(settings());
        await store.StartAsync(ct);
        try
        {
            var differences = onlyCheck
                ? await GeneralLedger.FindWrongCountersAsync(store.Database, ct)
                : await GeneralLedger.RebuildAsync(
                    store.Database,
                    (connection, transaction) => new AuditLog(store.Database, clock).WriteAsync(
                        connection, transaction, Operator, "balances_rebuilt", "ledger", ct),
                    ct);
            foreach (var difference in differences) await output.WriteLineAsync($"{difference}.");
            await output.WriteLineAsync((differences.Count, onlyCheck) switch
            {
                (0, _) => "Every balance is what its transfers add up to.",
                (var count, true) => $"{count} accounts differ. Run rebuild-balances without --check to correct them.",
                (var count, false) => $"{count} accounts are corrected.",
            });
            return onlyCheck && differences.Count > 0 ? Differs : Done;
        }
        catch (LedgerInUseException fault)
        {
            await output.WriteLineAsync(fault.Message);
            return NotDone;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            await output.WriteLineAsync("There is nothing in this database yet.");
            return NotDone;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.CheckViolation)
        {
            await output.WriteLineAsync(
                "The transfers themselves overdraw an account, so a transfer was changed: restore a backup.");
            return Differs;
        }
    }

    internal async Task<int> BackupAsync(FileInfo file, CancellationToken ct)
    {
        if (file.Exists)
        {
            await output.WriteLineAsync($"{file.FullName} exists already: name a new file.");
            return NotDone;
        }
        await using var store = Store.Join(settings());
        await store.StartAsync(ct);
        // Under another name until it is whole, and for its owner alone: it holds what people are called.
        var draft = file.FullName + ".partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            BackupManifest manifest;
            await using (var stream = new FileStream(draft, options))
            {
                manifest = await BackupFile.WriteAsync(store.Database, stream, clock.GetUtcNow(), ct);
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file.FullName, overwrite: false);
            await output.WriteLineAsync(
                $"{manifest.Rows} rows of {manifest.Tables.Count} tables are in {file.FullName}.");
            await output.WriteLineAsync(
                $"Not in it: the keys in {KeysFolder}. Without them faces and phone numbers stay unreadable and the "
                + "receipt log cannot go on. Keep a copy of that folder elsewhere.");
            return Done;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await output.WriteLineAsync($"The backup could not be written: {fault.Message}");
            return NotDone;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    internal async Task<int> RestoreAsync(FileInfo file, CancellationToken ct)
    {
        try
        {
            using var zip = await ZipFile.OpenReadAsync(file.FullName, ct);
            var manifest = await BackupFile.CheckAsync(zip, ct);
            if (!Directory.Exists(KeysFolder) || !Directory.EnumerateFiles(KeysFolder).Any())
            {
                await output.WriteLineAsync(
                    $"Put the folder keys of the old data folder to {KeysFolder} first: the backup is of use with them "
                    + "alone.");
                return NotDone;
            }
            return await RestoreAsync(zip, manifest, ct);
        }
        catch (Exception fault) when (fault is BackupDamagedException or InvalidDataException)
        {
            await output.WriteLineAsync(
                $"{file.FullName} is not a whole backup, nothing was restored: {fault.Message}");
            return Differs;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await output.WriteLineAsync($"The backup could not be read: {fault.Message}");
            return NotDone;
        }
    }

    private string KeysFolder => Path.Combine(Path.GetFullPath(settings().DataFolder), "keys");

    private async Task<int> RestoreAsync(ZipArchive zip, BackupManifest manifest, CancellationToken ct)
    {
        var then = SchemasOf(manifest);
        await using var store = Store.Prepare(settings());
        await store.StartAsync(ct);
        await DemandEmptyAsync(store.Database, ct);
        var migrator = new Migrator(store.Database, clock);
        await migrator.MigrateAsync(then, ct);
        await FillAsync(store.Database, zip, manifest, ct);
        await migrator.MigrateAsync(schemas, ct);
        await output.WriteLineAsync(
            $"{manifest.Rows} rows of {manifest.Tables.Count} tables are restored, as they were at "
            + $"{manifest.MadeAt:u}.");
        var differences = await GeneralLedger.AuditAsync(store.Database, ct);
        foreach (var difference in differences) await output.WriteLineAsync($"{difference}.");
        await output.WriteLineAsync(differences.Count == 0
            ? "The ledger's books fit. Start the server, then ask for a reconciliation."
            : "The ledger's books do not fit, and did not when the backup was made.");
        return differences.Count == 0 ? Done : Differs;
    }

    /// <summary>The migrations that the backup was made after; the rest is applied to what is restored.</summary>
    private List<SliceSchema> SchemasOf(BackupManifest manifest)
    {
        var known = schemas
            .SelectMany(schema => schema.Migrations.Select(file => (schema.Slice, file.Name, Migrator.Hash(file.Sql))))
            .ToHashSet();
        if (manifest.Migrations.FirstOrDefault(one => !known.Contains((one.Slice, one.Name, one.Sha256))) is { } other)
            throw new StoreException(
                $"The backup was made after migration {other.Slice}/{other.Name}, which this program does not have: "
                + "restore it with the SightPay that made it, or a newer one.");
        var made = manifest.Migrations.Select(one => (one.Slice, one.Name)).ToHashSet();
        return [.. schemas.Select(schema => schema with
        {
            Migrations = [.. schema.Migrations.Where(file => made.Contains((schema.Slice, file.Name)))],
        })];
    }

    private static async Task DemandEmptyAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select exists (select from pg_tables where schemaname = current_schema())");
        if (await command.ExecuteScalarAsync(ct) is true)
            throw new StoreException(
                "The database is not empty: restore into a new one (another SIGHTPAY_DATA, or an empty database).");
    }

    private static async Task FillAsync(
        NpgsqlDataSource database, ZipArchive zip, BackupManifest manifest, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await BackupFile.ExecuteAsync(connection, BackupFile.SessionSettings, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        foreach (var table in manifest.Tables)
        {
            // A migration may have put a first row there.
            await BackupFile.ExecuteAsync(
                connection,
                $"do $$ begin if exists (select from {BackupTable.Quoted(table.Name)}) then "
                + $"delete from {BackupTable.Quoted(table.Name)}; end if; end $$", ct);
            await BackupFile.RestoreAsync(connection, zip, table, ct);
        }
        foreach (var sequence in manifest.Sequences) await BackupTables.SetAsync(connection, sequence, ct);
        await transaction.CommitAsync(ct);
    }
}
