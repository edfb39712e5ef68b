using Npgsql;
using NpgsqlTypes;

namespace SightPay.Ledger.Reading;

/// <summary>Opens, closes and reads accounts outside of the writer. Counters are the writer's alone.</summary>
internal static class AccountStore
{
    public static async Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, IReadOnlyList<AccountOpening> accounts,
        CancellationToken ct)
    {
        // In the order of their keys, so that two callers who open the same accounts cannot block each other.
        var ordered = accounts.OrderBy(account => account.Key, StringComparer.Ordinal).ToArray();
        await using var command = new NpgsqlCommand(
            """
            insert into account (key, asset, kind, flags)
            select u.key, u.asset, u.kind, u.flags from unnest($1, $2, $3, $4) as u(key, asset, kind, flags)
            on conflict (key) do nothing
            """, connection, transaction)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. ordered.Select(account => account.Key)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. ordered.Select(account => account.Asset)] },
                new NpgsqlParameter<short[]> { TypedValue = [.. ordered.Select(account => (short)account.Kind)] },
                new NpgsqlParameter<int[]> { TypedValue = [.. ordered.Select(account => (int)account.Flags)] },
            },
        };
        await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }

    public static async Task<bool> CloseAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string key, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update account set closed = true
            where key = $1 and debits_pending = 0 and credits_pending = 0 and debits_posted = credits_posted
            """, connection, transaction)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = key } },
        };
        return await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false) == 1;
    }

    public static async Task<Account?> FindAsync(NpgsqlDataSource database, string key, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, key, asset, kind, flags, closed, debits_pending, debits_posted, credits_pending, credits_posted
            from account where key = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        if (!await reader.ReadAsync(ct).ConfigureAwait(false)) return null;
        return new Account(
            reader.GetInt64(0), reader.GetString(1), reader.GetString(2), (AccountKind)reader.GetInt16(3),
            (AccountFlags)reader.GetInt32(4), reader.GetBoolean(5),
            reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9));
    }

    public static async Task<IReadOnlyList<AccountEntry>> EntriesAsync(
        NpgsqlDataSource database, string key, long? beforeSeq, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        // Each side walks its own index backwards; one "or" over both would not.
        await using var command = database.CreateCommand(
            """
            with wanted as (select id from account where key = $1)
            select e.seq, e.id, e.act_id, e.kind, e.code, e.amount, e.change, e.at from (
                (select t.*, case when t.kind in (1, 3) then -t.amount else 0 end as change
                 from transfer t where t.debit = (select id from wanted) and t.seq < $2 order by t.seq desc limit $3)
                union all
                (select t.*, case when t.kind in (1, 3) then t.amount else 0 end as change
                 from transfer t where t.credit = (select id from wanted) and t.seq < $2 order by t.seq desc limit $3)
            ) e order by e.seq desc limit $3
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = beforeSeq ?? long.MaxValue });
        command.Parameters.Add(new NpgsqlParameter { Value = (long)limit, NpgsqlDbType = NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        var entries = new List<AccountEntry>();
        while (await reader.ReadAsync(ct).ConfigureAwait(false))
            entries.Add(new AccountEntry(
                reader.GetInt64(0), reader.GetGuid(1), reader.GetGuid(2), (TransferKind)reader.GetInt16(3),
                (TransferCode)reader.GetInt16(4), reader.GetInt64(5), reader.GetInt64(6),
                reader.GetFieldValue<DateTimeOffset>(7)));
        return entries;
    }
}
