using System.IO.Compression;
using Npgsql;
using SightPay.Server.Books;
using SightPay.Server.Database;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>Verbs on a database of their own: what they refuse, and what they leave behind.</summary>
public sealed class BooksVerbsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _data = new();
    private readonly StringWriter _told = new();
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Balances_are_checked_beside_a_server_and_not_rebuilt_under_it()
    {
        Assert.Equal(BooksVerbs.Done, await VerbsOn(_server.Database).RebuildAsync(onlyCheck: true, default));
        await ExecuteAsync("update account set credits_posted = credits_posted + 5 where key = 'operator:transit'");
        Assert.Equal(BooksVerbs.Differs, await VerbsOn(_server.Database).RebuildAsync(onlyCheck: true, default));
        Assert.Contains(
            "account operator:transit stores debits 0 (pending 0), credits 5 (pending 0); its transfers give "
            + "debits 0 (pending 0), credits 0 (pending 0).", _told.ToString());
        Assert.Equal(BooksVerbs.NotDone, await VerbsOn(_server.Database).RebuildAsync(onlyCheck: false, default));
        Assert.Contains("A server writes this ledger. Stop it first.", _told.ToString());
    }

    [Fact]
    public async Task A_backup_is_restored_into_an_empty_database_alone_and_with_the_keys_alone()
    {
        var file = await BackedUpAsync();
        Assert.Equal(BooksVerbs.NotDone, await VerbsOn(_server.Database).BackupAsync(file, default));
        await using var empty = await TestDatabase.CreateAsync();
        Assert.Equal(BooksVerbs.NotDone, await VerbsOn(empty).RestoreAsync(file, default));
        Assert.Contains("Put the folder keys", _told.ToString());
        PutKeysBack();
        var refused = await Assert.ThrowsAsync<StoreException>(
            () => VerbsOn(_server.Database).RestoreAsync(file, default));
        Assert.StartsWith("The database is not empty", refused.Message);
        Assert.Equal(BooksVerbs.Done, await VerbsOn(empty).RestoreAsync(file, default));
        foreach (var table in (string[])["person", "account", "transit_gate", "ledger_writer", "audit_entry"])
            Assert.Equal(
                await RowsAsync(_server.Database.DataSource, table), await RowsAsync(empty.DataSource, table));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.999)]
    public async Task A_file_that_is_cut_short_is_refused_whole(double kept)
    {
        var file = await BackedUpAsync();
        var bytes = await File.ReadAllBytesAsync(file.FullName);
        await File.WriteAllBytesAsync(file.FullName, bytes[..(int)(bytes.Length * kept)]);
        await RefusedAsync(file);
    }

    [Fact]
    public async Task A_changed_table_a_missing_one_and_something_else_are_refused_whole()
    {
        var file = await BackedUpAsync();
        using (var zip = ZipFile.Open(file.FullName, ZipArchiveMode.Update))
        {
            zip.GetEntry("tables/account")!.Delete();
            await using var forged = new StreamWriter(zip.CreateEntry("tables/account").Open());
            await forged.WriteAsync("1\twallet:forged\tINR\t1\t1\tf\t0\t0\t0\t999\n");
        }
        await RefusedAsync(file);
        using (var zip = ZipFile.Open(file.FullName, ZipArchiveMode.Update)) zip.GetEntry("tables/account")!.Delete();
        await RefusedAsync(file);
        await File.WriteAllTextAsync(file.FullName, "no backup at all");
        await RefusedAsync(file);
    }

    private async Task RefusedAsync(FileInfo file)
    {
        PutKeysBack();
        await using var empty = await TestDatabase.CreateAsync();
        Assert.Equal(BooksVerbs.Differs, await VerbsOn(empty).RestoreAsync(file, default));
        Assert.Contains("nothing was restored", _told.ToString());
        Assert.Equal(0, await RowsAsync(empty.DataSource, "pg_tables where schemaname = 'public'"));
    }

    private async Task<FileInfo> BackedUpAsync()
    {
        var file = new FileInfo(Path.Combine(_data.Path, "books.backup"));
        Assert.Equal(BooksVerbs.Done, await VerbsOn(_server.Database).BackupAsync(file, default));
        Assert.Contains("Not in it: the keys in", _told.ToString());
        file.Refresh();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        using var zip = ZipFile.OpenRead(file.FullName);
        Assert.DoesNotContain(zip.Entries, entry => entry.FullName.Contains("key", StringComparison.OrdinalIgnoreCase)
            && !entry.FullName.StartsWith("tables/", StringComparison.Ordinal));
        return file;
    }

    private void PutKeysBack()
    {
        var keys = Directory.CreateDirectory(Path.Combine(_data.Path, "keys"));
        foreach (var key in Directory.EnumerateFiles(Path.Combine(_server.DataFolder, "keys")))
            File.Copy(key, Path.Combine(keys.FullName, Path.GetFileName(key)), overwrite: true);
    }

    private BooksVerbs VerbsOn(TestDatabase database) => new(
        () => new DatabaseSettings(database.ConnectionString, _data.Path), Program.Schemas, TimeProvider.System, _told);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _server.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> RowsAsync(NpgsqlDataSource database, string table)
    {
        await using var command = database.CreateCommand($"select count(*) from {table}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
