using Npgsql;
using SightPay.Ledger.Postgres;

namespace SightPay.Ledger.Reading;

/// <summary>
/// Derives all counters anew from transfers and open holds. The counters are only a cache of them: whatever somebody
/// did to a counter, this is what it has to be.
/// </summary>
internal static class CounterRebuild
{
    private const string Folded =
        """
        with moves as (
            select debit as id, amount as dp, 0 as dd, 0 as cp, 0 as cc from transfer t
            where kind = 2 and not exists (select from hold_resolution r where r.hold_id = t.id)
            union all
            select credit, 0, 0, amount, 0 from transfer t
            where kind = 2 and not exists (select from hold_resolution r where r.hold_id = t.id)
            union all select debit, 0, amount, 0, 0 from transfer where kind in (1, 3)
            union all select credit, 0, 0, 0, amount from transfer where kind in (1, 3)),
        folded as (
            select id, sum(dp)::bigint as dp, sum(dd)::bigint as dd, sum(cp)::bigint as cp, sum(cc)::bigint as cc
            from moves group by id),
        counted as (
            select a.*, coalesce(f.dp, 0) as dp, coalesce(f.dd, 0) as dd, coalesce(f.cp, 0) as cp,
                coalesce(f.cc, 0) as cc
            from account a left join folded f on f.id = a.id),
        wrong as (
            select * from counted
            where (debits_pending, debits_posted, credits_pending, credits_posted) is distinct from (dp, dd, cp, cc))
        """;

    private const string Find =
        $"""
        {Folded}
        select key, debits_pending, debits_posted, credits_pending, credits_posted, dp, dd, cp, cc from wrong
        order by key
        """;

    private const string Correct =
        $"""
        {Folded}
        update account a
        set debits_pending = w.dp, debits_posted = w.dd, credits_pending = w.cp, credits_posted = w.cc
        from wrong w where a.id = w.id
        """;

    public static async Task<IReadOnlyList<CounterDifference>> FindAsync(
        NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct).ConfigureAwait(false);
        return await FindAsync(connection, null, ct).ConfigureAwait(false);
    }

    public static async Task<IReadOnlyList<CounterDifference>> RunAsync(
        NpgsqlDataSource database, Func<NpgsqlConnection, NpgsqlTransaction, Task> record, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(ct).ConfigureAwait(false);
        if (!await TryLockAsync(connection, transaction, ct).ConfigureAwait(false))
            throw new LedgerInUseException("A server writes this ledger. Stop it first.");
        // A writer that lost its lock without noticing fails by its epoch instead of adding to what is counted here.
        await ExecuteAsync(
            connection, transaction, "update ledger_writer set epoch = epoch + 1; lock table account in exclusive mode",
            ct).ConfigureAwait(false);
        var differences = await FindAsync(connection, transaction, ct).ConfigureAwait(false);
        if (differences.Count > 0)
        {
            await ExecuteAsync(connection, transaction, Correct, ct).ConfigureAwait(false);
            var left = await FindAsync(connection, transaction, ct).ConfigureAwait(false);
            Must.Hold(left.Count == 0, "Rebuilt counters are the fold of the transfers.");
        }
        await record(connection, transaction).ConfigureAwait(false);
        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return differences;
    }

    private static async Task<bool> TryLockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select pg_try_advisory_xact_lock($1)", connection, transaction)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = PostgresSession.LockKey } },
        };
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is true;
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<CounterDifference>> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Find, connection, transaction) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        var differences = new List<CounterDifference>();
        while (await reader.ReadAsync(ct).ConfigureAwait(false))
            differences.Add(new CounterDifference(reader.GetString(0), Counters(1), Counters(5)));
        return differences;

        AccountCounters Counters(int first) => new(
            reader.GetInt64(first), reader.GetInt64(first + 1), reader.GetInt64(first + 2), reader.GetInt64(first + 3));
    }
}
