using Npgsql;

namespace SightPay.Ledger;

/// <summary>
/// A slice's typed row, guard or both, that is decided and written in the same commit as an act's transfers.
/// Each concrete type has one <see cref="ICompanionWriter"/>.
/// </summary>
public abstract record CompanionRow;

/// <summary>What a guard says of one row, in the order of the acts.</summary>
public readonly record struct GuardVerdict
{
    private GuardVerdict(string? code, bool stale) => (Code, IsStale) = (code, stale);

    public string? Code { get; }
    public bool IsStale { get; }
    public bool Holds => Code is null && !IsStale;

    public static GuardVerdict Ok => default;
    public static GuardVerdict Stale => new(null, true);
    public static GuardVerdict Refused(string code) => new(code, false);
}

/// <summary>
/// A slice's set-based writer for one type of rows, registered once when the ledger opens. Most are a
/// <see cref="CompanionTable{TRow, TKey, TState}"/> or a <see cref="CompanionLog{TRow}"/>.
/// </summary>
public interface ICompanionWriter
{
    Type RowType { get; }

    /// <summary>
    /// True when nobody but the ledger's writer changes what its guards look at, or it matters little when they do: a
    /// batch may then be loaded, without locks, while the one before is still being committed.
    /// </summary>
    bool LoadsAhead => false;

    /// <summary>Whatever it remembers of past commits is in doubt, and to be loaded again.</summary>
    void Forget() { }

    /// <summary>
    /// Starts a batch with all rows of this type in it, those of plans that may not be chosen included.
    /// </summary>
    ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows);
}

/// <summary>
/// One group commit seen by one slice: load (one round trip, with the ledger's own), then Check and Apply row by row in
/// memory with serial semantics, then write everything that was applied in one statement each. May run again from
/// Begin when a poisoned batch is bisected. Its statements stay prepared on the writer's connection: their text is
/// constant and their parameters are typed (a null needs its NpgsqlDbType). They reach rows by index: the writer's
/// session rules out sequential scans and hash joins. A guard's rows are locked where others may write them too.
/// </summary>
public interface ICompanionBatch
{
    /// <summary>Adds the statements that load what the guards need; returns how many result sets they give.</summary>
    int Load(NpgsqlBatch batch);

    /// <summary>Reads those result sets; called once for each, positioned on it.</summary>
    Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct);

    /// <summary>
    /// Takes over the states that the batch before leaves, whether its commit was stored when this one was loaded or
    /// not. Called after the reading, and only where <see cref="ICompanionWriter.LoadsAhead"/>.
    /// </summary>
    void Follow(ICompanionBatch before) => throw new NotSupportedException("It does not load ahead.");

    /// <summary>Judges one row against what was loaded and applied so far. Changes nothing.</summary>
    GuardVerdict Check(CompanionRow row);

    /// <summary>Takes the row into the batch's state; called after all checks of its plan held.</summary>
    void Apply(CompanionRow row, DateTimeOffset at);

    /// <summary>Adds the statements that write all applied rows; none when there are none.</summary>
    void Write(NpgsqlBatch batch);

    /// <summary>The commit was heard of.</summary>
    void Committed() { }
}
