using SightPay.Ledger;
using SightPay.Ledger.Commit;

namespace SightPay.Tests.Support;

/// <summary>Where a simulated store may strike.</summary>
internal enum StoreMoment
{
    Acquire,
    Load,
    Commit,
}

/// <summary>What a simulated store does at such a moment.</summary>
internal enum StoreFault
{
    None,

    /// <summary>The connection breaks and nothing of the request happens.</summary>
    LostBefore,

    /// <summary>It happens, and then the connection breaks: nobody hears of it.</summary>
    LostAfter,

    /// <summary>A statement is rejected; the connection stays.</summary>
    Rejected,

    /// <summary>
    /// A store that lies: it acknowledges a commit and forgets it. No real one may; a simulation must notice.
    /// </summary>
    Forgets,
}

/// <summary>
/// The ledger's tables in memory, with the store's own rules: one writer, fenced by its epoch; unique ids; commits
/// whole or not at all. One thread, no real time, so that a simulation replays exactly.
/// </summary>
internal sealed class MemoryLedgerStore : ILedgerStore
{
    private readonly Dictionary<string, long> _accountIds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, (AccountFacts Facts, bool Closed, Counters Counters)> _accounts = [];
    private readonly Dictionary<Guid, MemoryTransfer> _transfersById = [];
    private readonly List<MemoryTransfer> _openHolds = [];
    private Session? _owner;
    private long _epoch;
    private DateTimeOffset _sweptUntil = DateTimeOffset.UnixEpoch;

    public List<MemoryTransfer> Transfers { get; } = [];
    public Dictionary<Guid, (Guid TransferId, TransferKind Outcome)> Resolutions { get; } = [];
    public Dictionary<Guid, StoredAttempt> Attempts { get; } = [];
    public MemoryTables Tables { get; } = new();

    /// <summary>Asked at each moment; none: nothing ever fails.</summary>
    public Func<StoreMoment, StoreFault>? Faults { get; set; }

    public IEnumerable<Account> Accounts => _accounts.Values.Select(Shown);

    public void Open(string key, string asset, AccountKind kind, bool closed = false)
    {
        var flags = kind == AccountKind.Wallet ? AccountFlags.NoOverdraft : AccountFlags.None;
        var id = _accountIds.Count + 1L;
        _accountIds.Add(key, id);
        _accounts.Add(id, (new AccountFacts(id, key, asset, kind, flags), closed, default));
    }

    public Account Account(string key) => Shown(_accounts[_accountIds[key]]);

    public Task<ILedgerSession?> TryAcquireAsync(CancellationToken ct)
    {
        if (Strikes(StoreMoment.Acquire) != StoreFault.None) throw new IOException("The store is away.");
        if (_owner is not null) return Task.FromResult<ILedgerSession?>(null);
        _epoch++;
        var lastAt = Transfers.Count > 0 ? Transfers[^1].At : DateTimeOffset.UnixEpoch;
        _owner = new Session(this, new WriterPosition(
            _epoch, Transfers.Count, lastAt > _sweptUntil ? lastAt : _sweptUntil, _sweptUntil));
        return Task.FromResult<ILedgerSession?>(_owner);
    }

    /// <summary>The lock is lost on the store's side while the writer still believes in it: it is a zombie now.
    /// </summary>
    public void LoseLock() => _owner = null;

    private StoreFault Strikes(StoreMoment moment) => Faults?.Invoke(moment) ?? StoreFault.None;

    private static Account Shown((AccountFacts Facts, bool Closed, Counters Counters) account) => new(
        account.Facts.Id, account.Facts.Key, account.Facts.Asset, account.Facts.Kind, account.Facts.Flags,
        account.Closed, account.Counters.DebitsPending, account.Counters.DebitsPosted,
        account.Counters.CreditsPending, account.Counters.CreditsPosted);

    private sealed class Session(MemoryLedgerStore store, WriterPosition position) : ILedgerSession
    {
        public IReadOnlyList<int> ProcessIds => [1];
        public WriterPosition Position => position;
        public bool IsOpen { get; private set; } = true;
        public bool CommitSent { get; private set; }

        public Task<LoadedBatch> LoadAsync(BatchNeeds needs)
        {
            if (!needs.Ahead) CommitSent = false;
            Fail(store.Strikes(StoreMoment.Load));
            DemandEpoch();
            var now = needs.Now ?? throw new InvalidOperationException("Tables in memory have no clock of their own.");
            var state = new BatchState(now > needs.NotBefore ? now : needs.NotBefore, needs.Directory);
            var due = needs.SweepMax == 0 ? [] : Due(state.At).Take(needs.SweepMax).ToList();
            var named = needs.HoldIds.Select(store._transfersById.GetValueOrDefault)
                .OfType<MemoryTransfer>().Where(row => row.Row.Kind == TransferKind.Hold).ToList();
            foreach (var id in needs.AccountIds
                .Concat(needs.AccountKeys.Where(store._accountIds.ContainsKey).Select(key => store._accountIds[key]))
                .Concat(due.Concat(named).SelectMany(hold => new[] { hold.Row.Debit, hold.Row.Credit })).Distinct())
                AddAccount(state, needs.Directory, id);
            foreach (var id in needs.Remembered)
                state.AddRemembered(
                    needs.Directory.Find(id)!, store._accounts[id].Closed, needs.Directory.CountersOf(id));
            foreach (var id in needs.ActIds.Distinct())
                if (store.Attempts.TryGetValue(id, out var attempt)) state.Attempts.Add(id, attempt);
            state.TakenTransferIds.UnionWith(needs.TransferIds.Where(store._transfersById.ContainsKey));
            foreach (var hold in named.Concat(due)) state.Holds.TryAdd(hold.Row.Id, HoldOf(hold));
            foreach (var id in needs.TakenIds)
                if (Refundable(id) is { } left) state.SetRefundable(id, left);
            foreach (var companion in needs.Companions.Batches) Memory(companion).Load(store.Tables);
            return Task.FromResult(new LoadedBatch(state, due.Count));
        }

        public Func<Task> Compose(DecidedBatch decided) => () => CommitAsync(decided);

        private Task CommitAsync(DecidedBatch decided)
        {
            var (state, changed) = (decided.State, decided.Changed);
            CommitSent = true;
            var fault = store.Strikes(StoreMoment.Commit);
            if (fault is StoreFault.LostBefore or StoreFault.Rejected) Fail(fault);
            DemandEpoch();
            DemandUnchanged(changed);
            if (fault == StoreFault.Forgets) return Task.CompletedTask;
            if (decided.FirstSeq != store.Transfers.Count + 1)
                throw new InvalidOperationException("A place in the ledger was left out or taken twice.");
            foreach (var row in state.Transfers) Add(row, state.At);
            foreach (var attempt in state.Decided)
                store.Attempts.Add(attempt.Id, attempt with { InStore = true });
            foreach (var account in changed)
                store._accounts[account.Facts.Id] =
                    (account.Facts, store._accounts[account.Facts.Id].Closed, account.Now);
            if (decided.KeepsSweptUntil) store._sweptUntil = state.At;
            foreach (var companion in decided.Companions.Batches) Memory(companion).Write(store.Tables);
            Fail(fault);
            return Task.CompletedTask;
        }

        public Task RollbackAsync() => Task.CompletedTask;

        public Task<bool> HasDueHoldsAsync(DateTimeOffset? now, CancellationToken ct) =>
            Task.FromResult(Due(now!.Value).Any());

        public ValueTask DisposeAsync()
        {
            IsOpen = false;
            if (store._owner == this) store._owner = null;
            return ValueTask.CompletedTask;
        }

        private static IMemoryBatch Memory(ICompanionBatch companion) => companion as IMemoryBatch
            ?? throw new InvalidOperationException($"{companion.GetType()} does not run on tables in memory.");

        private void Fail(StoreFault fault)
        {
            if (fault == StoreFault.Rejected) throw new InvalidOperationException("A statement was rejected.");
            if (fault is not (StoreFault.LostBefore or StoreFault.LostAfter)) return;
            IsOpen = false;
            if (store._owner == this) store._owner = null;
            throw new IOException("The connection was lost.");
        }

        private void DemandUnchanged(IReadOnlyList<AccountState> changed)
        {
            foreach (var account in changed)
                if (store._accounts[account.Facts.Id].Closed != account.Closed
                    || store._accounts[account.Facts.Id].Counters != account.Stored)
                    throw new InvalidOperationException("An account changed since it was loaded.");
        }

        private void DemandEpoch()
        {
            if (position.Epoch != store._epoch) throw new FencedException();
        }

        private void Add(TransferRow row, DateTimeOffset at)
        {
            var stored = new MemoryTransfer(row, store.Transfers.Count + 1, at);
            store._transfersById.Add(row.Id, stored);
            store.Transfers.Add(stored);
            if (row.Kind == TransferKind.Hold) store._openHolds.Add(stored);
            if (row.HoldId is not { } hold) return;
            store.Resolutions.Add(hold, (row.Id, row.Kind));
            store._openHolds.RemoveAll(each => each.Row.Id == hold);
        }

        private void AddAccount(BatchState state, AccountDirectory directory, long id)
        {
            var (facts, closed, counters) = store._accounts[id];
            if (directory.Find(id) is null) directory.Remember(facts);
            state.Add(new AccountState(facts, closed, counters));
        }

        private IEnumerable<MemoryTransfer> Due(DateTimeOffset at) => store._openHolds
            .Where(each => each.Row.HoldUntil > position.SweptUntil && each.Row.HoldUntil <= at)
            .OrderBy(each => each.Row.HoldUntil).ThenBy(each => each.Row.Id);

        private HoldState HoldOf(MemoryTransfer hold) => new(
            hold.Row.Id, hold.Row.ActId, hold.Row.Debit, hold.Row.Credit, hold.Row.AmountMinor,
            hold.Row.HoldUntil!.Value,
            store.Resolutions.TryGetValue(hold.Row.Id, out var resolved) ? resolved.Outcome : null);

        private long? Refundable(Guid id)
        {
            if (!store._transfersById.TryGetValue(id, out var taken)
                || taken.Row.Kind is not (TransferKind.Post or TransferKind.Capture)) return null;
            return taken.Row.AmountMinor + store.Transfers
                .Where(each => each.Row.RefId == id && each.Row.Kind == TransferKind.Post)
                .Sum(each => each.Row.Code switch
                {
                    TransferCode.OverCapture or TransferCode.ChargebackWon or TransferCode.RefundFailed =>
                        each.Row.AmountMinor,
                    TransferCode.Refund or TransferCode.Chargeback => -each.Row.AmountMinor,
                    _ => 0,
                });
        }
    }
}

/// <summary>A transfer as the tables in memory keep it.</summary>
internal sealed record MemoryTransfer(TransferRow Row, long Seq, DateTimeOffset At);
