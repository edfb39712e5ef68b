namespace SightPay.Ledger.Commit;

/// <summary>
/// Where the ledger's rows are kept: PostgreSQL, or tables in memory where whole days are simulated. What is decided,
/// how a poisoned act is found and what is tried again is the same code on both.
/// </summary>
internal interface ILedgerStore
{
    /// <summary>The one session that may write; null while another writer has it.</summary>
    Task<ILedgerSession?> TryAcquireAsync(CancellationToken ct);
}

/// <summary>
/// The writer's hold on the store: a batch is loaded in one round trip and committed in another. One may be loaded
/// ahead, without locks, while the one before it is being committed; its commit then checks what locks would have kept.
/// </summary>
internal interface ILedgerSession : IAsyncDisposable
{
    /// <summary>The store's processes that serve this session; the first one writes.</summary>
    IReadOnlyList<int> ProcessIds { get; }

    WriterPosition Position { get; }

    /// <summary>False once the connection is known to be lost.</summary>
    bool IsOpen { get; }

    /// <summary>True once the present batch's commit is on its way: if the answer is lost, its outcome is unknown.
    /// </summary>
    bool CommitSent { get; }

    /// <summary>
    /// Loads what the batch needs: in a transaction under the writer's epoch that the commit will end, or ahead of it.
    /// </summary>
    /// <exception cref="FencedException">Another writer has taken over.</exception>
    Task<LoadedBatch> LoadAsync(BatchNeeds needs);

    /// <summary>Puts together what writes everything that was decided; nothing is sent before it is called.</summary>
    /// <returns>Sends it and commits; it throws <see cref="FencedException"/> when another writer has taken over and
    /// nothing was written.</returns>
    Func<Task> Compose(DecidedBatch decided);

    Task RollbackAsync();

    /// <param name="now">The virtual clock's time; null: the store's own clock.</param>
    Task<bool> HasDueHoldsAsync(DateTimeOffset? now, CancellationToken ct);
}

/// <summary>Everything a batch has to look up.</summary>
/// <param name="Now">The virtual clock's time; null: the store's own clock.</param>
/// <param name="Ahead">Without a transaction and its locks: the commit of the batch before may be under way.</param>
/// <param name="NotBefore">The ledger's time is at least this, whatever the clock says.</param>
/// <param name="Remembered">Accounts of which only needs to be known whether they are closed.</param>
/// <param name="TakenIds">Transfers that refunds and their like name.</param>
/// <param name="SweepMax">Most overdue holds that are loaded to be freed; 0: none.</param>
internal sealed record BatchNeeds(
    DateTimeOffset? Now, bool Ahead, DateTimeOffset NotBefore, AccountDirectory Directory, long[] AccountIds,
    long[] Remembered, string[] AccountKeys, Guid[] ActIds, Guid[] TransferIds, Guid[] HoldIds, Guid[] TakenIds,
    int SweepMax, CompanionSet Companions);

/// <param name="DueHolds">How many overdue holds were found.</param>
internal readonly record struct LoadedBatch(BatchState State, int DueHolds);

/// <summary>Everything a batch has to write.</summary>
/// <param name="Ahead">It was loaded outside of a transaction.</param>
/// <param name="FirstSeq">The place of its first transfer.</param>
/// <param name="KeepsSweptUntil">Its time is written down: all holds due until then are resolved.</param>
internal sealed record DecidedBatch(
    BatchState State, IReadOnlyList<AccountState> Changed, bool Ahead, long FirstSeq, bool KeepsSweptUntil,
    CompanionSet Companions);

/// <summary>How far the ledger has got, as its one writer knows it.</summary>
internal sealed class WriterPosition(long epoch, long lastSeq, DateTimeOffset lastAt, DateTimeOffset sweptUntil)
{
    private static readonly TimeSpan StoreSweptEvery = TimeSpan.FromMinutes(1);

    public long Epoch { get; } = epoch;
    public long LastSeq { get; private set; } = lastSeq;

    /// <summary>The latest time the ledger has told; a clock that is set back does not turn it.</summary>
    public DateTimeOffset LastAt { get; private set; } = lastAt;

    /// <summary>Every hold due up to here is resolved.</summary>
    public DateTimeOffset SweptUntil { get; private set; } = sweptUntil;

    private DateTimeOffset SweptUntilStored { get; set; } = sweptUntil;

    /// <summary>True when a batch of this time that found all due holds should write that down.</summary>
    public bool KeepsSweptUntil(DateTimeOffset at) => at - SweptUntilStored > StoreSweptEvery;

    public void Committed(DateTimeOffset at, int transfers, bool allDueSwept)
    {
        if (allDueSwept && KeepsSweptUntil(at)) SweptUntilStored = at;
        LastAt = at;
        LastSeq += transfers;
        if (allDueSwept) SweptUntil = at;
    }
}
