using Dapper;
using Npgsql;
using SightPay.Server.Database;

namespace SightPay.Tests.Support;

/// <summary>
/// A fresh database on a real PostgreSQL that all tests of the process share. That one is our own embedded one, so
/// every test exercises it too; only fsync is off.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const string FolderPrefix = "sightpay-tests-pg-";

    private static readonly Lazy<Task<PrivatePostgres>> Shared = new(StartAsync);
    private static int _count;

    private TestDatabase(string connectionString)
    {
        ConnectionString = connectionString;
        DataSource = new NpgsqlDataSourceBuilder(connectionString).Build();
    }

    public NpgsqlDataSource DataSource { get; }

    /// <summary>Fit for DATABASE_URL.</summary>
    public string ConnectionString { get; }

    /// <param name="schemas">Applied in this order.</param>
    public static async Task<TestDatabase> CreateAsync(params SliceSchema[] schemas)
    {
        var postgres = await Shared.Value;
        var name = $"test_{Interlocked.Increment(ref _count)}";
        await using (var connection = new NpgsqlConnection(postgres.ConnectionString))
        {
            await connection.OpenAsync();
            await connection.ExecuteAsync($"create database {name}");
        }
        var database = new TestDatabase(new NpgsqlConnectionStringBuilder(postgres.ConnectionString)
        {
            Database = name,
            MaxPoolSize = 30,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
        }.ConnectionString);
        if (schemas.Length > 0)
            await new Migrator(database.DataSource, TimeProvider.System).MigrateAsync(schemas, default);
        return database;
    }

    public async ValueTask DisposeAsync() => await DataSource.DisposeAsync();

    /// <summary>PostgreSQL stops by itself when this process ends; its folder is swept by the next run.</summary>
    private static async Task<PrivatePostgres> StartAsync()
    {
        Sweep();
        var folder = Path.Combine(Path.GetTempPath(), FolderPrefix + Environment.ProcessId);
        var postgres = PrivatePostgres.Prepare(new DatabaseSettings(null, folder, Durable: false));
        await postgres.StartAsync(default);
        return postgres;
    }

    private static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), FolderPrefix + "*"))
        {
            var process = Path.GetFileName(folder)[FolderPrefix.Length..];
            if (Directory.Exists($"/proc/{process}") && process != Environment.ProcessId.ToString())
                continue;
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It belongs to another account, or its PostgreSQL is about to end: the next run will see to it.
            }
        }
    }
}
