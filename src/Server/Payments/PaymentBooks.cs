using SightPay.Server.Books;

namespace SightPay.Server.Payments;

/// <summary>What this slice says money did, for the reconciliation.</summary>
internal static class PaymentBooks
{
    /// <summary>Payments out of wallets, corrections, top-ups and what went back of them, each from both sides.
    /// </summary>
    public static SliceBooks Slice { get; } = new(
        "payments",
        """
        select 'person:' || person as book, currency, refunded_minor - captured_minor as amount_minor
        from payment where method = 'wallet' and captured_minor > 0
        union all
        select payee_account, currency, captured_minor - refunded_minor
        from payment where method = 'wallet' and captured_minor > 0
        union all
        select b.book, p.currency, b.sign * (p.captured_minor - p.refunded_minor)
        from payment p cross join lateral (values
            ('person:' || p.person, 1), (p.payee_account, -1)) as b (book, sign)
        where p.kind = 'top_up' and p.captured_minor > 0
        union all
        select 'person:' || person, currency, case direction when 'credit' then amount_minor else -amount_minor end
        from adjustment where kind = 'correction' and state = 'done'
        union all
        select 'corrections:' || currency, currency,
            case direction when 'credit' then -amount_minor else amount_minor end
        from adjustment where kind = 'correction' and state = 'done'
        """,
        """
        select hold, amount_minor, 'payment ' || id as subject from payment
        where state in ('awaiting', 'authorised') and hold is not null
        """);
}

/// <summary>Each payment beside its own transfers, refunds and messages, so that a difference has a name.</summary>
internal sealed class PaymentsCheck : IBooksCheck
{
    private static readonly string[] Queries =
    [
        // A capture's act moves this payment's money and nobody else's; a top-up's comes from its payee.
        """
        with taken as (
            select p.id, sum(t.amount) as amount
            from payment p
            join transfer c on c.id = p.capture
            join account payee on payee.key = p.payee_account
            join transfer t on t.act_id = c.act_id and t.kind in (1, 3)
                and case p.kind when 'top_up' then t.debit else t.credit end = payee.id
            where p.captured_minor > 0 group by p.id)
        select format('payment %s says that it took %s, its transfers took %s', p.id, p.captured_minor,
            coalesce(t.amount, 0))
        from payment p left join taken t on t.id = p.id
        where p.capture is not null and p.captured_minor <> coalesce(t.amount, 0) order by p.id
        """,
        """
        with back as (
            select ref_id, sum(case when code in (11, 17) then -amount else amount end) as amount from transfer
            where ref_id is not null and kind = 1 and code in (9, 10, 11, 17) group by ref_id)
        select format('payment %s says that it gave back %s, its transfers gave back %s', p.id, p.refunded_minor,
            coalesce(b.amount, 0))
        from payment p left join back b on b.ref_id = p.capture
        where p.capture is not null and p.refunded_minor <> coalesce(b.amount, 0) order by p.id
        """,
        """
        select format('payment %s is %s and has taken %s', id, state, captured_minor) from payment
        where (state in ('captured', 'refunded')) <> (captured_minor > 0) order by id
        """,
        """
        select format('payment %s gave back %s, its refunds are %s', p.id, p.refunded_minor, sum(a.amount_minor))
        from payment p join adjustment a on a.payment = p.id and a.kind = 'refund' and a.state = 'done'
        group by p.id
        having sum(a.amount_minor) > p.refunded_minor
            or (sum(a.amount_minor) < p.refunded_minor and p.dispute is distinct from 'lost')
        order by p.id
        """,
        """
        select format('top-up %s gave back %s, its refunds and objection are %s', p.id, p.refunded_minor, b.minor)
        from payment p join top_up t on t.payment = p.id
        cross join lateral (
            select coalesce(sum(r.amount_minor) filter (where r.state <> 'failed'), 0)
                + case when p.dispute in ('open', 'lost') then t.dispute_minor else 0 end as minor
            from top_up_refund r where r.top_up = p.id) b
        where p.refunded_minor is distinct from b.minor order by p.id
        """,
        // Every capture has told its payer's pages, as long as the outbox remembers. Top-ups tell as their wallets.
        """
        select format('payment %s was captured, and its payer was never told', p.id) from payment p
        where p.kind <> 'top_up' and p.captured_at >= $1 and p.captured_at < $2
          and p.captured_at > (select at from outbox order by seq limit 1)
          and not exists (
            select from outbox o where o.kind = 'payment' and o.payload ->> 'transaction_id' = p.id::text)
        order by p.id
        """,
        """
        select format('message %s of %s is not processed since %s', event_id, source,
            to_char(received_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
        from provider_inbox where state = 'new' and received_at < $2 - interval '1 day' order by event_id
        """,
        """
        select format('top-up %s waits for people: %s', payment, note) from top_up
        where note is not null order by payment
        """,
    ];

    public string Name => "payments";

    public async Task RunAsync(OpenBooks books, CancellationToken ct)
    {
        foreach (var query in Queries) await books.FindAsync(query, ct);
    }
}
