using Npgsql;
using SightPay.Server.People;

namespace SightPay.Server.Payments;

/// <summary>
/// What payments keep of a person. Their rows stay with the number of somebody who is nobody any more; what the person
/// wrote and wished goes.
/// </summary>
internal sealed class PaymentPersonData : IPersonData
{
    public static IReadOnlyList<PersonSection> Sections { get; } =
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
    ];

    public async Task<(string Code, string Detail)?> ObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            with own as (
                select kind = 'top_up' as is_top_up, state in ('created', 'awaiting', 'authorised') as is_open, dispute
                from payment where person = $1)
            select
                exists (select from own where is_open and not is_top_up),
                exists (select from own where dispute = 'open' and not is_top_up),
                exists (select from adjustment where person = $1 and state = 'pending_approval'),
                exists (select from own where is_open and is_top_up),
                exists (select from own where dispute = 'open' and is_top_up),
                exists (select from top_up_refund where person = $1 and state in ('created', 'provider_pending'))
            """, connection, transaction)
        {
            Parameters = { new() { Value = person } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        if (reader.GetBoolean(0)) return ("payment_open", "A payment is not over yet: confirm it or let it be first.");
        if (reader.GetBoolean(1)) return ("dispute_open", "An objection is not decided yet.");
        if (reader.GetBoolean(2)) return ("approval_open", "A refund or a correction waits for its approval.");
        if (reader.GetBoolean(3)) return ("top_up_open", "A top-up is on its way.");
        if (reader.GetBoolean(4)) return ("dispute_open", "A bank has not decided on an objection yet.");
        return reader.GetBoolean(5) ? ("top_up_refund_open", "Money is on its way back to a card.") : null;
    }

    public async Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                Of("delete from own_limit where person = $1", person),
                Of("update payment set dispute_reason = null where person = $1 and dispute_reason is not null", person),
                Of("update adjustment set reason = '' where person = $1", person),
                Of("update top_up_refund set reason = null where person = $1 and reason is not null", person),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlBatchCommand Of(string sql, Guid person) =>
        new(sql) { Parameters = { new() { Value = person } } };
}
