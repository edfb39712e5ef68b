using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger.Commit;

namespace SightPay.Ledger.Postgres;

/// <summary>
/// The one connection that may write: it holds the advisory lock for as long as it lives, and its epoch is checked in
/// every batch, so that a writer that lost the lock without noticing cannot commit. A second connection loads batches
/// ahead while the first one commits.
/// </summary>
internal sealed class PostgresSession : ILedgerSession
{
    /// <summary>"ledger" in ASCII.</summary>
    public const long LockKey = 0x006C_6564_6765_7200;

    // Plans must not depend on what the planner has not yet learned about young tables: every access is by key. A plan
    // made while a table was empty is kept while it grows, and copying "all of it" aside was cheap only then, as was
    // collecting all of an index before looking at keys.
    // An acknowledged commit is on disk, whatever the database's default says. A slice that keeps a row locked costs
    // a batch seconds, not the writer.
    public const string Settings =
        """
        set plan_cache_mode = force_generic_plan;
        set enable_seqscan = off;
        set enable_hashjoin = off;
        set enable_mergejoin = off;
        set enable_material = off;
        set enable_bitmapscan = off;
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

    // The transaction's start, so that all statements of the batch agree on it; it never runs backwards.
    private const string LedgerClock = "greatest(case when $1 then now() end, $2)";

    private const string LoadEpoch = $"select {LedgerClock} from ledger_writer where epoch = $3";
    private const string LockEpoch = $"{LoadEpoch} for share";

    public const string DueHolds =
        $"""
        select t.id, t.act_id, t.debit, t.credit, t.amount, t.hold_until, null::smallint as outcome
        from transfer t
        where t.kind = 2 and t.hold_until > $3 and t.hold_until <= {LedgerClock}
          and not exists (select from hold_resolution r where r.hold_id = t.id)
        order by t.hold_until, t.id limit $4
        """;

    // Holds are told by their time, which only they have: their kind would let the planner read the index of all holds.
    // The lateral select can only be a lookup; a join might go through all resolutions.
    public const string NamedHolds =
        """
        select t.id, t.act_id, t.debit, t.credit, t.amount, t.hold_until, r.outcome
        from transfer t
        left join lateral (select outcome from hold_resolution where hold_id = t.id offset 0) r on true
        where t.id = any($1) and t.hold_until is not null
        """;

    public const string LoadAccounts =
        $"""
        select a.id, a.key, a.asset, a.kind, a.flags, a.closed,
               a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted
        from account a
        where a.id = any(array(
            select unnest($5)
            union select k.id from account k where k.key = any($6)
            union select unnest(array[t.debit, t.credit]) from transfer t
                where t.id = any($7) and t.hold_until is not null
            union select unnest(array[d.debit, d.credit]) from ({DueHolds}) d))
        order by a.id
        """;

    public const string LockAccounts = $"{LoadAccounts} for update";

    public const string ClosedAccounts = "select id from account where id = any($1) and closed";

    public const string StoredAttempts =
        "select id, fingerprint, outcome, refusal_code, status, body from attempt where id = any($1)";

    public const string TakenTransferIds = "select id from transfer where id = any($1)";

    /// <summary>What refunds may still take back of the transfers that they name. The codes are those of
    /// <see cref="TransferRules"/>.</summary>
    public const string Refundable =
        """
        select t.id, (t.amount + coalesce((
            select sum(case when r.code in (8, 11, 17) then r.amount else -r.amount end) from transfer r
            where r.ref_id = t.id and r.kind = 1 and r.code in (8, 9, 10, 11, 17)), 0))::bigint
        from transfer t where t.id = any($1) and t.kind in (1, 3)
        """;

    // Arrays of equal length in a select's list are unnested in step, row by row; in the "from" clause each would first
    // be copied into a table of its own.
    private const string InsertTransfers =
        """
        insert into transfer
            (id, seq, act_id, kind, code, debit, credit, amount, hold_id, hold_until, ref_id, at)
        select unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8),
            unnest($9), unnest($10), unnest($11), $12
        """;

    private const string InsertResolutions =
        """
        insert into hold_resolution (hold_id, transfer_id, outcome)
        select unnest($1), unnest($2), unnest($3)
        """;

    private const string InsertAttempts =
        """
        insert into attempt (id, fingerprint, outcome, refusal_code, status, body, at)
        select unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), $7
        """;

    // One row version per touched account, however many transfers of the batch touch it. What was remembered, or loaded
    // without a lock, must still be what is stored.
    public const string UpdateAccounts =
        """
        with updated as (
            update account a
            set debits_pending = u.debits_pending, debits_posted = u.debits_posted,
                credits_pending = u.credits_pending, credits_posted = u.credits_posted
            from (
                select unnest($1) as id, unnest($2) as debits_pending, unnest($3) as debits_posted,
                    unnest($4) as credits_pending, unnest($5) as credits_posted, unnest($6) as closed,
                    unnest($7) as debits_pending_then, unnest($8) as debits_posted_then,
                    unnest($9) as credits_pending_then, unnest($10) as credits_posted_then) u
            where a.id = u.id and a.closed = u.closed
                and a.debits_pending = u.debits_pending_then and a.debits_posted = u.debits_posted_then
                and a.credits_pending = u.credits_pending_then and a.credits_posted = u.credits_posted_then
            returning 1)
        select ledger_demand(count(*) = $11, 'SPL02', 'an account changed since it was loaded') from updated
        """;

    // The row is locked until the commit, so that whoever takes over waits for it.
    private const string DemandEpoch =
        """
        select ledger_demand(
            exists (select from ledger_writer where epoch = $1 for share), 'SPL01', 'another writer has taken over')
        """;

    private const string FencedState = "SPL01";

    private const string Begin = "begin isolation level read committed";
    private const string UpdateSweptUntil = "update ledger_writer set swept_until = $1 where epoch = $2";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlConnection _ahead;
    private long _plannedAt;
    private long _aheadPlannedAt;

    private PostgresSession(NpgsqlConnection connection, NpgsqlConnection ahead) =>
        (_connection, _ahead) = (connection, ahead);

    public IReadOnlyList<int> ProcessIds { get; private set; } = [];
    public WriterPosition Position { get; private set; } = null!;
    public bool IsOpen => IsAlive(_connection) && IsAlive(_ahead);
    public bool CommitSent { get; private set; }

    /// <returns>Null when another writer holds the lock.</returns>
    public static async Task<PostgresSession?> TryAcquireAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct).ConfigureAwait(false);
        // Opened once the lock is held: a standby asks for it again and again.
        var session = new PostgresSession(connection, database.CreateConnection());
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

    public async Task<LoadedBatch> LoadAsync(BatchNeeds needs)
    {
        if (!needs.Ahead) CommitSent = false;
        await using var batch = new NpgsqlBatch(needs.Ahead ? _ahead : _connection);
        if (needs.Ahead) AddReplanning(batch, ref _aheadPlannedAt);
        AddLoads(batch, needs);
        var loads = new List<(ICompanionBatch Companion, int Count)>();
        foreach (var companion in needs.Companions.Batches) loads.Add((companion, companion.Load(batch)));

        await batch.PrepareAsync().ConfigureAwait(false);
        await using var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        if (!await reader.ReadAsync().ConfigureAwait(false)) throw new FencedException();
        var state = new BatchState(reader.GetFieldValue<DateTimeOffset>(0), needs.Directory);
        await reader.NextResultAsync().ConfigureAwait(false);
        await ReadAccountsAsync(reader, state, needs).ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var attempt = AttemptRow.Read(reader);
            state.Attempts.Add(attempt.Id, attempt);
        }
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false)) state.TakenTransferIds.Add(reader.GetGuid(0));
        await reader.NextResultAsync().ConfigureAwait(false);
        await ReadHoldsAsync(reader, state).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        var due = await ReadHoldsAsync(reader, state).ConfigureAwait(false);
        if (needs.TakenIds.Length > 0)
        {
            await reader.NextResultAsync().ConfigureAwait(false);
            while (await reader.ReadAsync().ConfigureAwait(false))
                state.SetRefundable(reader.GetGuid(0), reader.GetInt64(1));
        }

        foreach (var (companion, count) in loads)
            for (var i = 0; i < count; i++)
            {
                await reader.NextResultAsync().ConfigureAwait(false);
                await companion.ReadAsync(i, reader, CancellationToken.None).ConfigureAwait(false);
            }
        return new LoadedBatch(state, due);
    }

    public Func<Task> Compose(DecidedBatch decided)
    {
        var (state, changed) = (decided.State, decided.Changed);
        var batch = new NpgsqlBatch(_connection);
        AddReplanning(batch, ref _plannedAt);
        if (decided.Ahead)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
            batch.Add(DemandEpoch).With(Position.Epoch);
        }
        if (state.Transfers.Count > 0) AddTransfers(batch, state, decided.FirstSeq);
        if (state.Transfers.Exists(row => row.HoldId is not null)) AddResolutions(batch, state);
        if (state.Decided.Count > 0) AddAttempts(batch, state);
        if (changed.Count > 0) AddAccounts(batch, [.. changed]);
        if (decided.KeepsSweptUntil) batch.Add(UpdateSweptUntil).With(state.At).With(Position.Epoch);
        foreach (var companion in decided.Companions.Batches) companion.Write(batch);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        return () => CommitAsync(batch);
    }

    private async Task CommitAsync(NpgsqlBatch batch)
    {
        CommitSent = false;
        await using var _ = batch.ConfigureAwait(false);
        await batch.PrepareAsync().ConfigureAwait(false);
        CommitSent = true;
        try
        {
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState == FencedState)
        {
            throw new FencedException();
        }
    }

    public async Task<bool> HasDueHoldsAsync(DateTimeOffset? now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            select exists (
                select from transfer t
                where t.kind = 2 and t.hold_until > $1 and t.hold_until <= greatest(case when $2 then now() end, $3)
                  and not exists (select from hold_resolution r where r.hold_id = t.id))
            """, _connection)
        {
            Parameters =
            {
                new NpgsqlParameter<DateTimeOffset> { TypedValue = Position.SweptUntil },
                new NpgsqlParameter<bool> { TypedValue = now is null },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = now?.ToUniversalTime() ?? Position.LastAt },
            },
        };
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is true;
    }

    public async Task RollbackAsync()
    {
        CommitSent = false;
        await ExecuteAsync(_connection, "rollback", default).ConfigureAwait(false);
    }

    /// <summary>Gives the lock back explicitly: a pooled connection may outlive this session.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (IsAlive(_connection))
                await ExecuteAsync(_connection, "select pg_advisory_unlock_all(); reset all", default)
                    .ConfigureAwait(false);
            if (IsAlive(_ahead)) await ExecuteAsync(_ahead, "reset all", default).ConfigureAwait(false);
        }
        catch (Exception exception) when (StoreErrors.IsFromStore(exception))
        {
            // A connection that cannot even unlock is gone, and its lock with it.
        }
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _ahead.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsAlive(NpgsqlConnection connection) => connection.State == System.Data.ConnectionState.Open;

    private async Task<bool> TryLockAsync(CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock($1)", _connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = LockKey } },
        };
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is true;
    }

    private async Task TakeOverAsync(CancellationToken ct)
    {
        await using (var command = new NpgsqlCommand(TakeOver, _connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
            var found = await reader.ReadAsync(ct).ConfigureAwait(false);
            Must.Hold(found, "The ledger has its writer row.");
            Position = new WriterPosition(
                reader.GetInt64(0), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(1));
        }
        (_plannedAt, _aheadPlannedAt) = (Position.LastSeq, Position.LastSeq);
        await _ahead.OpenAsync(ct).ConfigureAwait(false);
        // Told once: a connection that is lost has none any more.
        ProcessIds = [_connection.ProcessID, _ahead.ProcessID];
        foreach (var connection in (NpgsqlConnection[])[_connection, _ahead])
            await ExecuteAsync(connection, Settings, ct).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }

    // The tables have grown much since: what was quick to read whole is not any more.
    private void AddReplanning(NpgsqlBatch batch, ref long plannedAt)
    {
        if (Position.LastSeq < 2 * plannedAt + 1000) return;
        plannedAt = Position.LastSeq;
        batch.BatchCommands.Add(new NpgsqlBatchCommand("discard plans"));
    }

    private void AddLoads(NpgsqlBatch batch, BatchNeeds needs)
    {
        var ownClock = needs.Now is null;
        var floor = needs.Now is { } now && now > needs.NotBefore ? now : needs.NotBefore;
        if (!needs.Ahead) batch.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
        batch.Add(needs.Ahead ? LoadEpoch : LockEpoch).With(ownClock).With(floor).With(Position.Epoch);
        batch.Add(needs.Ahead ? LoadAccounts : LockAccounts)
            .With(ownClock).With(floor).With(Position.SweptUntil).With(needs.SweepMax)
            .With(needs.AccountIds).With(needs.AccountKeys).With(needs.HoldIds);
        batch.Add(ClosedAccounts).With(needs.Remembered);
        batch.Add(StoredAttempts).With(needs.ActIds);
        batch.Add(TakenTransferIds).With(needs.TransferIds);
        batch.Add(NamedHolds).With(needs.HoldIds);
        batch.Add(DueHolds).With(ownClock).With(floor).With(Position.SweptUntil).With(needs.SweepMax);
        if (needs.TakenIds.Length > 0) batch.Add(Refundable).With(needs.TakenIds);
    }

    private static async Task ReadAccountsAsync(NpgsqlDataReader reader, BatchState state, BatchNeeds needs)
    {
        var directory = needs.Directory;
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var id = reader.GetInt64(0);
            var facts = directory.Find(id);
            if (facts is null)
            {
                facts = new AccountFacts(id, reader.GetString(1), reader.GetString(2), (AccountKind)reader.GetInt16(3),
                    (AccountFlags)reader.GetInt32(4));
                directory.Remember(facts);
            }
            var counters = new Counters(
                reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9));
            state.Add(new AccountState(facts, reader.GetBoolean(5), counters));
        }
        await reader.NextResultAsync().ConfigureAwait(false);
        var closed = new HashSet<long>();
        while (await reader.ReadAsync().ConfigureAwait(false)) closed.Add(reader.GetInt64(0));
        foreach (var id in needs.Remembered)
            state.AddRemembered(directory.Find(id)!, closed.Contains(id), directory.CountersOf(id));
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    private static async Task<int> ReadHoldsAsync(NpgsqlDataReader reader, BatchState state)
    {
        var count = 0;
        for (; await reader.ReadAsync().ConfigureAwait(false); count++)
        {
            var resolution = await reader.IsDBNullAsync(6).ConfigureAwait(false)
                ? (TransferKind?)null : (TransferKind)reader.GetInt16(6);
            state.Holds.TryAdd(reader.GetGuid(0), new HoldState(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4),
                reader.GetFieldValue<DateTimeOffset>(5), resolution));
        }
        return count;
    }

    private static void AddTransfers(NpgsqlBatch batch, BatchState state, long firstSeq)
    {
        var rows = state.Transfers;
        var seqs = new long[rows.Count];
        for (var i = 0; i < seqs.Length; i++) seqs[i] = firstSeq + i;
        batch.Add(InsertTransfers)
            .With(rows.Column(row => row.Id)).With(seqs).With(rows.Column(row => row.ActId))
            .With(rows.Column(row => (short)row.Kind)).With(rows.Column(row => (short)row.Code))
            .With(rows.Column(row => row.Debit)).With(rows.Column(row => row.Credit))
            .With(rows.Column(row => row.AmountMinor))
            .With(rows.Column(row => row.HoldId), NpgsqlDbType.Array | NpgsqlDbType.Uuid)
            .With(rows.Column(row => row.HoldUntil), NpgsqlDbType.Array | NpgsqlDbType.TimestampTz)
            .With(rows.Column(row => row.RefId), NpgsqlDbType.Array | NpgsqlDbType.Uuid)
            .With(state.At);
    }

    private static void AddResolutions(NpgsqlBatch batch, BatchState state)
    {
        var rows = state.Transfers.FindAll(row => row.HoldId is not null);
        batch.Add(InsertResolutions)
            .With(rows.Column(row => row.HoldId!.Value)).With(rows.Column(row => row.Id))
            .With(rows.Column(row => (short)row.Kind));
    }

    private static void AddAttempts(NpgsqlBatch batch, BatchState state)
    {
        var rows = state.Decided;
        batch.Add(InsertAttempts)
            .With(rows.Column(row => row.Id))
            .With(rows.Column(row => row.Fingerprint.ToArray()))
            .With(rows.Column(row => AttemptRow.Outcome(row.End)))
            .With(rows.Column(row => row.RefusalCode), NpgsqlDbType.Array | NpgsqlDbType.Text)
            .With(rows.Column(row => row.Answer.Status))
            .With(rows.Column(row => row.Answer.Body))
            .With(state.At);
    }

    private static void AddAccounts(NpgsqlBatch batch, List<AccountState> changed) =>
        batch.Add(UpdateAccounts)
            .With(changed.Column(account => account.Facts.Id))
            .With(changed.Column(account => account.Now.DebitsPending))
            .With(changed.Column(account => account.Now.DebitsPosted))
            .With(changed.Column(account => account.Now.CreditsPending))
            .With(changed.Column(account => account.Now.CreditsPosted))
            .With(changed.Column(account => account.Closed))
            .With(changed.Column(account => account.Stored.DebitsPending))
            .With(changed.Column(account => account.Stored.DebitsPosted))
            .With(changed.Column(account => account.Stored.CreditsPending))
            .With(changed.Column(account => account.Stored.CreditsPosted))
            .With(changed.Count);
}
