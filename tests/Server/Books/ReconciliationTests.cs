using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>Nothing differs after a busy day, and whatever is tampered with is found and named.</summary>
public sealed class ReconciliationTests : IAsyncLifetime
{
    private BusyDay _day = null!;

    public async Task InitializeAsync() => _day = await BusyDay.StartAsync();

    public async Task DisposeAsync() => await _day.DisposeAsync();

    [Fact]
    public async Task After_a_busy_day_nothing_differs_and_health_says_so()
    {
        Assert.Empty(await _day.DifferencesAsync());
        Assert.Null(await WatchAsync());
    }

    [Fact]
    public async Task An_edited_counter_is_named_by_account_and_book()
    {
        await _day.ExecuteAsync(
            "update account set credits_posted = credits_posted + 7 where key = 'merchant:canteen'");
        var found = await _day.DifferencesAsync();
        Assert.Contains(found, line => line.StartsWith("ledger: I3: account merchant:canteen has posted"));
        Assert.Contains(found, line => line.StartsWith("slices: merchant:canteen holds"));
        Assert.Contains("differences, see /reconciliations/", await WatchAsync());
    }

    [Fact]
    public async Task A_payment_that_the_provider_does_not_know_is_named_by_its_top_up()
    {
        var topUp = await TopUpAsync();
        await _day.ExecuteAsync(
            $"""
             delete from sandbox_event where payment_id = (select id from sandbox_payment where reference = '{topUp}');
             delete from sandbox_payment where reference = '{topUp}'
             """);
        var difference = Assert.Single(await _day.DifferencesAsync());
        Assert.StartsWith($"providers: top-up {topUp} of 200000 INR was credited, and sandbox knows no payment pay_",
            difference);
    }

    [Fact]
    public async Task A_payment_of_the_provider_that_was_never_credited_is_named_once_it_is_no_longer_on_its_way()
    {
        await _day.ExecuteAsync(
            """
            insert into sandbox_payment (id, reference, amount_minor, currency, status, created_at)
            select 'pay_lost', gen_random_uuid(), 777, 'INR', 'succeeded', now() - interval '10 minutes';
            with asked as (
                insert into payment (id, kind, person, payee, payee_account, method, amount_minor, currency, state,
                    captured_minor, refunded_minor, captures_later, version, created_at)
                select gen_random_uuid(), kind, person, payee, payee_account, method, 555, 'INR', 'awaiting', 0, 0,
                    false, 1, now()
                from payment where kind = 'top_up' limit 1
                returning id)
            insert into top_up (payment, provider, poll_at) select id, 'sandbox', now() + interval '1 day' from asked;
            insert into sandbox_payment (id, reference, amount_minor, currency, status, created_at)
            select 'pay_slow', id, 555, 'INR', 'succeeded', now() - interval '10 minutes'
            from payment where kind = 'top_up' and state = 'awaiting'
            """);
        var difference = Assert.Single(await _day.DifferencesAsync());
        Assert.Matches("^providers: payment pay_lost of sandbox took 777 INR for .*, which is no top-up$", difference);
        await _day.ExecuteAsync(
            "update sandbox_payment set created_at = now() - interval '2 hours' where id = 'pay_slow'");
        Assert.Contains(await _day.DifferencesAsync(), line => line.StartsWith(
            "providers: payment pay_slow of sandbox took 555 INR, and top-up "));
    }

    [Fact]
    public async Task An_objection_whose_messages_were_lost_is_named_once_they_are_no_longer_on_their_way()
    {
        await _day.ExecuteAsync(
            """
            update sandbox_payment set disputed_at = now() - interval '10 minutes', dispute = 'lost',
                dispute_decided_at = now() + interval '1 day'
            where amount_minor = 30000
            """);
        Assert.Empty(await _day.DifferencesAsync());
        await _day.ExecuteAsync(
            "update sandbox_payment set disputed_at = now() - interval '2 hours' where dispute is not null");
        Assert.Matches(
            "^providers: a bank's objection to payment pay_.* of sandbox is open over 30000, top-up .* says none$",
            Assert.Single(await _day.DifferencesAsync()));
    }

    [Fact]
    public async Task A_decision_on_an_objection_whose_message_was_lost_is_named()
    {
        // Before the poller asks about it.
        await _day.ExecuteAsync(
            """
            with disputed as (
                update payment set dispute = 'open' where kind = 'top_up' and amount_minor = 30000 returning id)
            update top_up set dispute_minor = 30000, poll_at = now() + interval '1 day'
            where payment = (select id from disputed)
            """);
        await _day.ExecuteAsync(
            """
            update sandbox_payment set disputed_at = now() - interval '70 days', dispute = 'lost',
                dispute_decided_at = now() - interval '1 minute'
            where amount_minor = 30000
            """);
        Assert.Contains(await _day.DifferencesAsync(), line => line.StartsWith("providers: a bank's objection to ")
            && line.Contains("is lost over 30000, top-up ") && line.EndsWith(" says open over 30000"));
    }

    [Fact]
    public async Task Money_that_went_back_at_the_provider_alone_or_here_alone_is_named()
    {
        await _day.ExecuteAsync(
            """
            insert into sandbox_refund (id, payment_id, amount_minor, status, created_at, decided_at)
            select 're_lost', id, 500, 'succeeded', now() - interval '2 hours', now() - interval '2 hours'
            from sandbox_payment where amount_minor = 30000
            """);
        Assert.Matches("^providers: payment pay_.* of sandbox gave back 500, top-up .* says 0$",
            Assert.Single(await _day.DifferencesAsync()));
        await _day.ExecuteAsync(
            """
            delete from sandbox_refund;
            insert into top_up_refund
                (id, top_up, person, provider, amount_minor, currency, state, poll_at, created_at, settled_at)
            select gen_random_uuid(), id, person, payee, 700, 'INR', 'done', now(), now(), now()
            from payment where kind = 'top_up' and amount_minor = 30000
            """);
        Assert.Contains(await _day.DifferencesAsync(), line =>
            line.StartsWith("providers: payment pay_") && line.Contains(" gave back 0, top-up ")
            && line.EndsWith(" says 700"));
    }

    [Fact]
    public async Task Another_amount_at_the_provider_is_named_from_both_sides()
    {
        await _day.ExecuteAsync(
            "update sandbox_payment set amount_minor = amount_minor + 1 where amount_minor = 30000");
        Assert.Matches("^providers: payment pay_.* of sandbox took 30001 INR, top-up .* is of 30000 INR$",
            Assert.Single(await _day.DifferencesAsync()));
    }

    [Fact]
    public async Task A_missing_top_up_is_named_by_its_person_its_provider_and_its_payment()
    {
        var topUp = await TopUpAsync();
        await _day.ExecuteAsync(
            $"delete from top_up where payment = '{topUp}'; delete from payment where id = '{topUp}'");
        var found = await _day.DifferencesAsync();
        Assert.Contains(found, line => line.StartsWith($"slices: person:{_day.Asha.Id} holds"));
        Assert.Contains(found, line => line.StartsWith("slices: provider_clearing:sandbox holds"));
        Assert.Contains(found, line => line.EndsWith($"took 200000 INR for {topUp}, which is no top-up"));
        Assert.Contains(found, line => line.Contains($"a receipt for the top_up {topUp}, which was not settled"));
    }

    [Fact]
    public async Task A_changed_payment_is_named_by_its_transfers_its_receipt_and_both_books()
    {
        await _day.ExecuteAsync(
            $"update payment set captured_minor = 12301, amount_minor = 12301 where id = '{_day.Paid}'");
        var found = await _day.DifferencesAsync();
        Assert.Contains($"payments: payment {_day.Paid} says that it took 12301, its transfers took 12300", found);
        Assert.Contains(found, line => line.StartsWith($"slices: person:{_day.Asha.Id} holds"));
        Assert.Contains(found, line => line.StartsWith("slices: merchant:canteen holds"));
        Assert.Contains($"receipts: The purchase {_day.Paid} of 12301 has a receipt of 12300.", found);
    }

    [Theory]
    [InlineData("refunded_minor = 50", "says that it gave back 50, its transfers gave back 0")]
    [InlineData("state = 'cancelled'", "is cancelled and has taken 12300")]
    public async Task Other_changes_of_a_payment_are_named(string change, string named)
    {
        await _day.ExecuteAsync($"update payment set {change} where id = '{_day.Paid}'");
        Assert.Contains($"payments: payment {_day.Paid} {named}", await _day.DifferencesAsync());
    }

    [Fact]
    public async Task A_changed_top_up_is_named_by_its_transfers_its_refunds_and_both_books()
    {
        var topUp = await TopUpAsync();
        await _day.ExecuteAsync(
            $"update payment set captured_minor = 200001, refunded_minor = 5 where id = '{topUp}'");
        var found = await _day.DifferencesAsync();
        Assert.Contains($"payments: payment {topUp} says that it took 200001, its transfers took 200000", found);
        Assert.Contains($"payments: payment {topUp} says that it gave back 5, its transfers gave back 0", found);
        Assert.Contains($"payments: top-up {topUp} gave back 5, its refunds and objection are 0", found);
        Assert.Contains(found, line => line.StartsWith($"slices: person:{_day.Asha.Id} holds"));
        Assert.Contains(found, line => line.StartsWith("slices: provider_clearing:sandbox holds"));
    }

    [Fact]
    public async Task A_hold_that_nothing_waits_for_and_a_payment_that_waits_for_none_are_named()
    {
        await _day.ExecuteAsync(
            """
            update payment set state = 'cancelled' where state = 'awaiting';
            update transit_rider set hold = gen_random_uuid() where hold is not null
            """);
        var found = await _day.DifferencesAsync();
        Assert.Contains(found, line => line.EndsWith("of 4000 is open, and nothing waits for it"));
        Assert.Contains(found, line => line.EndsWith("of 2000 is open, and nothing waits for it"));
        Assert.Matches("slices: journey .* waits on hold .*, which does not exist", string.Join('\n', found));
    }

    [Fact]
    public async Task A_missing_receipt_is_named_by_its_place()
    {
        await _day.TamperAsync("receipt", $"delete from receipt where subject = '{_day.Paid}'");
        var found = await _day.DifferencesAsync();
        Assert.Contains(found, line => line.StartsWith("receipts: The receipt at place "));
        Assert.Contains($"receipts: The purchase {_day.Paid} was settled without a receipt.", found);
    }

    [Fact]
    public async Task A_changed_leaf_is_named_by_its_receipt()
    {
        var receipt = await _day.ScalarAsync($"select id from receipt where subject = '{_day.Paid}'");
        await _day.TamperAsync(
            "receipt", $"update receipt set leaf = sha256('forged') where subject = '{_day.Paid}'");
        Assert.Contains(await _day.DifferencesAsync(), line =>
            line.StartsWith($"receipts: Receipt {receipt} at place ") && line.EndsWith(" does not give its leaf."));
    }

    [Fact]
    public async Task A_lost_event_and_a_forgotten_message_are_named()
    {
        await _day.ExecuteAsync($"delete from outbox where payload ->> 'transaction_id' = '{_day.Paid}'");
        await _day.ExecuteAsync(
            """
            insert into provider_inbox (source, event_id, raw, received_at, next_at)
            values ('sandbox', 'evt_stuck', '', now() - interval '2 days', now() + interval '1 day')
            """);
        var found = await _day.DifferencesAsync();
        Assert.Contains($"payments: payment {_day.Paid} was captured, and its payer was never told", found);
        Assert.Contains(found, line =>
            line.StartsWith("payments: message evt_stuck of sandbox is not processed since"));
    }

    [Fact]
    public async Task An_act_that_is_not_recorded_is_named_with_its_transfers()
    {
        var act = await _day.ScalarAsync("select act_id from transfer order by seq limit 1");
        await _day.TamperAsync("attempt", $"delete from attempt where id = '{act}'");
        Assert.EndsWith($"belongs to act {act}, which is not recorded as committed",
            Assert.Single(await _day.DifferencesAsync()));
    }

    [Fact]
    public async Task A_wish_is_one_run_however_often_it_is_sent_and_only_operators_may_ask()
    {
        const string key = "0199b3a4-0000-7000-8000-000000000001";
        using (var first = await _day.Operator.WriteAsync("/reconciliations", new { }, key))
            Assert.Equal(key, (string)(await ServerBed.ReadAsync(first, HttpStatusCode.Accepted))["id"]!);
        using (var again = await _day.Operator.WriteAsync("/reconciliations", new { }, key))
        {
            await ServerBed.ReadAsync(again, HttpStatusCode.Accepted);
            Assert.Equal("true", Assert.Single(again.Headers.GetValues(Idempotency.ReplayedHeader)));
        }
        Assert.Equal("idempotency_key_reused", await _day.Operator
            .WriteAsync("/reconciliations", new { from = "2026-01-01T00:00:00Z" }, key)
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("idempotency_key_missing", await _day.Operator.WriteAsync("/reconciliations", new { }, "")
            .ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal("period_invalid", await _day.Operator
            .WriteAsync("/reconciliations", new { from = "2100-01-01T00:00:00Z" })
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        await _day.Asha.Http.WriteAsync("/reconciliations", new { }).ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal("reconciliation_not_found", await _day.Operator
            .GetAsync($"/reconciliations/{_day.Paid}").ProblemAsync(HttpStatusCode.NotFound));
        await _day.RunAsync();
        var list = (await _day.Operator.GetAsync("/reconciliations").OkAsync())["items"]!.AsArray();
        Assert.Equal(2, list.Count);
        Assert.Equal(key, (string)list[1]!["id"]!);
        Assert.Equal(1, long.Parse(await _day.ScalarAsync(
            $"select count(*) from audit_entry where what = 'reconciliation_requested' and subject = '{key}'")));
        Assert.Equal(2, long.Parse(
            await _day.ScalarAsync("select count(*) from outbox where kind = 'reconciliation'")));
    }

    [Fact]
    public async Task Payments_go_on_while_the_books_are_compared()
    {
        using var stop = new CancellationTokenSource();
        var paying = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var payment = await _day.Bed.AskedAsync(_day.Asha.Id, 11);
                await _day.Asha.Http.WriteAsync($"/transactions/{payment["id"]}/confirm").OkAsync();
            }
        });
        for (var i = 0; i < 5; i++) Assert.Empty(await _day.DifferencesAsync());
        await stop.CancelAsync();
        await paying;
    }

    private Task<string> TopUpAsync() =>
        _day.ScalarAsync($"select id from payment where kind = 'top_up' and person = '{_day.Asha.Id}'");

    private async Task<string?> WatchAsync() =>
        await _day.Bed.Services.GetServices<ReadinessCheck>().Single(check => check.Name == "books")
            .WhyNotAsync(_day.Bed.Services, default);
}

/// <summary>The run that nobody has to ask for.</summary>
public sealed class DailyReconciliationTests
{
    [Fact]
    public async Task It_comes_once_a_day_at_its_hour_and_late_when_the_server_was_off()
    {
        var clock = new ManualClock(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        await using var bed = await ServerBed.StartAsync(clock, seeing: false);
        await AdvanceAsync(bed, clock, TimeSpan.FromHours(18), 0);
        await AdvanceAsync(bed, clock, TimeSpan.FromHours(2), 1);
        await AdvanceAsync(bed, clock, TimeSpan.FromHours(12), 1);
        await bed.RestartAsync(clock);
        await AdvanceAsync(bed, clock, TimeSpan.FromMinutes(2), 1);
        var later = new ManualClock(clock.GetUtcNow() + TimeSpan.FromDays(2));
        await bed.RestartAsync(later);
        await AdvanceAsync(bed, later, TimeSpan.FromMinutes(2), 2);
    }

    private static async Task AdvanceAsync(ServerBed bed, ManualClock clock, TimeSpan by, long runs)
    {
        clock.Advance(by);
        await Eventually.HoldsAsync(async () =>
        {
            await using var command = bed.Database.DataSource.CreateCommand(
                "select count(*) from reconciliation where requested_by = 'system:daily' and state = 'done'");
            return (long)(await command.ExecuteScalarAsync())! == runs;
        });
    }
}
