using Npgsql;

namespace SightPay.Ledger.Reading;

/// <summary>
/// Proves the stored state from one snapshot. Each check is a query that returns a sentence per difference; the names
/// I1 to I13 are those of the invariants in the README of this folder.
/// </summary>
internal static class LedgerAudit
{
    private const int DifferencesMaxPerCheck = 100;

    private static readonly string[] Checks =
    [
        // I1: debits equal credits, posted and pending, in every asset.
        """
        select format('I1: in %s debits exceed credits by %s posted and by %s pending', asset,
             sum(debits_posted) - sum(credits_posted), sum(debits_pending) - sum(credits_pending))
        from account group by asset
        having sum(debits_posted) <> sum(credits_posted) or sum(debits_pending) <> sum(credits_pending)
        """,

        // I2: what an account without overdraft has spent and set aside never exceeds what it received.
        """
        select format('I2: account %s is overdrawn: %s posted and %s pending out of %s',
            key, debits_posted, debits_pending, credits_posted)
        from account where flags & 1 = 1 and debits_pending + debits_posted > credits_posted
        """,

        // I3: posted counters are the fold of the posts and captures.
        """
        with moves as (
            select debit as id, amount as debits, 0::numeric as credits from transfer where kind in (1, 3)
            union all select credit, 0, amount from transfer where kind in (1, 3)),
        folded as (select id, sum(debits) as debits, sum(credits) as credits from moves group by id)
        select format('I3: account %s has posted %s debits and %s credits, its transfers give %s and %s',
            coalesce(a.key, 'number ' || f.id), a.debits_posted, a.credits_posted,
            coalesce(f.debits, 0), coalesce(f.credits, 0))
        from account a full join folded f on f.id = a.id
        where coalesce(a.debits_posted, -1) <> coalesce(f.debits, 0)
           or coalesce(a.credits_posted, -1) <> coalesce(f.credits, 0)
        """,

        // I4: pending counters are the sum of the open holds.
        """
        with open_holds as (
            select t.debit, t.credit, t.amount from transfer t
            where t.kind = 2 and not exists (select from hold_resolution r where r.hold_id = t.id)),
        moves as (
            select debit as id, amount as debits, 0::numeric as credits from open_holds
            union all select credit, 0, amount from open_holds),
        folded as (select id, sum(debits) as debits, sum(credits) as credits from moves group by id)
        select format('I4: account %s has pending %s debits and %s credits, its open holds give %s and %s',
            coalesce(a.key, 'number ' || f.id), a.debits_pending, a.credits_pending,
            coalesce(f.debits, 0), coalesce(f.credits, 0))
        from account a full join folded f on f.id = a.id
        where coalesce(a.debits_pending, -1) <> coalesce(f.debits, 0)
           or coalesce(a.credits_pending, -1) <> coalesce(f.credits, 0)
        """,

        // I5: each resolution is one transfer of the same kind, on the hold's accounts, of no more than was held.
        """
        select format('I5: the resolution of hold %s does not match its hold and transfer', r.hold_id)
        from hold_resolution r
        left join transfer t on t.id = r.transfer_id
        left join transfer h on h.id = r.hold_id and h.kind = 2
        where t.id is null or h.id is null or t.kind <> r.outcome or t.hold_id <> h.id
           or t.debit <> h.debit or t.credit <> h.credit or t.amount > h.amount
           or (t.kind <> 3 and t.amount <> h.amount)
           or (t.kind = 5 and t.at < h.hold_until)
        """,
        """
        select format('I5: transfer %s resolves hold %s, but the hold''s resolution is another one', t.id, t.hold_id)
        from transfer t left join hold_resolution r on r.hold_id = t.hold_id
        where t.kind in (3, 4, 5) and r.transfer_id is distinct from t.id
        """,

        // I10: refunds and chargebacks of a transfer never exceed what it took, with what was added to it.
        """
        select format('I10: transfer %s took %s, and %s of it were given back', t.id, t.amount, -r.change)
        from (
            select ref_id, sum(case when code in (8, 11, 17) then amount else -amount end) as change
            from transfer where ref_id is not null and kind = 1 and code in (8, 9, 10, 11, 17) group by ref_id) r
        join transfer t on t.id = r.ref_id
        where t.amount + r.change < 0
        """,

        // I13: the sequence has no gap.
        """
        select format('I13: %s transfers are numbered %s to %s', count(*), min(seq), max(seq))
        from transfer having count(*) > 0 and (min(seq) <> 1 or max(seq) <> count(*))
        """,

        // I16: one asset per transfer.
        """
        select format('I16: transfer %s crosses from %s to %s', t.id, d.asset, c.asset)
        from transfer t join account d on d.id = t.debit join account c on c.id = t.credit where d.asset <> c.asset
        """,
    ];

    public static async Task<IReadOnlyList<string>> RunAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct).ConfigureAwait(false);
        await using var transaction = await connection
            .BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct).ConfigureAwait(false);
        var differences = new List<string>();
        foreach (var check in Checks)
        {
            await using var command = new NpgsqlCommand(
                $"select difference from ({check}) as c(difference) limit {DifferencesMaxPerCheck}",
                connection, transaction) { CommandTimeout = 0 };
            await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
            while (await reader.ReadAsync(ct).ConfigureAwait(false)) differences.Add(reader.GetString(0));
        }
        return differences;
    }
}
