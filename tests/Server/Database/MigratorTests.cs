using Dapper;
using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Database;

public sealed class MigratorTests
{
    private static readonly SliceSchema First = new("demo", [("0001_one.sql", "create table one (id int)")]);

    private static readonly SliceSchema Second = First with
    {
        Migrations = [.. First.Migrations, ("0002_two.sql", "create table two (id int); insert into two values (2)")],
    };

    [Fact]
    public async Task Files_are_applied_once_and_later_ones_follow()
    {
        await using var database = await TestDatabase.CreateAsync(First);
        await MigrateAsync(database, Second);
        await MigrateAsync(database, Second);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*)::int from two"));
        Assert.Equal(2, await connection.ExecuteScalarAsync<int>("select count(*)::int from schema_migration"));
    }

    [Fact]
    public async Task The_ledger_migrates()
    {
        await using var database = await TestDatabase.CreateAsync(new SliceSchema("ledger", GeneralLedger.Migrations));
        await using var ledger = await GeneralLedger.OpenAsync(
            database.DataSource, [], new LedgerOptions(), default);
        Assert.Empty(await ledger.AuditAsync(default));
    }

    [Fact]
    public async Task Servers_that_start_at_once_migrate_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MigrateAsync(database, Second)));
        await using var connection = await database.DataSource.OpenConnectionAsync();
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*)::int from two"));
    }

    [Fact]
    public async Task A_changed_file_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(First);
        var changed = First with { Migrations = [("0001_one.sql", "create table other (id int)")] };
        var fault = await Assert.ThrowsAsync<StoreException>(() => MigrateAsync(database, changed));
        Assert.Contains("demo/0001_one.sql was changed", fault.Message);
    }

    [Fact]
    public async Task Line_ends_do_not_count_as_a_change()
    {
        await using var database = await TestDatabase.CreateAsync(
            new SliceSchema("demo", [("0001_one.sql", "create table one\n(id int)")]));
        await MigrateAsync(database, new SliceSchema("demo", [("0001_one.sql", "create table one\r\n(id int)")]));
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(Second);
        var fault = await Assert.ThrowsAsync<StoreException>(() => MigrateAsync(database, First));
        Assert.Contains("newer SightPay", fault.Message);
    }

    [Fact]
    public async Task A_missing_beginning_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(Second);
        await using (var connection = await database.DataSource.OpenConnectionAsync())
            await connection.ExecuteAsync("delete from schema_migration where name = '0001_one.sql'");
        var fault = await Assert.ThrowsAsync<StoreException>(() => MigrateAsync(database, Second));
        Assert.Contains("changed by hand", fault.Message);
    }

    [Fact]
    public async Task A_failing_file_leaves_nothing_behind()
    {
        await using var database = await TestDatabase.CreateAsync();
        var broken = new SliceSchema("demo", [("0001_one.sql", "create table one (id int); select nonsense")]);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => MigrateAsync(database, broken));
        await MigrateAsync(database, First);
    }

    [Theory]
    [InlineData("0002_one.sql")]
    [InlineData("1_one.sql")]
    [InlineData("0001_One.sql")]
    public async Task Badly_numbered_files_are_refused(string name)
    {
        await using var database = await TestDatabase.CreateAsync();
        await Assert.ThrowsAsync<StoreException>(
            () => MigrateAsync(database, new SliceSchema("demo", [(name, "select 1")])));
    }

    private static Task MigrateAsync(TestDatabase database, params SliceSchema[] schemas) =>
        new Migrator(database.DataSource, TimeProvider.System).MigrateAsync(schemas, default);
}
