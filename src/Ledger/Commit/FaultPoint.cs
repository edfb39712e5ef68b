namespace SightPay.Ledger.Commit;

/// <summary>Where a test may strike a commit.</summary>
internal enum FaultPoint
{
    /// <summary>Loaded and evaluated, nothing written.</summary>
    BeforeCommit,

    /// <summary>The store has committed, the writer has not yet heard of it.</summary>
    CommitUnheard,
}
