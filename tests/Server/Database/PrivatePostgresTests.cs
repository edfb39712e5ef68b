using System.Diagnostics;
using Dapper;
using Npgsql;
using SightPay.Server.Database;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Database;

public sealed class PrivatePostgresTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Folder => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_restart_keeps_the_data()
    {
        await using (var first = await StartAsync(durable: true))
            await ExecuteAsync(first, "create table kept (id int); insert into kept values (7)");
        await using var second = await StartAsync(durable: true);
        Assert.Equal(7, await ScalarAsync<int>(second, "select id from kept"));
    }

    [Fact]
    public async Task Commits_are_durable_outside_tests()
    {
        await using var postgres = await StartAsync(durable: true);
        Assert.Equal("on", await ScalarAsync<string>(postgres, "show fsync"));
        Assert.Equal("on", await ScalarAsync<string>(postgres, "show synchronous_commit"));
        Assert.Equal("", await ScalarAsync<string>(postgres, "show listen_addresses"));
    }

    [Fact]
    public async Task A_second_server_on_the_folder_is_told_what_to_do()
    {
        await using var first = await StartAsync();
        var fault = Assert.Throws<StoreException>(() => PrivatePostgres.Prepare(new DatabaseSettings(null, Folder)));
        Assert.Contains("already running", fault.Message);
        Assert.Contains("SIGHTPAY_DATA", fault.Message);
    }

    [Fact]
    public async Task A_stale_pid_file_of_a_living_stranger_is_no_obstacle()
    {
        await using (var first = await StartAsync())
            await ExecuteAsync(first, "create table kept (id int)");
        await WriteAsPostgresAsync(Path.Combine(ClusterFolder(), "postmaster.pid"), $"{Environment.ProcessId}\n");
        await using var second = await StartAsync();
        Assert.Equal(0L, await ScalarAsync<long>(second, "select count(*) from kept"));
    }

    [Fact]
    public async Task An_interrupted_initdb_is_done_again()
    {
        // initdb writes PG_VERSION first, so a half-made cluster looks like this.
        var half = Path.Combine(Folder, "postgres", "pg15.new");
        Directory.CreateDirectory(half);
        await File.WriteAllTextAsync(Path.Combine(half, "PG_VERSION"), "15\n");
        await using var postgres = await StartAsync();
        Assert.Equal(1, await ScalarAsync<int>(postgres, "select 1"));
    }

    [Fact]
    public async Task A_path_longer_than_a_socket_may_have_works()
    {
        var deep = Path.Combine(Folder, new string('x', 100));
        await using var postgres = PrivatePostgres.Prepare(new DatabaseSettings(null, deep, Durable: false));
        await postgres.StartAsync(default);
        Assert.Equal(1, await ScalarAsync<int>(postgres, "select 1"));
    }

    [Fact]
    public async Task A_killed_postgresql_comes_back_with_everything_committed()
    {
        await using var postgres = await StartAsync(durable: true);
        await ExecuteAsync(postgres, "create table kept (id int); insert into kept values (7)");
        var postmaster = int.Parse(File.ReadLines(Path.Combine(postgres.DataFolder, "postmaster.pid")).First());
        Process.GetProcessById(postmaster).Kill();
        Assert.Equal(7, await EventuallyAsync(() => ScalarAsync<int>(postgres, "select id from kept")));
    }

    [Fact]
    public async Task An_orphan_is_stopped_and_a_guarded_one_started()
    {
        string cluster;
        await using (var first = await StartAsync())
        {
            cluster = first.DataFolder;
            await ExecuteAsync(first, "create table kept (id int)");
        }
        using var orphan = await StartOrphanAsync(cluster);
        await using var second = await StartAsync();
        Assert.Equal(0L, await ScalarAsync<long>(second, "select count(*) from kept"));
        await orphan.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
    }

    [Fact]
    public async Task A_cluster_of_a_version_that_is_not_installed_says_which_one_to_install()
    {
        await using (await StartAsync())
        {
        }
        var made = ClusterFolder();
        var foreign = Path.Combine(Path.GetDirectoryName(made)!, "pg99");
        Directory.Move(made, foreign);
        await WriteAsPostgresAsync(Path.Combine(foreign, "PG_VERSION"), "99\n");
        var fault = await Assert.ThrowsAsync<StoreException>(() => StartAsync());
        Assert.Contains("postgresql-99", fault.Message);
    }

    [Fact]
    public async Task The_password_is_readable_by_its_owner_alone()
    {
        await using var postgres = await StartAsync();
        var file = Path.Combine(Folder, "postgres", "password");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var wrong = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "x", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());
    }

    private string ClusterFolder() => Directory.EnumerateDirectories(Path.Combine(Folder, "postgres"), "pg*").Single();

    private async Task<PrivatePostgres> StartAsync(bool durable = false)
    {
        var postgres = PrivatePostgres.Prepare(new DatabaseSettings(null, Folder, durable));
        try
        {
            await postgres.StartAsync(default);
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>One that lost its server: nothing guards it.</summary>
    private static async Task<Process> StartOrphanAsync(string cluster)
    {
        var account = await PostgresAccount.ChooseAsync(cluster, default);
        var binaries = await PostgresBinaries.ChooseAsync(
            int.Parse(File.ReadAllText(Path.Combine(cluster, "PG_VERSION"))), null, "", default);
        var sockets = Path.Combine(Path.GetDirectoryName(cluster)!, "s");
        var info = Posix.Command(
            account.Run(binaries.Postgres, "-D", cluster, "-k", sockets, "-c", "listen_addresses="));
        info.RedirectStandardError = true;
        var orphan = Process.Start(info)!;
        while (await orphan.StandardError.ReadLineAsync() is { } line)
            if (line.Contains("ready to accept connections")) break;
        return orphan;
    }

    private static async Task WriteAsPostgresAsync(string path, string text)
    {
        var account = await PostgresAccount.ChooseAsync(Path.GetDirectoryName(path), default);
        await File.WriteAllTextAsync(path, text);
        account.Give(path);
    }

    private static async Task ExecuteAsync(PrivatePostgres postgres, string sql)
    {
        await using var connection = Connect(postgres);
        await connection.ExecuteAsync(sql);
    }

    private static async Task<T?> ScalarAsync<T>(PrivatePostgres postgres, string sql)
    {
        await using var connection = Connect(postgres);
        return await connection.ExecuteScalarAsync<T>(sql);
    }

    private static NpgsqlConnection Connect(PrivatePostgres postgres) =>
        new(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false }.ConnectionString);

    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (NpgsqlException) when (tries < 300)
            {
                await Task.Delay(100);
            }
        }
    }
}
