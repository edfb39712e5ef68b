using System.Runtime.CompilerServices;
using Npgsql;

namespace SightPay.Ledger.Reading;

/// <summary>
/// Accounts as they stood at a moment, from their transfers. Transfers never change and the ledger's clock never runs
/// backwards, so what was read of a moment that is over is read again for ever.
/// </summary>
internal static class AccountHistory
{
    public static async Task<long?> BalanceAtAsync(
        NpgsqlDataSource database, string key, DateTimeOffset at, CancellationToken ct)
    {
        // Each side walks its own index.
        await using var command = database.CreateCommand(
            """
            select (
                (select coalesce(sum(t.amount), 0) from transfer t
                 where t.credit = a.id and t.kind in (1, 3) and t.at < $2)
                - (select coalesce(sum(t.amount), 0) from transfer t
                   where t.debit = a.id and t.kind in (1, 3) and t.at < $2))::bigint
            from account a where a.key = $1
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = at.ToUniversalTime() });
        return (long?)await command.ExecuteScalarAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Null in a ledger without transfers.</summary>
    public static async Task<DateTimeOffset?> LastMomentAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select at from transfer order by seq desc limit 1");
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is DateTime at
            ? new DateTimeOffset(at)
            : null;
    }

    /// <summary>Oldest first, streamed.</summary>
    public static async IAsyncEnumerable<AccountEntry> EntriesAsync(
        NpgsqlDataSource database, string key, DateTimeOffset from, DateTimeOffset to,
        [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with wanted as (select id from account where key = $1)
            select t.seq, t.id, t.act_id, t.kind, t.code, t.amount, -t.amount, t.at from transfer t
            where t.debit = (select id from wanted) and t.at >= $2 and t.at < $3
            union all
            select t.seq, t.id, t.act_id, t.kind, t.code, t.amount, t.amount, t.at from transfer t
            where t.credit = (select id from wanted) and t.at >= $2 and t.at < $3
            order by seq
            """);
        command.CommandTimeout = 0;
        AddPeriod(command, key, from, to);
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        while (await reader.ReadAsync(ct).ConfigureAwait(false))
        {
            var kind = (TransferKind)reader.GetInt16(3);
            yield return new AccountEntry(
                reader.GetInt64(0), reader.GetGuid(1), reader.GetGuid(2), kind, (TransferCode)reader.GetInt16(4),
                reader.GetInt64(5), kind is TransferKind.Post or TransferKind.Capture ? reader.GetInt64(6) : 0,
                reader.GetFieldValue<DateTimeOffset>(7));
        }
    }

    /// <summary>What moved on each day (UTC), by code; oldest first.</summary>
    public static async IAsyncEnumerable<AccountDay> DaysAsync(
        NpgsqlDataSource database, string key, DateTimeOffset from, DateTimeOffset to,
        [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with wanted as (select id from account where key = $1),
            moves as (
                select t.at, t.code, t.amount as debit, 0 as credit from transfer t
                where t.debit = (select id from wanted) and t.kind in (1, 3) and t.at >= $2 and t.at < $3
                union all
                select t.at, t.code, 0, t.amount from transfer t
                where t.credit = (select id from wanted) and t.kind in (1, 3) and t.at >= $2 and t.at < $3)
            select (at at time zone 'UTC')::date, code, sum(debit)::bigint, sum(credit)::bigint, count(*)
            from moves group by 1, 2 order by 1, 2
            """);
        command.CommandTimeout = 0;
        AddPeriod(command, key, from, to);
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        while (await reader.ReadAsync(ct).ConfigureAwait(false))
            yield return new AccountDay(
                reader.GetFieldValue<DateOnly>(0), (TransferCode)reader.GetInt16(1), reader.GetInt64(2),
                reader.GetInt64(3), reader.GetInt64(4));
    }

    private static void AddPeriod(NpgsqlCommand command, string key, DateTimeOffset from, DateTimeOffset to)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = from.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = to.ToUniversalTime() });
    }
}
