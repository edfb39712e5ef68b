using SightPay.Server.Api;
using SightPay.Server.Receipts;

namespace SightPay.Server.Payments;

/// <summary>What this slice has settled, for the audit that holds it beside the receipts.</summary>
internal static class SettledMoney
{
    public static IReadOnlyList<SettledPayments> All { get; } =
    [
        new(ReceiptKind.Purchase, Captured(PaymentKind.Retail)),
        new(ReceiptKind.Fuel, Captured(PaymentKind.Fuel)),
        // Of a top-up: what left for the card has a receipt at once, and another one where it came back.
        new(ReceiptKind.Refund, Done("refund", "select id, amount_minor, currency, created_at from top_up_refund")),
        new(
            ReceiptKind.Correction,
            Done("correction",
                "select id, amount_minor, currency, settled_at from top_up_refund where state = 'failed'")),
        // Of those credited before top-ups had receipts no transfer is known.
        new(
            ReceiptKind.TopUp,
            """
            select id, captured_minor as amount_minor, currency, captured_at as at from payment
            where kind = 'top_up' and capture is not null
            """),
        // A payment whose payer is given right: what is left of it after refunds. A top-up that a bank takes back.
        new(
            ReceiptKind.Chargeback,
            """
            select p.id, p.captured_minor - coalesce((
                    select sum(a.amount_minor) from adjustment a
                    where a.payment = p.id and a.kind = 'refund' and a.state = 'done'), 0)::bigint as amount_minor,
                p.currency, p.captured_at as at
            from payment p where p.dispute = 'lost' and p.kind <> 'top_up'
            union all
            select p.id, t.dispute_minor, p.currency, p.captured_at from payment p join top_up t on t.payment = p.id
            where p.dispute is not null
            """),
    ];

    private static string Captured(PaymentKind kind) =>
        $"""
        select id, captured_minor as amount_minor, currency, captured_at as at from payment
        where kind = '{Words.Of(kind)}' and captured_at is not null
        """;

    private static string Done(string kind, string andThose) =>
        $"""
        select id, amount_minor, currency, coalesce(decided_at, requested_at) as at from adjustment
        where kind = '{kind}' and state = 'done'
        union all
        {andThose}
        """;
}
