using Npgsql;
using SightPay.Ledger.Commit;
using SightPay.Ledger.Postgres;
using SightPay.Ledger.Reading;

namespace SightPay.Ledger;

/// <param name="QueueCapacity">
/// Acts waiting beyond this are refused with <see cref="LedgerUnavailableException"/>.
/// </param>
/// <param name="BatchMax">Most acts in one commit.</param>
/// <param name="Clock">Null: the database's clock (production). Set: a virtual clock (simulated days in tests).</param>
public sealed record LedgerOptions(int QueueCapacity = 8192, int BatchMax = 1024, TimeProvider? Clock = null);

/// <summary>
/// Double entry on PostgreSQL behind a single writer that commits in groups: everything queued while the last commit
/// was in flight goes into the next.
/// </summary>
public sealed class GeneralLedger : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly CompanionRegistry _registry;

    private GeneralLedger(NpgsqlDataSource database, CompanionRegistry registry, LedgerWriter writer) =>
        (_database, _registry, Writer) = (database, registry, writer);

    /// <summary>The ledger's migrations, in order: name and SQL.</summary>
    public static IReadOnlyList<(string Name, string Sql)> Migrations { get; } = LedgerSchema.Read();

    internal LedgerWriter Writer { get; }

    /// <summary>
    /// Opens the ledger on a migrated database and starts its writer. While another process writes this ledger, waits
    /// as its standby.
    /// </summary>
    public static async Task<GeneralLedger> OpenAsync(
        NpgsqlDataSource database, IReadOnlyList<ICompanionWriter> companions, LedgerOptions options,
        CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchMax, 1);
        var registry = new CompanionRegistry(companions);
        var writer = await LedgerWriter.StartAsync(new PostgresStore(database), registry, options, ct)
            .ConfigureAwait(false);
        return new GeneralLedger(database, registry, writer);
    }

    /// <summary>
    /// Opens accounts inside the caller's transaction, so that a person and their wallet appear together.
    /// </summary>
    public static Task OpenAccountsAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, IReadOnlyList<AccountOpening> accounts,
        CancellationToken ct) => AccountStore.OpenAsync(connection, transaction, accounts, ct);

    /// <summary>
    /// Closes an account inside the caller's transaction: it takes no further transfers, but its holds can still be
    /// voided and expire.
    /// </summary>
    /// <returns>False, and nothing is changed, when the account is unknown, holds money or has open holds.</returns>
    public static Task<bool> CloseAccountAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string key, CancellationToken ct) =>
        AccountStore.CloseAsync(connection, transaction, key, ct);

    /// <summary>
    /// Queues the act and waits for its commit. Cancelling the wait does not remove the act.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">
    /// Queue full or store away: ask again under the same id. An act whose commit was under way when the store was
    /// lost is answered then; every other one was not recorded.
    /// </exception>
    public Task<ActResult> SubmitAsync(Act act, CancellationToken ct)
    {
        ActShape.Check(act, _registry);
        if (ct.IsCancellationRequested) return Task.FromCanceled<ActResult>(ct);
        return Writer.Enqueue(act).WaitAsync(ct);
    }

    /// <summary>The decided act under this id, or null. A fingerprint that differs gives OtherBody.</summary>
    public async Task<ActResult?> FindAsync(Guid actId, ReadOnlyMemory<byte> fingerprint, CancellationToken ct)
    {
        var stored = await AttemptStore.FindAsync(_database, actId, ct).ConfigureAwait(false);
        return stored?.Replay(fingerprint, replayed: true);
    }

    /// <summary>An account by key, or null.</summary>
    public Task<Account?> AccountAsync(string key, CancellationToken ct) => AccountStore.FindAsync(_database, key, ct);

    /// <summary>Transfers that touch an account, newest first.</summary>
    public Task<IReadOnlyList<AccountEntry>> EntriesAsync(
        string key, long? beforeSeq, int limit, CancellationToken ct) =>
        AccountStore.EntriesAsync(_database, key, beforeSeq, limit, ct);

    /// <summary>
    /// Proves the stored state: counters equal the fold of the transfers, debits equal credits, holds add up.
    /// </summary>
    /// <returns>Every difference in words; empty when all holds.</returns>
    public Task<IReadOnlyList<string>> AuditAsync(CancellationToken ct) => LedgerAudit.RunAsync(_database, ct);

    /// <summary>The same without an open ledger, on a database that nobody may be writing.</summary>
    public static Task<IReadOnlyList<string>> AuditAsync(NpgsqlDataSource database, CancellationToken ct) =>
        LedgerAudit.RunAsync(database, ct);

    /// <summary>The posted balance just before a moment, from the transfers up to it; null: there is no such
    /// account.</summary>
    public Task<long?> BalanceAtAsync(string key, DateTimeOffset at, CancellationToken ct) =>
        AccountHistory.BalanceAtAsync(_database, key, at, ct);

    /// <summary>
    /// An account over the period from its first moment to before its last. A period that is not over is cut behind the
    /// newest transfer: what commits later comes after it, so the closing balance is for ever the opening one of the
    /// period that follows.
    /// </summary>
    /// <returns>Null when there is no such account.</returns>
    public async Task<AccountPeriod?> PeriodAsync(
        string key, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        if (await AccountAsync(key, ct).ConfigureAwait(false) is not { } account) return null;
        // The clock may stand still between two commits only where it was set back.
        var last = await AccountHistory.LastMomentAsync(_database, ct).ConfigureAwait(false) ?? from;
        var end = last.AddMicroseconds(1);
        if (to > end) to = end;
        if (to < from) to = from;
        var opening = await BalanceAtAsync(key, from, ct).ConfigureAwait(false);
        var closing = await BalanceAtAsync(key, to, ct).ConfigureAwait(false);
        return new AccountPeriod(key, account.Asset, from, to, opening ?? 0, closing ?? 0);
    }

    /// <summary>Everything that touched the account in the period, oldest first; read while it is asked for.</summary>
    public IAsyncEnumerable<AccountEntry> EntriesAsync(AccountPeriod period, CancellationToken ct) =>
        AccountHistory.EntriesAsync(_database, period.Key, period.From, period.To, ct);

    /// <summary>What moved in the period, by day and reason.</summary>
    public IAsyncEnumerable<AccountDay> DaysAsync(AccountPeriod period, CancellationToken ct) =>
        AccountHistory.DaysAsync(_database, period.Key, period.From, period.To, ct);

    /// <summary>Accounts whose counters are not the fold of their transfers; changes nothing.</summary>
    public static Task<IReadOnlyList<CounterDifference>> FindWrongCountersAsync(
        NpgsqlDataSource database, CancellationToken ct) => CounterRebuild.FindAsync(database, ct);

    /// <summary>Derives all counters anew from the transfers, under the writer's lock.</summary>
    /// <param name="record">Writes down that it was done, in the same transaction.</param>
    /// <returns>What was wrong and is corrected.</returns>
    /// <exception cref="LedgerInUseException">A server writes this ledger.</exception>
    public static Task<IReadOnlyList<CounterDifference>> RebuildAsync(
        NpgsqlDataSource database, Func<NpgsqlConnection, NpgsqlTransaction, Task> record, CancellationToken ct) =>
        CounterRebuild.RunAsync(database, record, ct);

    /// <summary>Decides what is queued, then stops; later submits find the ledger unavailable.</summary>
    public ValueTask DisposeAsync() => Writer.DisposeAsync();
}

/// <summary>One transfer as seen from an account.</summary>
/// <param name="Seq">Its place in the ledger; gap-free.</param>
/// <param name="ChangeMinor">Effect on the posted balance: positive in, negative out, 0 for holds and voids.</param>
public sealed record AccountEntry(
    long Seq, Guid TransferId, Guid ActId, TransferKind Kind, TransferCode Code, long AmountMinor, long ChangeMinor,
    DateTimeOffset At);
