using SightPay.Server.People;

namespace SightPay.Server.Payments;

/// <summary>
/// What payments keep of a person. Their rows stay with the number of somebody who is nobody any more; what the person
/// wrote and wished goes.
/// </summary>
internal static class PaymentPersonData
{
    private const string IsOpen = "state in ('created', 'awaiting', 'authorised')";

    public static PersonRows Rows { get; } = new()
    {
        Sections =
        [
            new("payments",
                """
                select id, kind, payee, station, method, amount_minor, currency, state, captured_minor, refunded_minor,
                    dispute, dispute_reason, created_at, captured_at
                from payment where person = $1 and kind <> 'top_up' order by seq
                """),
            new("top_ups",
                $"""
                 select p.id, t.provider, p.amount_minor, p.currency, {TopUpState.Sql} as state, t.method_type,
                     t.failure_code, p.dispute, t.dispute_minor, p.created_at, coalesce(p.captured_at, t.failed_at) as
                     settled_at
                 from payment p join top_up t on t.payment = p.id where p.person = $1 order by p.seq
                 """),
            new("top_up_refunds",
                """
                select id, top_up, amount_minor, currency, state, reason, failure_code, created_at, settled_at
                from top_up_refund where person = $1 order by created_at, id
                """),
            new("adjustments",
                """
                select id, kind, payment, direction, amount_minor, currency, reason, state, requested_at, decided_at
                from adjustment where person = $1 order by seq
                """),
            new("limits", "select payment_minor, day_minor from own_limit where person = $1"),
            new("spending", "select day, spent_by, spent_minor, payments from spending where person = $1 order by day"),
        ],
        Obstacles =
        [
            new($"select from payment where person = $1 and kind <> 'top_up' and {IsOpen}",
                "payment_open", "A payment is not over yet: confirm it or let it be first."),
            new("select from payment where person = $1 and kind <> 'top_up' and dispute = 'open'",
                "dispute_open", "An objection is not decided yet."),
            new("select from adjustment where person = $1 and state = 'pending_approval'",
                "approval_open", "A refund or a correction waits for its approval."),
            new($"select from payment where person = $1 and kind = 'top_up' and {IsOpen}",
                "top_up_open", "A top-up is on its way."),
            new("select from payment where person = $1 and kind = 'top_up' and dispute = 'open'",
                "dispute_open", "A bank has not decided on an objection yet."),
            new("select from top_up_refund where person = $1 and state in ('created', 'provider_pending')",
                "top_up_refund_open", "Money is on its way back to a card."),
        ],
        Erasures =
        [
            "delete from own_limit where person = $1",
            "update payment set dispute_reason = null where person = $1 and dispute_reason is not null",
            "update adjustment set reason = '' where person = $1",
            "update top_up_refund set reason = null where person = $1 and reason is not null",
        ],
    };
}
