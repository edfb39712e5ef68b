using Npgsql;
using SightPay.Server.Database;

namespace SightPay.Server.People;

/// <summary>
/// Follows destroyed keys to where PostgreSQL leaves their bytes behind: dead rows of the table and the write-ahead
/// log. With them and the installation's key, what they sealed could be opened again.
/// </summary>
internal sealed partial class DestroyedKeys(
    NpgsqlDataSource database, PeopleSettings settings, TimeProvider clock, ILogger<DestroyedKeys> log)
    : BackgroundService
{
    // The table is rewritten: two seconds for a million keys, in which nobody else uses it.
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Marks whose deletion nobody can look back behind any more: rewriting a table keeps dead rows that an open
    /// snapshot may still read. A mark is as old as the deletion.
    /// </summary>
    private const string Due =
        """
        select max(d.id) from destroyed_key d where not exists (
            select from pg_stat_activity a
            where a.pid <> pg_backend_pid() and a.datname = current_database()
              and a.backend_xmin is not null and age(a.backend_xmin) >= age(d.xmin))
        """;

    /// <returns>False when something is left to do: an old snapshot, or another user of the table, is in the way.
    /// </returns>
    public async Task<bool> ScrubAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        if (await ScalarAsync("select max(id) from destroyed_key") is null) return true;
        if (await ScalarAsync(Due) is not long last) return false;
        await ScalarAsync("set lock_timeout = '3s'");
        await ScalarAsync("vacuum full person_key");
        // A PostgreSQL that others run keeps and copies its log as they have it.
        if (settings.OwnsPostgres && !await WriteAheadLog.LeaveBehindAsync(connection, ct)) return false;
        await using var done = new NpgsqlCommand("delete from destroyed_key where id <= $1", connection);
        done.Parameters.Add(new() { Value = last });
        await done.ExecuteNonQueryAsync(ct);
        return true;

        async Task<object?> ScalarAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            return await command.ExecuteScalarAsync(ct) is var value && value is DBNull ? null : value;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_lookEvery, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ScrubAsync(stoppingToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                LogLeft(fault);
            }
        }
    }

    [LoggerMessage(1102, LogLevel.Warning, "Bytes of destroyed keys are still in old pages; it is tried again.")]
    private partial void LogLeft(Exception fault);
}
