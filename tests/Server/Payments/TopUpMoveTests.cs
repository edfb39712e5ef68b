using Dapper;
using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.Payments;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Top-ups that an older release recorded are payments after the upgrade, and answer as before.</summary>
public sealed class TopUpMoveTests
{
    private const string Refunds =
        """
        insert into top_up_refund
            (id, top_up, person, provider, amount_minor, currency, state, poll_at, created_at)
        select gen_random_uuid(), t.id, t.person_id, t.provider, r.amount, 'INR', r.state, now(), now()
        from top_up t join (values
            ('back_part', 1000, 'done'), ('back_part', 500, 'failed'), ('back_whole', 1000, 'created'),
            ('back_whole', 3000, 'provider_pending'), ('objected_rest', 1000, 'done'), ('lost_rest', 1000, 'done'),
            ('came_back', 4000, 'failed')) as r (name, amount, state) on r.name = t.provider_payment_id
        """;

    /// <summary>Name, as it was stored: state, failure, exception, url, dispute and its amount; then what it is now.
    /// </summary>
    private static readonly (string Name, string Old, string New, string Public)[] Rows =
    [
        ("made", "'created', null, null, null, null, null", "Created 0 0", "created"),
        ("asked", "'provider_pending', null, null, null, null, null", "Awaiting 0 0", "provider_pending"),
        ("mismatch", "'provider_pending', null, 'amount_mismatch', null, null, null", "Awaiting 0 0 amount_mismatch",
            "provider_pending"),
        ("acting", "'action_needed', null, null, '/bank', null, null", "Awaiting 0 0", "action_needed /bank"),
        ("acting_nowhere", "'action_needed', null, null, null, null, null", "Awaiting 0 0", "action_needed"),
        ("paid", "'credited', null, null, null, null, null", "Captured 4000 0", "credited"),
        ("paid_twice", "'credited', null, 'paid_twice', null, null, null", "Captured 4000 0 paid_twice", "credited"),
        ("back_part", "'credited', null, null, null, null, null", "Captured 4000 1000", "credited"),
        ("back_whole", "'credited', null, null, null, null, null", "Refunded 4000 4000", "credited"),
        ("came_back", "'credited', null, null, null, null, null", "Captured 4000 0", "credited"),
        ("objected", "'credited', null, null, null, 'open', 4000", "Captured 4000 4000 Open", "credited Open"),
        ("objected_rest", "'credited', null, null, null, 'open', 3000", "Captured 4000 4000 Open", "credited Open"),
        ("won", "'credited', null, null, null, 'won', 4000", "Captured 4000 0 Won", "credited Won"),
        ("lost", "'credited', null, null, null, 'lost', 4000", "Refunded 4000 4000 Lost", "credited Lost"),
        ("lost_part", "'credited', null, null, null, 'lost', 500", "Captured 4000 500 Lost", "credited Lost"),
        ("lost_rest", "'credited', null, null, null, 'lost', 500", "Captured 4000 1500 Lost", "credited Lost"),
        ("declined", "'failed', 'card_declined', null, null, null, null", "Failed 0 0", "failed card_declined"),
        ("refused", "'failed', null, null, null, null, null", "Failed 0 0", "failed"),
        ("expired", "'failed', 'expired', null, null, null, null", "Expired 0 0", "failed expired"),
        ("abandoned", "'failed', 'abandoned', null, null, null, null", "Expired 0 0", "failed abandoned"),
    ];

    [Fact]
    public async Task Top_ups_of_an_older_release_keep_their_state_money_and_answers()
    {
        SliceSchema[] now = [new("ledger", GeneralLedger.Migrations), PaymentsSlice.Schema];
        SliceSchema[] before = [now[0], now[1] with { Migrations = [.. now[1].Migrations.Take(10)] }];
        await using var database = await TestDatabase.CreateAsync(before);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        var person = Ids.Next(TimeProvider.System);
        var ids = new Dictionary<string, Guid>();
        foreach (var (name, old, _, _) in Rows)
        {
            ids[name] = Ids.Next(TimeProvider.System);
            await connection.ExecuteAsync(
                $"""
                 insert into top_up (id, person_id, provider, provider_payment_id, amount_minor, currency, created_at,
                     poll_at, settled_at, credit_transfer, polls, state, failure_code, exception, action_url, dispute,
                     dispute_minor)
                 select @id, @person, 'stripe', @name, 4000, 'INR', '2026-03-02 08:00+00', '2026-03-02 09:00+00',
                     case when o.state in ('credited', 'failed') then '2026-03-02 08:30+00'::timestamptz end,
                     case o.state when 'credited' then @id end, 2, o.state, o.failure, o.note, o.url, o.dispute,
                     o.dispute_minor::bigint
                 from (select {old}) as o (state, failure, note, url, dispute, dispute_minor)
                 """, new { id = ids[name], person, name });
        }
        await connection.ExecuteAsync(Refunds);

        await new Migrator(database.DataSource, TimeProvider.System).MigrateAsync(now, default);

        var store = new TopUpStore(database.DataSource);
        foreach (var (name, _, expected, shown) in Rows)
        {
            var topUp = (await store.FindAsync(ids[name], default))!;
            Assert.Equal((name, expected), (name, Stored(topUp)));
            var answer = TopUpAnswer.Of(topUp);
            Assert.Equal((name, shown), (name, Shown(answer)));
            Assert.Equal(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), answer.CreatedAt);
            Assert.Equal(topUp.IsOpen ? null : answer.CreatedAt.AddMinutes(30), answer.SettledAt);
            Assert.Equal(
                (person, "stripe", "stripe", "provider_clearing:stripe", name, 2),
                (topUp.PersonId, topUp.Provider, topUp.Payment.Method, topUp.Payment.Payee.AccountKey,
                    topUp.Details.ProviderPaymentId, topUp.Details.Polls));
            Assert.Equal(topUp.IsCredited ? ids[name] : null, topUp.Payment.CaptureId);
        }
        var due = await store.DueAsync(DateTimeOffset.MaxValue, 100, default);
        Assert.Equal(
            ["acting", "acting_nowhere", "asked", "made", "mismatch", "objected", "objected_rest"],
            due.Select(topUp => topUp.Details.ProviderPaymentId).Order(StringComparer.Ordinal));
        Assert.Equal(7, await connection.ExecuteScalarAsync<long>("select count(*) from top_up_refund"));
    }

    private static string Stored(TopUp topUp) => string.Join(
        ' ', new object?[]
        {
            topUp.Payment.State, topUp.Payment.CapturedMinor, topUp.Payment.RefundedMinor, topUp.Payment.Dispute,
            topUp.Details.Note,
        }.Where(each => each is not null));

    private static string Shown(TopUpAnswer answer) => string.Join(
        ' ', new object?[] { answer.State, answer.NextAction?.Url, answer.FailureCode, answer.Dispute }
            .Where(each => each is not null));
}
