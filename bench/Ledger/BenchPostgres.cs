using System.Diagnostics;
using Npgsql;

namespace SightPay.Bench.Ledger;

/// <summary>
/// A durable PostgreSQL in a temporary folder, sized so that neither side waits for checkpoints, its cache, or new
/// files of the write-ahead log. A guard shell stops it and removes the folder when this program ends, however it ends.
/// </summary>
internal sealed class BenchPostgres : IAsyncDisposable
{
    /// <summary>Files of 16 MB, as many as all rounds write.</summary>
    private const int LogFiles = 384;

    private const string Guard =
        """
        bin=$1 root=$2
        exec 3<&0 </dev/null >>"$root/log" 2>&1
        "$bin/initdb" -D "$root/data" -U bench -A trust --locale=C -E UTF8 --no-instructions || exit 1
        "$bin/postgres" -D "$root/data" -k "$root" -c listen_addresses= -c max_connections=100 \
            -c fsync=on -c synchronous_commit=on -c shared_buffers=1GB -c max_wal_size=8GB -c min_wal_size=6GB \
            -c checkpoint_timeout=30min 3<&- & server=$!
        trap '' INT HUP TERM
        while read -r _ <&3; do :; done
        kill -INT $server; wait $server
        rm -rf "$root"/*
        """;

    private readonly Process _guard;
    private readonly string _root;

    private BenchPostgres(Process guard, string root) => (_guard, _root) = (guard, root);

    public static async Task<BenchPostgres> StartAsync(string programs, CancellationToken ct)
    {
        var root = Directory.CreateTempSubdirectory("sightpay-bench-").FullName;
        string[] shell = ["/bin/sh", "-c", Guard, "sh", programs, root];
        if (Environment.UserName == "root")
        {
            // PostgreSQL refuses to run as root.
            await Process.Start("chown", ["postgres", root]).WaitForExitAsync(ct);
            shell = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", .. shell];
        }
        var start = new ProcessStartInfo("setsid", shell) { RedirectStandardInput = true, WorkingDirectory = "/" };
        var postgres = new BenchPostgres(Process.Start(start)!, root);
        await postgres.AwaitReadyAsync(ct);
        return postgres;
    }

    public async Task<string> CreateDatabaseAsync(string name, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync(ct);
        return ConnectionString(name);
    }

    /// <summary>
    /// Brings the write-ahead log to where that of a server is which has run for a day: it writes into old files. In
    /// a new one each file is first filled with zeros and synced, within somebody's commit. Call it last before
    /// measuring.
    /// </summary>
    public async Task WearInAsync(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync(ct);
        await using var fill = new NpgsqlCommand(
            "select pg_logical_emit_message(false, 'bench', ''); select pg_switch_wal()", connection);
        for (var i = 0; i < LogFiles; i++) await fill.ExecuteNonQueryAsync(ct);
        await using var checkpoint = new NpgsqlCommand("checkpoint", connection) { CommandTimeout = 0 };
        await checkpoint.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = _root, Port = 5432, Username = "bench", Database = database,
    }.ConnectionString;

    private async Task AwaitReadyAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
                await connection.OpenAsync(ct);
                return;
            }
            catch (NpgsqlException) when (!_guard.HasExited)
            {
                await Task.Delay(50, ct);
            }
            catch (NpgsqlException)
            {
                var log = Path.Combine(_root, "log");
                var words = File.Exists(log) ? await File.ReadAllTextAsync(log, ct) : "it left no log";
                throw new InvalidDataException($"PostgreSQL did not start: {words}");
            }
        }
    }
}
