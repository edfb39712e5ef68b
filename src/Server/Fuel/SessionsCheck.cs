using SightPay.Server.Books;

namespace SightPay.Server.Fuel;

/// <summary>What pumps delivered beside what was paid for it: each delivery is charged, owed, paid elsewhere or given
/// up, once, and every fuel payment is of one session.</summary>
internal sealed class SessionsCheck : IBooksCheck
{
    private static readonly string[] Queries =
    [
        """
        select format('fuel session %s is paid with %s, and its payment %s took %s', s.id, s.bill_minor, s.payment,
            coalesce(p.captured_minor, 0))
        from pump_session s left join payment p on p.id = s.payment
        where s.state = 'paid' and s.bill_minor is distinct from p.captured_minor order by s.id
        """,
        """
        select format('fuel session %s is %s, and its payment %s took %s', s.id, s.state, p.id, p.captured_minor)
        from pump_session s join payment p on p.id = s.payment
        where s.state <> 'paid' and p.captured_minor > p.refunded_minor order by s.id
        """,
        """
        select format('payment %s took %s for fuel, and no session names it', p.id, p.captured_minor)
        from payment p where p.kind = 'fuel' and p.captured_minor > p.refunded_minor
          and not exists (select from pump_session s where s.payment = p.id) order by p.id
        """,
        """
        select format('fuel session %s has delivered %s and asks for nothing', s.id, s.delivered_thousandths)
        from pump_session s
        where s.state in ('delivered', 'expired', 'paid', 'unclaimed', 'drive_off', 'paid_elsewhere')
          and s.bill_minor = 0 order by s.id
        """,
        """
        select format('fuel session %s is %s, and money is set aside for it', s.id, s.state)
        from pump_session s join payment p on p.id = s.payment
        where p.state = 'authorised' and p.due_at > $2
          and s.state not in ('held', 'fuelling', 'lost', 'delivered') order by s.id
        """,
        """
        select format('fuel session %s says that %s is set aside, its payment says %s', s.id, s.hold_minor,
            p.amount_minor)
        from pump_session s join payment p on p.id = s.payment
        where p.state = 'authorised' and s.hold_minor <> p.amount_minor order by s.id
        """,
        // Money is set aside for a session that somebody, or their plate, said yes to.
        """
        select format('payment %s sets money aside for fuel, and no session names it', p.id)
        from payment p where p.kind = 'fuel' and p.state = 'authorised' and p.due_at > $2
          and not exists (select from pump_session s where s.payment = p.id) order by p.id
        """,
    ];

    public string Name => "fuel";

    public async Task RunAsync(OpenBooks books, CancellationToken ct)
    {
        foreach (var query in Queries) await books.FindAsync(query, ct);
    }
}
