namespace SightPay.Ledger.Commit;

/// <summary>
/// One try at one group commit: load (round trip 1), evaluate in memory, compose, write and commit (round trip 2).
/// Reads top to bottom; the caller decides what a failure means.
/// </summary>
/// <param name="ahead">Load without locks, since the commit of another batch may be under way.</param>
internal sealed class GroupCommit(
    ILedgerSession session, AccountDirectory directory, CompanionSet companions, TimeProvider clock,
    bool virtualClock, IReadOnlyList<QueuedAct> acts, bool sweep, bool ahead = false)
{
    /// <summary>Overdue holds freed at the start of one batch; a longer backlog takes several.</summary>
    public const int SweepMax = 256;

    private readonly CompanionSet _companions = companions;
    private BatchState _state = null!;
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private bool _allDueLoaded;
    private long _firstSeq;
    private Func<Task> _write = null!;

    public IReadOnlyList<QueuedAct> Acts => acts;
    public TimeSpan Age => TimeProvider.System.GetElapsedTime(_started);

    /// <param name="before">Whose commit is under way, if any: what it decided is taken for stored. When that fails, so
    /// must this.</param>
    public async Task LoadAsync(GroupCommit? before = null)
    {
        var (ids, remembered, keys) = NamedAccounts();
        var (transferIds, holdIds, takenIds) = NamedTransfers();
        var loaded = await session.LoadAsync(new BatchNeeds(
            virtualClock ? Microseconds(clock.GetUtcNow()) : null, ahead, before?._state.At ?? session.Position.LastAt,
            directory, ids, remembered, keys, acts.Select(queued => queued.Act.Id).ToArray(), transferIds, holdIds,
            takenIds, sweep ? SweepMax : 0, _companions))
            .ConfigureAwait(false);
        _state = loaded.State;
        _firstSeq = before is null
            ? session.Position.LastSeq + 1 : before._firstSeq + before._state.Transfers.Count;
        if (before is not null)
        {
            _state.Follow(before._state, takenIds);
            _companions.Follow(before._companions);
        }
        Must.Hold(_state.At >= session.Position.LastAt, "The ledger's clock never runs backwards.");
        _allDueLoaded = sweep && loaded.DueHolds < SweepMax;
    }

    /// <summary>Serial semantics: each act sees what those before it in the queue decided.</summary>
    public void Evaluate()
    {
        ExpireOverdueHolds();
        var evaluation = new Evaluation(_state, _companions);
        foreach (var queued in acts) evaluation.Decide(queued);
    }

    /// <summary>Apart from the writing, so that the store need not wait for it.</summary>
    public void Compose()
    {
        var changed = _state.Changed.ToList();
        AssertBooksBalance(changed);
        var keepsSweptUntil = _allDueLoaded && session.Position.KeepsSweptUntil(_state.At);
        _write = session.Compose(
            new DecidedBatch(_state, changed, ahead, _firstSeq, keepsSweptUntil, _companions));
    }

    public Task WriteAsync() => _write();

    /// <summary>The commit was heard of. Apart from the writing, since a group may be loading meanwhile.</summary>
    public void Committed()
    {
        session.Position.Committed(_state.At, _state.Transfers.Count, _allDueLoaded);
        foreach (var account in _state.Changed) directory.RememberCounters(account);
        _companions.Committed();
    }

    /// <summary>A group that is decided alone reads everything, under locks.</summary>
    private (long[] Ids, long[] Remembered, string[] Keys) NamedAccounts()
    {
        var ids = new HashSet<long>();
        var remembered = new HashSet<long>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var transfer in AllTransfers())
        {
            if (transfer.HoldId is not null) continue;
            foreach (var key in (ReadOnlySpan<string>)[transfer.DebitKey, transfer.CreditKey])
                if (directory.Find(key) is not { } facts) keys.Add(key);
                else if (ahead && directory.KnowsCounters(facts.Id)) remembered.Add(facts.Id);
                else ids.Add(facts.Id);
        }
        return ([.. ids], [.. remembered], [.. keys]);
    }

    private (Guid[] TransferIds, Guid[] HoldIds, Guid[] TakenIds) NamedTransfers()
    {
        var takenIds = new HashSet<Guid>();
        var transferIds = new HashSet<Guid>();
        var holdIds = new HashSet<Guid>();
        foreach (var transfer in AllTransfers())
        {
            transferIds.Add(transfer.Id);
            if (transfer.HoldId is { } holdId) holdIds.Add(holdId);
            if (transfer is { Kind: TransferKind.Post, RefId: { } takenId }) takenIds.Add(takenId);
        }
        return ([.. transferIds], [.. holdIds], [.. takenIds]);
    }

    private IEnumerable<Transfer> AllTransfers()
    {
        foreach (var queued in acts)
            foreach (var plan in queued.Act.Plans)
                foreach (var transfer in plan.Transfers)
                    yield return transfer;
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

    private static DateTimeOffset Microseconds(DateTimeOffset at) =>
        at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));
}
