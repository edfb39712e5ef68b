using SightPay.Ledger;
using SightPay.Server.Receipts;

namespace SightPay.Server.Books;

/// <summary>The ledger in itself: counters are the fold of the transfers, every transfer belongs to an act.</summary>
internal sealed class LedgerCheck(GeneralLedger ledger) : IBooksCheck
{
    private const string ActsOfTransfers =
        """
        select format('transfer %s belongs to act %s, which is not recorded as committed', t.id, t.act_id)
        from transfer t left join attempt a on a.id = t.act_id and a.outcome = 1 where a.id is null
        """;

    public string Name => "ledger";

    public async Task RunAsync(OpenBooks books, CancellationToken ct)
    {
        foreach (var difference in await ledger.AuditAsync(ct)) books.Add(difference);
        await books.FindAsync(ActsOfTransfers, ct);
    }
}

/// <summary>Ledger and slices: what all slices say together is what every account holds and has set aside.</summary>
internal sealed class SlicesCheck(IEnumerable<SliceBooks> slices) : IBooksCheck
{
    private readonly SliceBooks[] _slices = [.. slices];

    public string Name => "slices";

    public async Task RunAsync(OpenBooks books, CancellationToken ct)
    {
        await books.FindAsync(
            $"""
             with told as (
                 select book, currency, sum(amount_minor) as amount
                 from ({All(slice => slice.Postings)}) p group by book, currency),
             kept as (
                 select case when kind in (1, 2) then 'person:' || split_part(key, ':', 2) else key end as book,
                     asset as currency, sum(credits_posted - debits_posted) as amount
                 from account group by 1, 2)
             select format('%s holds %s in %s by the ledger and %s by what is recorded of payments', book,
                 coalesce(k.amount, 0), currency, coalesce(t.amount, 0))
             from told t full join kept k using (book, currency)
             where coalesce(t.amount, 0) <> coalesce(k.amount, 0) order by book
             """, ct);
        await books.FindAsync(
            $"""
             with told as ({All(slice => slice.Holds)}),
             kept as (
                 select t.id, t.amount, r.outcome from transfer t left join hold_resolution r on r.hold_id = t.id
                 where t.kind = 2)
             select case
                 when t.hold is null then format('hold %s of %s is open, and nothing waits for it', k.id, k.amount)
                 when k.id is null then format('%s waits on hold %s, which does not exist', t.subject, t.hold)
                 when k.outcome is not null then
                     format('%s waits on hold %s, which is resolved already', t.subject, t.hold)
                 else format('%s of %s waits on hold %s of %s', t.subject, t.amount_minor, t.hold, k.amount) end
             from told t full join kept k on k.id = t.hold
             where (t.hold is null and k.outcome is null)
                -- A hold that expired is over by itself; that its payment says so may take a moment.
                or (t.hold is not null and coalesce(k.outcome, 0) <> 5
                    and (k.id is null or k.outcome is not null or k.amount <> t.amount_minor))
             order by 1
             """, ct);
        await books.FindAsync(
            $"""
             select format('hold %s is waited on by %s', hold, string_agg(subject, ' and ' order by subject))
             from ({All(slice => slice.Holds)}) h group by hold having count(*) > 1 order by hold
             """, ct);
    }

    private string All(Func<SliceBooks, string?> part) =>
        string.Join("\nunion all\n", _slices.Select(part).OfType<string>().Select(sql => $"select * from ({sql}) s"));
}

/// <summary>Receipts: every settlement has its one leaf, every leaf its receipt, every head its leaves.</summary>
internal sealed class ReceiptsCheck(ReceiptAudit audit) : IBooksCheck
{
    public string Name => "receipts";

    public async Task RunAsync(OpenBooks books, CancellationToken ct)
    {
        foreach (var difference in await audit.DifferencesAsync(ct)) books.Add(difference);
    }
}
