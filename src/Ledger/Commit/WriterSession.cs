using Npgsql;

namespace SightPay.Ledger.Commit;

/// <summary>
/// The one connection that may write: it holds the advisory lock for as long as it lives, and its epoch is checked in
/// every batch, so that a writer that lost the lock without noticing cannot commit.
/// </summary>
internal sealed class WriterSession : IAsyncDisposable
{
    /// <summary>"ledger" in ASCII.</summary>
    public const long LockKey = 0x006C_6564_6765_7200;

    // Plans must not depend on what the planner has not yet learned about young tables: every access is by key.
    // An acknowledged commit is on disk, whatever the database's default says. A slice that keeps a row locked costs
    // a batch seconds, not the writer.
    public const string Settings =
        """
        set plan_cache_mode = force_generic_plan;
        set enable_seqscan = off;
        set enable_hashjoin = off;
        set enable_mergejoin = off;
        set jit = off;
        set lock_timeout = '5s';
        select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
        """;

    private const string TakeOver =
        """
        update ledger_writer set epoch = epoch + 1
        returning epoch, swept_until, coalesce((select max(seq) from transfer), 0),
            greatest(swept_until, (select at from transfer order by seq desc limit 1))
        """;

    private WriterSession(NpgsqlConnection connection) =>
        (Connection, ProcessId) = (connection, connection.ProcessID);

    public NpgsqlConnection Connection { get; }

    /// <summary>The store's process that serves this session.</summary>
    public int ProcessId { get; }
    public long Epoch { get; private set; }
    public long LastSeq { get; private set; }

    /// <summary>The latest time the ledger has told; a clock that is set back does not turn it.</summary>
    public DateTimeOffset LastAt { get; private set; }

    /// <summary>Every hold due up to here is resolved.</summary>
    public DateTimeOffset SweptUntil { get; private set; }
    public DateTimeOffset SweptUntilStored { get; private set; }

    /// <returns>Null when another writer holds the lock.</returns>
    public static async Task<WriterSession?> TryAcquireAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        var session = new WriterSession(await database.OpenConnectionAsync(ct).ConfigureAwait(false));
        var acquired = false;
        try
        {
            acquired = await session.TryLockAsync(ct).ConfigureAwait(false);
            if (!acquired) return null;
            await session.TakeOverAsync(ct).ConfigureAwait(false);
            return session;
        }
        catch
        {
            acquired = false;
            throw;
        }
        finally
        {
            if (!acquired) await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async Task<bool> HasDueHoldsAsync(bool virtualClock, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            select exists (
                select from transfer t
                where t.kind = 2 and t.hold_until > $1 and t.hold_until <= greatest(case when $2 then now() end, $3)
                  and not exists (select from hold_resolution r where r.hold_id = t.id))
            """, Connection)
        {
            Parameters =
            {
                new NpgsqlParameter<DateTimeOffset> { TypedValue = SweptUntil },
                new NpgsqlParameter<bool> { TypedValue = !virtualClock },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = virtualClock ? now.ToUniversalTime() : LastAt },
            },
        };
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is true;
    }

    public void Committed(DateTimeOffset at, int transfers, bool allDueSwept)
    {
        LastAt = at;
        LastSeq += transfers;
        if (!allDueSwept) return;
        if (at - SweptUntilStored > TimeSpan.FromMinutes(1)) SweptUntilStored = at;
        SweptUntil = at;
    }

    public async Task RollbackAsync()
    {
        await using var command = new NpgsqlCommand("rollback", Connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>Gives the lock back explicitly: a pooled connection may outlive this session.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Connection.State == System.Data.ConnectionState.Open)
            {
                await using var command = new NpgsqlCommand("select pg_advisory_unlock_all(); reset all", Connection);
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (StoreErrors.IsFromStore(exception))
        {
            // A connection that cannot even unlock is gone, and its lock with it.
        }
        await Connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> TryLockAsync(CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock($1)", Connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = LockKey } },
        };
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is true;
    }

    private async Task TakeOverAsync(CancellationToken ct)
    {
        await using (var command = new NpgsqlCommand(TakeOver, Connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
            var found = await reader.ReadAsync(ct).ConfigureAwait(false);
            Must.Hold(found, "The ledger has its writer row.");
            Epoch = reader.GetInt64(0);
            SweptUntil = SweptUntilStored = reader.GetFieldValue<DateTimeOffset>(1);
            LastSeq = reader.GetInt64(2);
            LastAt = reader.GetFieldValue<DateTimeOffset>(3);
        }
        await using var settings = new NpgsqlCommand(Settings, Connection);
        await settings.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }
}
