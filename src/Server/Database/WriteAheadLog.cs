using Npgsql;

namespace SightPay.Server.Database;

/// <summary>
/// Takes what was erased out of PostgreSQL's write-ahead log. A checkpoint alone does not: it renames old files for
/// later use, and what they hold stays until it is overwritten.
/// </summary>
internal static class WriteAheadLog
{
    // Each step uses up one file that was kept for later use; PostgreSQL keeps a gigabyte of them at most.
    private const int StepsMax = 200;

    /// <summary>Files that may hold old records: all but the one being written and new ones, which begin with zeros.
    /// </summary>
    private const string OldFiles =
        """
        select count(*) from pg_ls_waldir() f, pg_walfile_name(pg_current_wal_insert_lsn()) current
        where f.name ~ '^[0-9A-F]{24}$' and f.name <> current
          and (f.name < current or get_byte(pg_read_binary_file('pg_wal/' || f.name, 0, 2, true), 0) <> 0)
        """;

    /// <summary>
    /// Goes on to new files until every file in which something written before now may stand is deleted. For a
    /// superuser, on a PostgreSQL of our own.
    /// </summary>
    /// <returns>False when that did not come to an end; another time it will.</returns>
    public static async Task<bool> LeaveBehindAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await RunAsync("alter system set wal_recycle = off", ct);
        try
        {
            await RunAsync("select pg_reload_conf()", ct);
            var nextIsNew = false;
            for (var step = 0; step < StepsMax; step++)
            {
                await RunAsync("select pg_logical_emit_message(false, 'sightpay', '')", ct);
                await RunAsync("select pg_switch_wal()", ct);
                await RunAsync("checkpoint", ct);
                // The file that is written now is a new one if at the step before all that lay ready were new.
                var (isNew, wasReady) = (await CountAsync(ct) == 0, nextIsNew);
                if (isNew && wasReady) return true;
                nextIsNew = isNew;
            }
            return false;
        }
        finally
        {
            await RunAsync("alter system reset wal_recycle", CancellationToken.None);
            await RunAsync("select pg_reload_conf()", CancellationToken.None);
        }

        async Task RunAsync(string sql, CancellationToken stop)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(stop);
        }

        async Task<long> CountAsync(CancellationToken stop)
        {
            await using var command = new NpgsqlCommand(OldFiles, connection);
            return (long)(await command.ExecuteScalarAsync(stop))!;
        }
    }
}
