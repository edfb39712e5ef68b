namespace SightPay.Ledger.Commit;

/// <summary>An account's counters while a batch is evaluated.</summary>
internal sealed class AccountState(AccountFacts facts, bool closed, Counters stored)
{
    public AccountFacts Facts { get; } = facts;
    public bool Closed { get; } = closed;
    public Counters Stored { get; } = stored;
    public Counters Now = stored;

    public Account Snapshot() => new(
        Facts.Id, Facts.Key, Facts.Asset, Facts.Kind, Facts.Flags, Closed,
        Now.DebitsPending, Now.DebitsPosted, Now.CreditsPending, Now.CreditsPosted);
}

internal record struct Counters(long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted);

/// <summary>A hold, stored or made earlier in the batch.</summary>
internal sealed class HoldState(
    Guid id, Guid actId, long debit, long credit, long amountMinor, DateTimeOffset until, TransferKind? resolution)
{
    public Guid Id { get; } = id;
    public Guid ActId { get; } = actId;
    public long Debit { get; } = debit;
    public long Credit { get; } = credit;
    public long AmountMinor { get; } = amountMinor;
    public DateTimeOffset Until { get; } = until;

    /// <summary>Capture, Void or Expire; null while the hold is open.</summary>
    public TransferKind? Resolution { get; set; } = resolution;

    public HoldState Copy() => new(Id, ActId, Debit, Credit, AmountMinor, Until, Resolution);
}

/// <summary>A decided act, stored or decided earlier in the batch.</summary>
internal sealed record StoredAttempt(
    Guid Id, ReadOnlyMemory<byte> Fingerprint, ActEnd End, string? RefusalCode, Answer Answer, bool InStore)
{
    public bool Matches(ReadOnlyMemory<byte> fingerprint) => Fingerprint.Span.SequenceEqual(fingerprint.Span);

    public ActResult Replay(ReadOnlyMemory<byte> fingerprint, bool replayed) => Matches(fingerprint)
        ? new ActResult(End, Answer, RefusalCode, replayed)
        : new ActResult(ActEnd.OtherBody, Answer.None, null, false);
}

/// <summary>A transfer to be written.</summary>
internal readonly record struct TransferRow(
    Guid Id, Guid ActId, TransferKind Kind, TransferCode Code, long Debit, long Credit, long AmountMinor, Guid? HoldId,
    DateTimeOffset? HoldUntil, Guid? RefId);

/// <summary>
/// Everything a batch read and decided so far. A chain is applied leg by leg, and taken back whole when a leg is
/// refused.
/// </summary>
internal sealed class BatchState(DateTimeOffset at, AccountDirectory directory)
{
    private readonly Dictionary<long, AccountState> _accounts = [];
    private readonly List<(AccountState Account, Counters Before)> _undo = [];
    private readonly List<HoldState> _resolvedInChain = [];
    private readonly Dictionary<Guid, long> _refundable = [];
    private readonly List<(Guid Taken, long? Before)> _refundedInChain = [];
    private readonly Dictionary<Guid, long> _movedInChain = [];
    private int _chainStart;

    public DateTimeOffset At { get; } = at;
    public Dictionary<Guid, StoredAttempt> Attempts { get; } = [];
    public Dictionary<Guid, HoldState> Holds { get; } = [];
    public HashSet<Guid> TakenTransferIds { get; } = [];
    public List<TransferRow> Transfers { get; } = [];
    public List<StoredAttempt> Decided { get; } = [];

    public IEnumerable<AccountState> Changed => _accounts.Values.Where(account => account.Now != account.Stored);

    public void Add(AccountState account) => _accounts.Add(account.Facts.Id, account);

    /// <summary>An account whose counters were remembered, unless it was loaded for another reason.</summary>
    public void AddRemembered(AccountFacts facts, bool closed, Counters counters) =>
        _accounts.TryAdd(facts.Id, new AccountState(facts, closed, counters));

    /// <summary>
    /// Takes over what the batch before leaves, whether its commit was stored when this one was loaded or not.
    /// </summary>
    /// <param name="takenIds">Transfers that this batch's refunds name.</param>
    public void Follow(BatchState before, IReadOnlyList<Guid> takenIds)
    {
        foreach (var account in before.Changed)
        {
            var closed = _accounts.TryGetValue(account.Facts.Id, out var loaded) ? loaded.Closed : account.Closed;
            _accounts[account.Facts.Id] = new AccountState(account.Facts, closed, account.Now);
        }
        foreach (var attempt in before.Decided) Attempts.TryAdd(attempt.Id, attempt);
        foreach (var row in before.Transfers)
        {
            TakenTransferIds.Add(row.Id);
            var touched = row.Kind == TransferKind.Hold ? row.Id : row.HoldId;
            if (touched is { } hold) Holds[hold] = before.Holds[hold].Copy();
        }
        foreach (var taken in takenIds)
            if (before.RefundableMinor(taken) is { } left) SetRefundable(taken, left);
    }

    public AccountState? Account(string key) =>
        directory.Find(key) is { } facts ? _accounts.GetValueOrDefault(facts.Id) : null;

    public AccountState Account(long id)
    {
        Must.Hold(_accounts.TryGetValue(id, out var account), "A transfer's account is locked by its batch.");
        return account;
    }

    public void BeginChain()
    {
        _undo.Clear();
        _refundedInChain.Clear();
        _movedInChain.Clear();
        _resolvedInChain.Clear();
        _chainStart = Transfers.Count;
    }

    /// <summary>Only the accounts of the chain's own legs may be shown in its answer.</summary>
    public Account SnapshotOfChain(string key)
    {
        for (var i = 0; i < _undo.Count; i++)
            if (string.Equals(_undo[i].Account.Facts.Key, key, StringComparison.Ordinal))
                return _undo[i].Account.Snapshot();
        throw new ArgumentException("No transfer of this plan touches the account its answer asks for.", nameof(key));
    }

    public void Change(AccountState account, Counters counters)
    {
        Must.Hold(counters is { DebitsPending: >= 0, DebitsPosted: >= 0, CreditsPending: >= 0, CreditsPosted: >= 0 },
            "Counters never fall below zero.");
        Must.Hold(counters.DebitsPosted >= account.Now.DebitsPosted
            && counters.CreditsPosted >= account.Now.CreditsPosted,
            "Posted counters only grow.");
        _undo.Add((account, account.Now));
        account.Now = counters;
    }

    public void Write(TransferRow row)
    {
        var added = TakenTransferIds.Add(row.Id);
        Must.Hold(added, "A transfer id is written once.");
        Transfers.Add(row);
    }

    public void Resolve(HoldState hold, TransferKind resolution)
    {
        Must.Hold(hold.Resolution is null, "A hold is resolved exactly once.");
        hold.Resolution = resolution;
        _resolvedInChain.Add(hold);
    }

    /// <summary>
    /// What is left of a transfer that refunds may name, stored or made earlier in the batch; null: there is none.
    /// </summary>
    public long? RefundableMinor(Guid taken)
    {
        if (_refundable.TryGetValue(taken, out var left)) return left;
        var row = Transfers.Find(each => each.Id == taken && each.Kind is TransferKind.Post or TransferKind.Capture);
        return row.Id == taken ? row.AmountMinor : null;
    }

    public void SetRefundable(Guid taken, long leftMinor) => _refundable[taken] = leftMinor;

    public void ChangeRefundable(Guid taken, long byMinor)
    {
        _refundedInChain.Add((taken, _refundable.TryGetValue(taken, out var before) ? before : null));
        var left = RefundableMinor(taken);
        Must.Hold(left >= 0 && left + byMinor >= 0, "No more is taken back than was taken.");
        _refundable[taken] = left.Value + byMinor;
    }

    /// <summary>What a leg of the chain moved; asked for by the legs after it and by the answer.</summary>
    public long MovedMinor(Guid transferId) => _movedInChain.TryGetValue(transferId, out var moved)
        ? moved
        : throw new ArgumentException("No transfer of this plan has this id.", nameof(transferId));

    public void SetMoved(Guid transferId, long amountMinor) => _movedInChain[transferId] = amountMinor;

    public void UndoChain()
    {
        for (var i = _refundedInChain.Count - 1; i >= 0; i--)
        {
            var (taken, left) = _refundedInChain[i];
            if (left is { } known) _refundable[taken] = known;
            else _refundable.Remove(taken);
        }
        for (var i = _undo.Count - 1; i >= 0; i--) _undo[i].Account.Now = _undo[i].Before;
        foreach (var hold in _resolvedInChain) hold.Resolution = null;
        for (var i = _chainStart; i < Transfers.Count; i++)
        {
            TakenTransferIds.Remove(Transfers[i].Id);
            if (Transfers[i].Kind == TransferKind.Hold) Holds.Remove(Transfers[i].Id);
        }
        Transfers.RemoveRange(_chainStart, Transfers.Count - _chainStart);
        BeginChain();
    }
}
