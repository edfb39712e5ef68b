using SightPay.Server.Payments;

namespace SightPay.Server.Tests.Payments;

/// <summary>Top-ups with their public states, as one table for the questions of tests.</summary>
internal static class TopUps
{
    public const string Table =
        $"""
        (select p.id, p.person, p.amount_minor, p.currency, {TopUpState.Sql} as state, p.exception, p.dispute,
            p.refunded_minor, t.provider, t.provider_payment_id, t.failure_code, t.note, t.polls
        from payment p join top_up t on t.payment = p.id) top_ups
        """;
}
