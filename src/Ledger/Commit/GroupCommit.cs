using Npgsql;
using NpgsqlTypes;

namespace SightPay.Ledger.Commit;

/// <summary>
/// One try at one group commit: load (round trip 1), evaluate in memory, write and commit (round trip 2).
/// Reads top to bottom; the caller decides what a failure means.
/// </summary>
internal sealed class GroupCommit(
    WriterSession session, AccountDirectory directory, CompanionRegistry registry, TimeProvider clock,
    bool virtualClock, IReadOnlyList<QueuedAct> acts, bool sweep)
{
    /// <summary>Overdue holds freed at the start of one batch; a longer backlog takes several.</summary>
    public const int SweepMax = 256;

    // The transaction's start, so that all statements of the batch agree on it; it never runs backwards.
    private const string LedgerClock = "greatest(case when $1 then now() end, $2)";

    private const string LockEpoch =
        $"select {LedgerClock} from ledger_writer where epoch = $3 for share";

    public const string DueHolds =
        $"""
        select t.id, t.act_id, t.debit, t.credit, t.amount, t.hold_until, null::smallint as outcome
        from transfer t
        where t.kind = 2 and t.hold_until > $3 and t.hold_until <= {LedgerClock}
          and not exists (select from hold_resolution r where r.hold_id = t.id)
        order by t.hold_until, t.id limit $4
        """;

    public const string NamedHolds =
        """
        select t.id, t.act_id, t.debit, t.credit, t.amount, t.hold_until, r.outcome
        from transfer t left join hold_resolution r on r.hold_id = t.id
        where t.id = any($1) and t.kind = 2
        """;

    public const string LockAccounts =
        $"""
        select a.id, a.key, a.asset, a.kind, a.flags, a.closed,
               a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted
        from account a
        where a.id = any(array(
            select unnest($5)
            union select k.id from account k where k.key = any($6)
            union select unnest(array[t.debit, t.credit]) from transfer t where t.id = any($7) and t.kind = 2
            union select unnest(array[d.debit, d.credit]) from ({DueHolds}) d))
        order by a.id for update
        """;

    public const string StoredAttempts =
        "select id, fingerprint, outcome, refusal_code, status, body from attempt where id = any($1)";

    public const string TakenTransferIds = "select id from transfer where id = any($1)";

    private const string InsertTransfers =
        """
        insert into transfer
            (id, seq, act_id, kind, code, debit, credit, amount, hold_id, hold_until, ref_id, at)
        select u.id, u.seq, u.act_id, u.kind, u.code, u.debit, u.credit, u.amount, u.hold_id, u.hold_until,
            u.ref_id, $12
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            as u(id, seq, act_id, kind, code, debit, credit, amount, hold_id, hold_until, ref_id)
        """;

    private const string InsertResolutions =
        """
        insert into hold_resolution (hold_id, transfer_id, outcome)
        select u.hold_id, u.transfer_id, u.outcome from unnest($1, $2, $3) as u(hold_id, transfer_id, outcome)
        """;

    private const string InsertAttempts =
        """
        insert into attempt (id, fingerprint, outcome, refusal_code, status, body, at)
        select u.id, u.fingerprint, u.outcome, u.refusal_code, u.status, u.body, $7
        from unnest($1, $2, $3, $4, $5, $6) as u(id, fingerprint, outcome, refusal_code, status, body)
        """;

    // One row version per touched account, however many transfers of the batch touch it.
    public const string UpdateAccounts =
        """
        update account a
        set debits_pending = u.debits_pending, debits_posted = u.debits_posted,
            credits_pending = u.credits_pending, credits_posted = u.credits_posted
        from unnest($1, $2, $3, $4, $5) as u(id, debits_pending, debits_posted, credits_pending, credits_posted)
        where a.id = u.id
        """;

    private const string UpdateSweptUntil = "update ledger_writer set swept_until = $1 where epoch = $2";

    private readonly CompanionSet _companions = registry.Begin(acts);
    private BatchState _state = null!;
    private bool _allDueLoaded;

    /// <summary>True once round trip 2 is on its way: a broken connection now leaves the outcome unknown.</summary>
    public bool CommitSent { get; private set; }

    public async Task LoadAsync()
    {
        await using var batch = new NpgsqlBatch(session.Connection);
        AddLedgerLoads(batch);
        var loads = new List<(ICompanionBatch Companion, int Count)>();
        foreach (var companion in _companions.Batches) loads.Add((companion, companion.Load(batch)));

        await batch.PrepareAsync().ConfigureAwait(false);
        await using var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        await ReadClockAsync(reader).ConfigureAwait(false);
        await ReadAccountsAsync(reader).ConfigureAwait(false);
        await ReadAttemptsAsync(reader).ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false)) _state.TakenTransferIds.Add(reader.GetGuid(0));
        await reader.NextResultAsync().ConfigureAwait(false);
        await ReadHoldsAsync(reader).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        var due = await ReadHoldsAsync(reader).ConfigureAwait(false);
        _allDueLoaded = sweep && due < SweepMax;

        foreach (var (companion, count) in loads)
            for (var i = 0; i < count; i++)
            {
                await reader.NextResultAsync().ConfigureAwait(false);
                await companion.ReadAsync(i, reader, CancellationToken.None).ConfigureAwait(false);
            }
    }

    /// <summary>Serial semantics: each act sees what those before it in the queue decided.</summary>
    public void Evaluate()
    {
        ExpireOverdueHolds();
        var evaluation = new Evaluation(_state, _companions);
        foreach (var queued in acts) evaluation.Decide(queued);
    }

    public async Task WriteAsync()
    {
        var changed = _state.Changed.ToList();
        AssertBooksBalance(changed);
        await using var batch = new NpgsqlBatch(session.Connection);
        if (_state.Transfers.Count > 0) AddTransfers(batch);
        if (_state.Transfers.Exists(row => row.HoldId is not null)) AddResolutions(batch);
        if (_state.Decided.Count > 0) AddAttempts(batch);
        var update = changed.Count > 0 ? AddAccounts(batch, changed) : null;
        if (_allDueLoaded && _state.At - session.SweptUntilStored > TimeSpan.FromMinutes(1)) AddSweptUntil(batch);
        foreach (var companion in _companions.Batches) companion.Write(batch);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await batch.PrepareAsync().ConfigureAwait(false);

        CommitSent = true;
        await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        Must.Hold(update is null || update.RecordsAffected == changed.Count,
            "Every locked account that changed was updated.");
        session.Committed(_state.At, _state.Transfers.Count, _allDueLoaded);
    }

    private void AddLedgerLoads(NpgsqlBatch batch)
    {
        var (ids, keys) = NamedAccounts();
        var (transferIds, holdIds) = NamedTransfers();
        var floor = virtualClock ? Later(Microseconds(clock.GetUtcNow()), session.LastAt) : session.LastAt;
        var sweepMax = sweep ? SweepMax : 0;

        batch.BatchCommands.Add(new NpgsqlBatchCommand("begin isolation level read committed"));
        batch.Add(LockEpoch).With(!virtualClock).With(floor).With(session.Epoch);
        batch.Add(LockAccounts).With(!virtualClock).With(floor).With(session.SweptUntil).With(sweepMax)
            .With(ids).With(keys).With(holdIds);
        batch.Add(StoredAttempts).With(acts.Select(queued => queued.Act.Id).ToArray());
        batch.Add(TakenTransferIds).With(transferIds);
        batch.Add(NamedHolds).With(holdIds);
        batch.Add(DueHolds).With(!virtualClock).With(floor).With(session.SweptUntil).With(sweepMax);
    }

    private (long[] Ids, string[] Keys) NamedAccounts()
    {
        var ids = new HashSet<long>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var transfer in AllTransfers())
        {
            if (transfer.HoldId is not null) continue;
            foreach (var key in (ReadOnlySpan<string>)[transfer.DebitKey, transfer.CreditKey])
                if (directory.Find(key) is { } facts) ids.Add(facts.Id);
                else keys.Add(key);
        }
        return ([.. ids], [.. keys]);
    }

    private (Guid[] TransferIds, Guid[] HoldIds) NamedTransfers()
    {
        var transferIds = new HashSet<Guid>();
        var holdIds = new HashSet<Guid>();
        foreach (var transfer in AllTransfers())
        {
            transferIds.Add(transfer.Id);
            if (transfer.HoldId is { } holdId) holdIds.Add(holdId);
        }
        return ([.. transferIds], [.. holdIds]);
    }

    private IEnumerable<Transfer> AllTransfers()
    {
        foreach (var queued in acts)
            foreach (var plan in queued.Act.Plans)
                foreach (var transfer in plan.Transfers)
                    yield return transfer;
    }

    private async Task ReadClockAsync(NpgsqlDataReader reader)
    {
        if (!await reader.ReadAsync().ConfigureAwait(false)) throw new FencedException();
        _state = new BatchState(reader.GetFieldValue<DateTimeOffset>(0), directory);
        Must.Hold(_state.At >= session.LastAt, "The ledger's clock never runs backwards.");
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    private async Task ReadAccountsAsync(NpgsqlDataReader reader)
    {
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
            _state.Add(new AccountState(facts, reader.GetBoolean(5), counters));
        }
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    private async Task ReadAttemptsAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var attempt = AttemptRow.Read(reader);
            _state.Attempts.Add(attempt.Id, attempt);
        }
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    private async Task<int> ReadHoldsAsync(NpgsqlDataReader reader)
    {
        var count = 0;
        for (; await reader.ReadAsync().ConfigureAwait(false); count++)
        {
            var resolution = await reader.IsDBNullAsync(6).ConfigureAwait(false)
                ? (TransferKind?)null : (TransferKind)reader.GetInt16(6);
            _state.Holds.TryAdd(reader.GetGuid(0), new HoldState(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4),
                reader.GetFieldValue<DateTimeOffset>(5), resolution));
        }
        return count;
    }

    /// <summary>Those found by the sweep and those that an act names: the sweep may lag, the rule may not.</summary>
    private void ExpireOverdueHolds()
    {
        foreach (var hold in _state.Holds.Values)
            if (hold.Resolution is null && hold.Until <= _state.At)
                TransferRules.Expire(_state, hold, Ids.Next(clock));
    }

    private static void AssertBooksBalance(List<AccountState> changed)
    {
        var difference = default((Int128 Posted, Int128 Pending));
        foreach (var account in changed)
        {
            difference.Posted += (Int128)(account.Now.DebitsPosted - account.Stored.DebitsPosted)
                - (account.Now.CreditsPosted - account.Stored.CreditsPosted);
            difference.Pending += (Int128)(account.Now.DebitsPending - account.Stored.DebitsPending)
                - (account.Now.CreditsPending - account.Stored.CreditsPending);
        }
        Must.Hold(difference is { Posted: var posted, Pending: var pending } && posted == 0 && pending == 0,
            "A batch debits as much as it credits.");
    }

    private void AddTransfers(NpgsqlBatch batch)
    {
        var rows = _state.Transfers;
        var seqs = new long[rows.Count];
        for (var i = 0; i < seqs.Length; i++) seqs[i] = session.LastSeq + 1 + i;
        batch.Add(InsertTransfers)
            .With(rows.Column(row => row.Id)).With(seqs).With(rows.Column(row => row.ActId))
            .With(rows.Column(row => (short)row.Kind)).With(rows.Column(row => (short)row.Code))
            .With(rows.Column(row => row.Debit)).With(rows.Column(row => row.Credit))
            .With(rows.Column(row => row.AmountMinor))
            .With(rows.Column(row => row.HoldId), NpgsqlDbType.Array | NpgsqlDbType.Uuid)
            .With(rows.Column(row => row.HoldUntil), NpgsqlDbType.Array | NpgsqlDbType.TimestampTz)
            .With(rows.Column(row => row.RefId), NpgsqlDbType.Array | NpgsqlDbType.Uuid)
            .With(_state.At);
    }

    private void AddResolutions(NpgsqlBatch batch)
    {
        var rows = _state.Transfers.FindAll(row => row.HoldId is not null);
        batch.Add(InsertResolutions)
            .With(rows.Column(row => row.HoldId!.Value)).With(rows.Column(row => row.Id))
            .With(rows.Column(row => (short)row.Kind));
    }

    private void AddAttempts(NpgsqlBatch batch)
    {
        var rows = _state.Decided;
        batch.Add(InsertAttempts)
            .With(rows.Column(row => row.Id))
            .With(rows.Column(row => row.Fingerprint.ToArray()))
            .With(rows.Column(row => AttemptRow.Outcome(row.End)))
            .With(rows.Column(row => row.RefusalCode), NpgsqlDbType.Array | NpgsqlDbType.Text)
            .With(rows.Column(row => row.Answer.Status))
            .With(rows.Column(row => row.Answer.Body))
            .With(_state.At);
    }

    private static NpgsqlBatchCommand AddAccounts(NpgsqlBatch batch, List<AccountState> changed) =>
        batch.Add(UpdateAccounts)
            .With(changed.Column(account => account.Facts.Id))
            .With(changed.Column(account => account.Now.DebitsPending))
            .With(changed.Column(account => account.Now.DebitsPosted))
            .With(changed.Column(account => account.Now.CreditsPending))
            .With(changed.Column(account => account.Now.CreditsPosted));

    private void AddSweptUntil(NpgsqlBatch batch) => batch.Add(UpdateSweptUntil).With(_state.At).With(session.Epoch);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Microseconds(DateTimeOffset at) =>
        at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));
}
