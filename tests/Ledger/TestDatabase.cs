using System.Diagnostics;
using Npgsql;

namespace SightPay.Ledger.Tests;

/// <summary>Stands in for the shared fixture until that one is there.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Cluster = new(StartAsync);
    private static int _count;
    private static Process? Guard { get; set; }

    private TestDatabase(NpgsqlDataSource dataSource) => DataSource = dataSource;

    public NpgsqlDataSource DataSource { get; }

    public static async Task<TestDatabase> CreateAsync()
    {
        var admin = await Cluster.Value;
        var name = $"t{Interlocked.Increment(ref _count)}";
        await using var connection = new NpgsqlConnection(admin);
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand($"create database {name}", connection))
            await command.ExecuteNonQueryAsync();
        return new TestDatabase(NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(admin) { Database = name }.ConnectionString));
    }

    public async ValueTask DisposeAsync() => await DataSource.DisposeAsync();

    private static async Task<string> StartAsync()
    {
        var root = Directory.CreateTempSubdirectory("sp-ledger-").FullName;
        const string script =
            """
            exec 3<&0 </dev/null >>"$1/log" 2>&1
            b=/usr/lib/postgresql/15/bin
            $b/initdb -D "$1/data" -U app -A trust --locale=C -E UTF8 --no-sync
            $b/postgres -D "$1/data" -k "$1" -p 5432 -c listen_addresses= -c max_connections=200 3<&- & p=$!
            trap '' INT TERM HUP
            while read -r _ <&3; do :; done
            kill -INT $p; wait $p; rm -rf "$1"
            """;
        var run = new ProcessStartInfo("setsid") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--",
            "/bin/sh", "-c", script, "sh", root]) run.ArgumentList.Add(argument);
        Process.Start("chown", ["postgres", root])!.WaitForExit();
        Guard = Process.Start(run);
        var admin = $"Host={root};Port=5432;Username=app;Database=postgres";
        for (var i = 0; i < 200; i++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(admin + ";Pooling=false");
                await connection.OpenAsync();
                return admin;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(50);
            }
        }
        throw new InvalidOperationException(File.ReadAllText(Path.Combine(root, "log")));
    }
}
