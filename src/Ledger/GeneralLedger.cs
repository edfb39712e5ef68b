using Npgsql;

namespace SightPay.Ledger;

/// <param name="QueueCapacity">Acts waiting beyond this are refused with <see cref="LedgerUnavailableException"/>.</param>
/// <param name="BatchMax">Most acts in one commit.</param>
/// <param name="Clock">Null: the database's clock (production). Set: a virtual clock (simulated days in tests).</param>
public sealed record LedgerOptions(int QueueCapacity = 8192, int BatchMax = 1024, TimeProvider? Clock = null);

/// <summary>
/// Double entry on PostgreSQL behind a single writer that commits in groups: everything queued while the last commit
/// was in flight goes into the next.
/// </summary>
public sealed class GeneralLedger : IAsyncDisposable
{
    /// <summary>The ledger's migrations, in order: name and SQL.</summary>
    public static IReadOnlyList<(string Name, string Sql)> Migrations => throw new NotImplementedException();

    /// <summary>Opens the ledger on a migrated database and starts its writer.</summary>
    public static Task<GeneralLedger> OpenAsync(
        NpgsqlDataSource database, IReadOnlyList<ICompanionWriter> companions, LedgerOptions options,
        CancellationToken ct) => throw new NotImplementedException();

    /// <summary>
    /// Opens accounts inside the caller's transaction, so that a person and their wallet appear together.
    /// </summary>
    public static Task OpenAccountsAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, IReadOnlyList<AccountOpening> accounts,
        CancellationToken ct) => throw new NotImplementedException();

    /// <summary>
    /// Queues the act and waits for its commit. Cancelling the wait does not remove the act.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">Queue full or store away; nothing is recorded.</exception>
    public Task<ActResult> SubmitAsync(Act act, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>The decided act under this id, or null. A fingerprint that differs gives OtherBody.</summary>
    public Task<ActResult?> FindAsync(Guid actId, ReadOnlyMemory<byte> fingerprint, CancellationToken ct) =>
        throw new NotImplementedException();

    /// <summary>An account by key, or null.</summary>
    public Task<Account?> AccountAsync(string key, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Transfers that touch an account, newest first.</summary>
    public Task<IReadOnlyList<AccountEntry>> EntriesAsync(
        string key, long? beforeSeq, int limit, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>
    /// Proves the stored state: counters equal the fold of the transfers, debits equal credits, holds add up.
    /// </summary>
    /// <returns>Every difference in words; empty when all holds.</returns>
    public Task<IReadOnlyList<string>> AuditAsync(CancellationToken ct) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>One transfer as seen from an account.</summary>
/// <param name="Seq">Its place in the ledger; gap-free.</param>
/// <param name="ChangeMinor">Effect on the posted balance: positive in, negative out, 0 for holds and voids.</param>
public sealed record AccountEntry(
    long Seq, Guid TransferId, Guid ActId, TransferKind Kind, TransferCode Code, long AmountMinor, long ChangeMinor,
    DateTimeOffset At);
