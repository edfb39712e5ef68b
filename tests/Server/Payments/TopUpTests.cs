using System.Net.Http.Headers;
using System.Text;
using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Payments.Sandbox;
using Xunit;

namespace SightPay.Server.Tests.Payments;

public sealed class TopUpTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task A_top_up_is_credited_by_the_providers_message()
    {
        var person = await _server.PersonAsync();
        using var subscription = _server.Get<SightPay.Server.Events.EventFeed>()
            .Subscribe(new HashSet<string> { $"person:{person.Id}" });
        var made = await TopUpAsync(_server, person, 100_00);
        Assert.Equal(201, made.Status);
        Assert.Equal("created", made.Json.GetProperty("state").GetString());
        await CreditedAsync(_server, person, made);
        Assert.Equal(100_00, await BalanceAsync(_server, person));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var told = await subscription.Reader.ReadAsync(late.Token);
        Assert.Equal("wallet", told.Kind);
        Assert.Contains("credited", told.Payload);
        // The message is marked as done after what it brought about.
        await Eventually.HoldsAsync(async () => 1 == await _server.ScalarAsync<long>(
            """
            select count(*) from provider_inbox i join sandbox_event e on e.id = i.event_id
            join sandbox_payment p on p.id = e.payment_id
            where p.reference = $1 and i.state = 'done' and e.attempts = 0
            """, made.Json.GetProperty("id").GetGuid()));
        Assert.Empty(await _server.Get<GeneralLedger>().AuditAsync(default));
    }

    public static TheoryData<object, int, string> Refusals => new()
    {
        { new { amount_minor = 99, currency = "INR" }, 422, "amount_out_of_range" },
        { new { amount_minor = 0, currency = "INR" }, 422, "amount_out_of_range" },
        { new { amount_minor = 10_000_01, currency = "INR" }, 422, "amount_out_of_range" },
        { new { amount_minor = long.MaxValue, currency = "INR" }, 422, "amount_out_of_range" },
        { new { amount_minor = 100, currency = "PLN" }, 422, "currency_mismatch" },
        { new { amount_minor = 100, currency = "" }, 422, "currency_mismatch" },
        { new { currency = "INR" }, 422, "fields_invalid" },
        { new { amount_minor = 100 }, 422, "fields_invalid" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Unusable_amounts_are_refused(object body, int status, string code)
    {
        var person = await _server.PersonAsync();
        var answer = await _server.SendAsync(HttpMethod.Post, "/wallet/top-ups", body, person, NewKey());
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(0, await CountAsync(_server, person));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[100]")]
    [InlineData("{\"amount_minor\":100.5,\"currency\":\"INR\"}")]
    [InlineData("{\"amount_minor\":99999999999999999999,\"currency\":\"INR\"}")]
    public async Task A_body_that_is_not_the_object_asked_for_is_refused(string body)
    {
        var person = await _server.PersonAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/wallet/top-ups")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", person.AccessToken);
        request.Headers.Add("Idempotency-Key", NewKey());
        using var answer = await _server.Http.SendAsync(request);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("malformed_json", await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Fault of S2: whoever asked named the balance to have.</summary>
    [Fact]
    public async Task Fault_S2_caller_chosen_balance_of_a_top_up_is_ignored()
    {
        var person = await _server.PersonAsync();
        var made = await _server.SendAsync(
            HttpMethod.Post, "/wallet/top-ups",
            new
            {
                amount_minor = 1_00, currency = "INR", balance_minor = 900_00, balance = 900, state = "credited",
                credited_minor = 900_00, person_id = Guid.Empty, provider_payment_id = "pay_mine",
            }, person, NewKey());
        Assert.Equal((201, 1_00L), (made.Status, made.Json.GetProperty("amount_minor").GetInt64()));
        await CreditedAsync(_server, person, made);
        Assert.Equal(1_00, await BalanceAsync(_server, person));
    }

    /// <summary>Fault of S2: a negative amount took money out of, or put it into, the wrong account.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(-100_00)]
    [InlineData(long.MinValue)]
    public async Task Fault_S2_negative_amount_of_a_top_up_is_refused(long amountMinor)
    {
        var person = await _server.PersonAsync();
        var answer = await TopUpAsync(_server, person, amountMinor);
        Assert.Equal((422, "amount_out_of_range"), (answer.Status, answer.Code));
        Assert.Equal(0, await BalanceAsync(_server, person));
    }

    [Theory]
    [InlineData(1_00)]
    [InlineData(10_000_00)]
    public async Task The_limits_themselves_are_allowed(long amountMinor) =>
        Assert.Equal(201, (await TopUpAsync(_server, await _server.PersonAsync(), amountMinor)).Status);

    [Fact]
    public async Task A_key_is_needed_and_a_person_too()
    {
        var person = await _server.PersonAsync();
        var body = new { amount_minor = 100, currency = "INR" };
        var keyless = await _server.SendAsync(HttpMethod.Post, "/wallet/top-ups", body, person);
        Assert.Equal((400, "idempotency_key_missing"), (keyless.Status, keyless.Code));
        Assert.Equal(401, (await _server.SendAsync(HttpMethod.Post, "/wallet/top-ups", body, key: NewKey())).Status);
    }

    [Fact]
    public async Task Fifty_equal_top_ups_at_once_are_one_credit()
    {
        var person = await _server.PersonAsync();
        var key = NewKey();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TopUpAsync(_server, person, 30_00, key)));
        Assert.Equal((201, answers[0].Text), Assert.Single(answers.Select(a => (a.Status, a.Text)).Distinct()));
        await CreditedAsync(_server, person, answers[0]);
        var replay = await TopUpAsync(_server, person, 30_00, key);
        Assert.Equal((201, answers[0].Text), (replay.Status, replay.Text));
        Assert.Equal(30_00, await BalanceAsync(_server, person));
        Assert.Equal(1, await CountAsync(_server, person));
    }

    [Fact]
    public async Task The_same_key_with_another_amount_or_by_another_person_is_refused()
    {
        var person = await _server.PersonAsync();
        var key = NewKey();
        await TopUpAsync(_server, person, 30_00, key);
        Assert.Equal("idempotency_key_reused", (await TopUpAsync(_server, person, 31_00, key)).Code);
        Assert.Equal("idempotency_key_reused", (await TopUpAsync(
            _server, await _server.PersonAsync(), 30_00, key)).Code);
    }

    [Fact]
    public async Task A_declined_top_up_fails_and_credits_nothing()
    {
        var person = await _server.PersonAsync();
        var made = await TopUpAsync(_server, person, SandboxProvider.DeclinedMinor);
        await StateAsync(_server, person, made, "failed");
        Assert.Equal(0, await BalanceAsync(_server, person));
    }

    [Fact]
    public async Task Top_ups_are_shown_to_their_owner_and_operators_alone()
    {
        var person = await _server.PersonAsync();
        var made = await TopUpAsync(_server, person, 5_00);
        var path = $"/wallet/top-ups/{made.Json.GetProperty("id").GetGuid()}";
        var boss = await _server.PersonWithRolesAsync("manager");
        Assert.Equal(5_00, (await _server.GetAsync(path, boss)).Json.GetProperty("amount_minor").GetInt64());
        Assert.Equal("top_up_not_found", (await _server.GetAsync(path, await _server.PersonAsync())).Code);
        Assert.Equal("top_up_not_found", (await _server.GetAsync("/wallet/top-ups/nonsense", person)).Code);
        Assert.Equal("top_up_not_found", (await _server.GetAsync($"/wallet/top-ups/{Guid.Empty}", person)).Code);
    }

    /// <summary>Fault of S1: whoever called the top-up route had the money.</summary>
    [Fact]
    public async Task Fault_S1_free_top_up_without_the_providers_word_never_credits()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 100_00);
        Assert.Equal(201, made.Status);
        foreach (var path in new[] { "/wallet", "/wallet/top-ups", $"/users/{person.Id}" })
            await server.SendAsync(
                HttpMethod.Put, path, new { balance_minor = 100_00, state = "credited" }, person);
        Assert.Equal(401, await PostAsync(server, "evt_forged", MessageFor("pay_any"), new("v1,AAAA")));
        Assert.Equal(0, await BalanceAsync(server, person));
        await StateAsync(server, person, made, "provider_pending");
        Assert.Equal(0, await BalanceAsync(server, person));
        Assert.Empty((await server.GetAsync("/wallet/entries", person)).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Duplicates_replays_and_second_events_of_one_payment_credit_once()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        var message = MessageFor(await PaymentOfAsync(server, made));
        var same = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SignedAsync(server, "evt_1", message)));
        Assert.All(same, status => Assert.Equal(200, status));
        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => SignedAsync(server, $"evt_o{i}", message)));
        Assert.All(others, status => Assert.Equal(200, status));
        await CreditedAsync(server, person, made);
        await InboxEmptyAsync(server);
        Assert.Equal(40_00, await BalanceAsync(server, person));
        Assert.Equal(20, await server.ScalarAsync<long>(
            "select count(*) from provider_inbox where note = 'already_credited'"));
        Assert.Empty(await server.Get<GeneralLedger>().AuditAsync(default));
    }

    [Fact]
    public async Task Forged_altered_and_stale_messages_are_refused()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        var message = MessageFor(await PaymentOfAsync(server, made));
        var key = server.Get<SandboxProvider>().WebhookKeys[0];
        var now = server.Clock.GetUtcNow();
        var good = WebhookSignature.Sign(key, "evt_1", now, message);
        var old = WebhookSignature.Sign(key, "evt_1", now - TimeSpan.FromSeconds(301), message);
        var early = WebhookSignature.Sign(key, "evt_1", now + TimeSpan.FromSeconds(301), message);
        var foreign = WebhookSignature.Sign(new byte[32], "evt_1", now, message);
        byte[] reserialised = [.. message, (byte)' '];

        Assert.Equal(401, await PostAsync(server, null, message, new(null)));
        Assert.Equal(401, await PostAsync(server, good, reserialised));
        Assert.Equal(401, await PostAsync(server, good with { Id = "evt_2" }, message));
        Assert.Equal(401, await PostAsync(server, good with { Timestamp = $"{now.ToUnixTimeSeconds() + 1}" }, message));
        Assert.Equal(401, await PostAsync(server, good with { Timestamp = "yesterday" }, message));
        Assert.Equal(401, await PostAsync(server, good with { Signature = "v1,!!!" }, message));
        Assert.Equal(401, await PostAsync(server, good with { Signature = "" }, message));
        Assert.Equal(401, await PostAsync(server, foreign, message));
        Assert.Equal(401, await PostAsync(server, old, message));
        Assert.Equal(401, await PostAsync(server, early, message));
        Assert.Equal(0, await server.ScalarAsync<long>("select count(*) from provider_inbox"));
        Assert.Equal(0, await BalanceAsync(server, person));

        var both = good with { Signature = $"{foreign.Signature} {good.Signature}" };
        Assert.Equal(200, await PostAsync(server, both, message));
        await CreditedAsync(server, person, made);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Post, "/webhooks/nobody", new { })).Status);
    }

    [Fact]
    public async Task A_message_larger_than_any_real_one_is_not_read() =>
        Assert.Equal(413, await SignedAsync(_server, "evt_large", new byte[65 * 1024]));

    [Fact]
    public async Task Messages_about_nothing_we_know_are_stored_and_harmless()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        await server.ExecuteAsync(
            """
            insert into sandbox_payment (id, reference, amount_minor, currency, status, created_at)
            values ('pay_stranger', '11111111-1111-7111-8111-111111111111', 500, 'INR', 'succeeded', now())
            """);
        Assert.Equal(200, await SignedAsync(server, "evt_unknown", MessageFor("pay_nobody")));
        Assert.Equal(200, await SignedAsync(server, "evt_garbage", [1, 2, 3]));
        Assert.Equal(200, await SignedAsync(server, "evt_empty", "{}"u8.ToArray()));
        Assert.Equal(200, await SignedAsync(server, "evt_stranger", MessageFor("pay_stranger")));
        await InboxEmptyAsync(server);
        var notes = await server.ScalarAsync<string[]>(
            "select array_agg(note order by event_id) from provider_inbox");
        Assert.Equal(["unreadable", "unreadable", "top_up_unknown", "payment_unknown"], notes);
    }

    [Theory]
    [InlineData("update sandbox_payment set amount_minor = amount_minor + 1")]
    [InlineData("update sandbox_payment set currency = 'PLN'")]
    public async Task Another_amount_or_currency_is_left_to_people(string change)
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        var payment = await PaymentOfAsync(server, made);
        await server.ExecuteAsync(change);
        await SignedAsync(server, "evt_1", MessageFor(payment));
        await InboxEmptyAsync(server);
        Assert.Equal("amount_mismatch", await server.ScalarAsync<string>("select note from top_up"));
        Assert.Equal("exception", await server.ScalarAsync<string>("select state from provider_inbox"));
        Assert.Equal(0, await BalanceAsync(server, person));
    }

    [Fact]
    public async Task What_people_have_looked_at_is_given_up_where_it_is_open_and_not_raised_again()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        var (id, payment) = (made.Json.GetProperty("id").GetGuid(), await PaymentOfAsync(server, made));
        await server.ExecuteAsync("update sandbox_payment set amount_minor = 4001");
        await SignedAsync(server, "evt_1", MessageFor(payment));
        await InboxEmptyAsync(server);
        var boss = await server.PersonWithRolesAsync("manager");
        var auditor = await server.PersonWithRolesAsync("auditor");
        var listed = (await server.GetAsync("/top-ups", auditor)).Json.GetProperty("items");
        Assert.Equal(
            (id, person.Id, payment, "amount_mismatch"),
            (listed[0].GetProperty("id").GetGuid(), listed[0].GetProperty("user_id").GetGuid(),
                listed[0].GetProperty("provider_payment_id").GetString(), listed[0].GetProperty("note").GetString()));

        Assert.Equal(403, (await server.GetAsync("/top-ups", person)).Status);
        Assert.Equal(403, (await ClearAsync(server, id, person)).Status);
        Assert.Equal(403, (await ClearAsync(server, id, auditor)).Status);
        Assert.Equal("top_up_not_found", (await ClearAsync(server, Guid.Empty, boss)).Code);
        var key = NewKey();
        var cleared = await ClearAsync(server, id, boss, key);
        Assert.Equal((200, "failed", "settled_by_staff"), (
            cleared.Status, cleared.Json.GetProperty("state").GetString(),
            cleared.Json.GetProperty("failure_code").GetString()));
        Assert.Equal(cleared.Text, (await ClearAsync(server, id, boss, key)).Text);
        Assert.Equal(200, (await ClearAsync(server, id, boss)).Status);
        Assert.Equal($"person:{boss.Id}", await server.ScalarAsync<string>(
            "select who from audit_entry where what = 'top_up_cleared' and subject = $1", id.ToString()));

        await SignedAsync(server, "evt_2", MessageFor(payment));
        await InboxEmptyAsync(server);
        Assert.Empty((await server.GetAsync("/top-ups", boss)).Json.GetProperty("items").EnumerateArray());
        Assert.Equal("failed", (await server.GetAsync($"/top-ups/{id}", boss)).Json.GetProperty("state").GetString());
        Assert.Equal(0, await BalanceAsync(server, person));
    }

    [Fact]
    public async Task Nobody_clears_their_own_top_up_and_a_paid_one_stays_paid()
    {
        await using var server = await InnerServer.StartAsync();
        var boss = await server.PersonWithRolesAsync("manager");
        var made = await TopUpAsync(server, boss, 40_00);
        await CreditedAsync(server, boss, made);
        var id = made.Json.GetProperty("id").GetGuid();
        var twin = new ProviderPayment("pay_twin", id, new(40_00, "INR"), ProviderPaymentStatus.Succeeded);
        var (settle, provider) = (server.Get<SettleTopUp>(), server.Get<SandboxProvider>());
        await settle.RunAsync(provider, twin, default);
        Assert.Equal((403, "four_eyes"), await CodeAsync(ClearAsync(server, id, boss)));
        var cleared = await ClearAsync(server, id, await server.PersonWithRolesAsync("admin"));
        Assert.Equal((200, "credited"), (cleared.Status, cleared.Json.GetProperty("state").GetString()));
        Assert.Equal(Settlement.PaidTwice, await settle.RunAsync(provider, twin, default));
        Assert.Equal("paid_twice", await server.ScalarAsync<string>(
            "select cleared from top_up where payment = $1 and note is null", id));
    }

    [Fact]
    public async Task A_second_payment_for_the_same_top_up_is_not_credited()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        await CreditedAsync(server, person, made);
        var id = made.Json.GetProperty("id").GetGuid();
        var twin = new ProviderPayment("pay_twin", id, new(40_00, "INR"), ProviderPaymentStatus.Succeeded);
        Assert.Equal(Settlement.PaidTwice, await server.Get<SettleTopUp>()
            .RunAsync(server.Get<SandboxProvider>(), twin, default));
        Assert.Equal("paid_twice", await server.ScalarAsync<string>("select note from top_up where payment = $1", id));
        Assert.Equal(40_00, await BalanceAsync(server, person));
    }

    [Fact]
    public async Task A_late_success_after_a_failure_is_credited()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        var id = made.Json.GetProperty("id").GetGuid();
        var settle = server.Get<SettleTopUp>();
        var provider = server.Get<SandboxProvider>();
        var payment = new ProviderPayment("pay_x", id, new(40_00, "INR"), ProviderPaymentStatus.Failed);
        Assert.Equal(Settlement.StillPending, await settle.RunAsync(
            provider, payment with { Status = ProviderPaymentStatus.Pending }, default));
        Assert.Equal(Settlement.Failed, await settle.RunAsync(provider, payment, default));
        Assert.Equal(Settlement.Credited, await settle.RunAsync(
            provider, payment with { Status = ProviderPaymentStatus.Succeeded }, default));
        Assert.Equal(Settlement.Failed, await settle.RunAsync(provider, payment, default));
        await StateAsync(server, person, made, "credited");
        Assert.Equal("late", await server.ScalarAsync<string>("select exception from payment where id = $1", id));
        Assert.Equal(40_00, await BalanceAsync(server, person));
    }

    /// <summary>Each planned its credit on the same state: one wins, the others read again.</summary>
    [Fact]
    public async Task Two_payments_for_one_wish_that_succeed_at_once_are_one_credit_and_a_note()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var id = (await TopUpAsync(server, person, 40_00)).Json.GetProperty("id").GetGuid();
        var settled = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => server.Get<SettleTopUp>().RunAsync(
            server.Get<SandboxProvider>(),
            new ProviderPayment($"pay_{i % 2}", id, new(40_00, "INR"), ProviderPaymentStatus.Succeeded), default)));
        Assert.Single(settled, Settlement.Credited);
        Assert.Equal(5, settled.Count(each => each == Settlement.PaidTwice));
        Assert.Equal(40_00, await BalanceAsync(server, person));
        Assert.Equal("paid_twice", await server.ScalarAsync<string>("select note from top_up"));
    }

    [Fact]
    public async Task A_credit_that_the_ledger_refuses_is_left_to_people()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        await using (var connection = await server.Database.DataSource.OpenConnectionAsync())
            Assert.True(await GeneralLedger.CloseAccountAsync(connection, null, $"wallet:{person.Id}", default));
        await SignedAsync(server, "evt_1", MessageFor(await PaymentOfAsync(server, made)));
        await InboxEmptyAsync(server);
        Assert.Equal("account_closed", await server.ScalarAsync<string>("select note from top_up"));
    }

    [Fact]
    public async Task A_missing_message_is_made_good_by_asking_the_provider()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        server.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(0, await BalanceAsync(server, person));
        server.Clock.Advance(TimeSpan.FromSeconds(20));
        await CreditedAsync(server, person, made);
        Assert.Equal(40_00, await BalanceAsync(server, person));
        Assert.Equal(0, await server.ScalarAsync<long>("select count(*) from provider_inbox"));
    }

    [Fact]
    public async Task A_restart_takes_up_what_was_stored_but_not_processed()
    {
        var before = await InnerServer.StartAsync();
        await LoseWebhooksAsync(before);
        var person = await before.PersonAsync();
        var made = await TopUpAsync(before, person, 40_00);
        var payment = await PaymentOfAsync(before, made);
        await before.DisposeAsync();
        await before.ExecuteAsync(
            """
            insert into provider_inbox (source, event_id, raw, received_at, next_at)
            values ('sandbox', 'evt_left', $1, now() - interval '1 minute', now() - interval '1 minute')
            """, MessageFor(payment));
        await using var after = await InnerServer.StartAsync(new() { On = before });
        await CreditedAsync(after, person, made);
        Assert.Equal(40_00, await BalanceAsync(after, person));
    }

    [Fact]
    public async Task A_restart_asks_for_the_money_of_a_top_up_that_was_only_recorded()
    {
        var before = await InnerServer.StartAsync();
        await LoseWebhooksAsync(before);
        var person = await before.PersonAsync();
        var made = await TopUpAsync(before, person, 40_00);
        await before.DisposeAsync();
        // Waits for what the server left under way.
        await before.ExecuteAsync("truncate sandbox_payment cascade");
        await before.ExecuteAsync("alter table sandbox_event alter column delivered_at drop default");
        await before.ExecuteAsync("update payment set state = 'created'");
        await before.ExecuteAsync("update top_up set provider_payment_id = null, poll_at = now()");
        before.Clock.Advance(TimeSpan.FromMinutes(1));
        await using var after = await InnerServer.StartAsync(new() { On = before });
        // The first try may meet a ledger that is not open yet; the next one is due minutes later.
        await Eventually.HoldsAsync(async () => await after.ScalarAsync<int>("select polls from top_up") > 0);
        after.Clock.Advance(TimeSpan.FromMinutes(6));
        await CreditedAsync(after, person, made);
        Assert.Equal(40_00, await BalanceAsync(after, person));
    }

    [Fact]
    public async Task A_message_that_cannot_be_processed_now_is_tried_again()
    {
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var made = await TopUpAsync(server, person, 40_00);
        var payment = await PaymentOfAsync(server, made);
        await server.ExecuteAsync("alter table sandbox_payment rename to sandbox_payment_away");
        Assert.Equal(200, await SignedAsync(server, "evt_1", MessageFor(payment)));
        await Eventually.HoldsAsync(async () =>
            await server.ScalarAsync<int>("select attempts from provider_inbox") == 1);
        await server.ExecuteAsync("alter table sandbox_payment_away rename to sandbox_payment");
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        await CreditedAsync(server, person, made);
    }

    /// <summary>Many messages at once about many payments, in any order and each several times.</summary>
    [Fact]
    public async Task A_burst_of_messages_is_stored_at_once_and_credits_each_payment_once()
    {
        const int TopUps = 20;
        const int MessagesOfEach = 50;
        await using var server = await InnerServer.StartAsync();
        await LoseWebhooksAsync(server);
        var person = await server.PersonAsync();
        var payments = new List<string>();
        for (var i = 0; i < TopUps; i++)
            payments.Add(await PaymentOfAsync(server, await TopUpAsync(server, person, 10_00)));
        var messages = Enumerable.Range(0, TopUps * MessagesOfEach).Select(i => (Id: $"evt_{i}", Of: i % TopUps))
            .ToArray();
        new Random(8).Shuffle(messages);
        await Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (message, _) =>
            Assert.Equal(200, await SignedAsync(server, message.Id, MessageFor(payments[message.Of]))));
        await Eventually.HoldsAsync(
            async () => await server.ScalarAsync<long>("select count(*) from provider_inbox where state = 'new'") == 0);
        Assert.Equal(TopUps * 10_00, await BalanceAsync(server, person));
        Assert.Equal(TopUps, await server.ScalarAsync<long>(
            "select count(*) from provider_inbox where note = 'credited'"));
        Assert.Empty(await server.Get<GeneralLedger>().AuditAsync(default));
    }

    private static Task<TestAnswer> ClearAsync(InnerServer server, Guid id, TestPerson by, string? key = null) =>
        server.SendAsync(HttpMethod.Post, $"/top-ups/{id}/clear", null, by, key);

    private static async Task<(int, string?)> CodeAsync(Task<TestAnswer> sent)
    {
        var answer = await sent;
        return (answer.Status, answer.Code);
    }

    private static string NewKey() => Ids.Next(TimeProvider.System).ToString();

    private static Task<TestAnswer> TopUpAsync(
        InnerServer server, TestPerson person, long amountMinor, string? key = null) =>
        server.SendAsync(HttpMethod.Post, "/wallet/top-ups",
            new { amount_minor = amountMinor, currency = "INR" }, person, key ?? NewKey());

    private static async Task<long> BalanceAsync(InnerServer server, TestPerson person) =>
        (await server.Get<GeneralLedger>().AccountAsync($"wallet:{person.Id}", default))!.BalanceMinor;

    private static Task<long> CountAsync(InnerServer server, TestPerson person) =>
        server.ScalarAsync<long>("select count(*) from payment where kind = 'top_up' and person = $1", person.Id);

    private static Task CreditedAsync(InnerServer server, TestPerson person, TestAnswer made) =>
        StateAsync(server, person, made, "credited");

    private static Task StateAsync(InnerServer server, TestPerson person, TestAnswer made, string state)
    {
        var id = made.Json.GetProperty("id").GetGuid();
        return Eventually.HoldsAsync(async () => await server.ScalarAsync<string>(
            $"select state from {TopUps.Table} where id = $1 and person = $2", id, person.Id) == state);
    }

    private static Task InboxEmptyAsync(InnerServer server) => Eventually.HoldsAsync(async () =>
        await server.ScalarAsync<long>("select count(*) from provider_inbox where state = 'new'") == 0);

    /// <summary>The provider is asked beside the answer, so its payment may come a moment later.</summary>
    private static async Task<string> PaymentOfAsync(InnerServer server, TestAnswer made)
    {
        var topUp = made.Json.GetProperty("id").GetGuid();
        await Eventually.HoldsAsync(async () => await server.ScalarAsync<bool>(
            "select provider_payment_id is not null from top_up where payment = $1", topUp));
        return await server.ScalarAsync<string>("select id from sandbox_payment where reference = $1", topUp);
    }

    /// <summary>From now on the sandbox's messages count as delivered before they were sent.</summary>
    private static Task LoseWebhooksAsync(InnerServer server) => server.ExecuteAsync(
        "alter table sandbox_event alter column delivered_at set default now()");

    private static byte[] MessageFor(string payment) => Encoding.UTF8.GetBytes(
        $$$"""{"id":"x","type":"payment.succeeded","data":{"payment_id":"{{{payment}}}"}}""");

    private static Task<int> SignedAsync(InnerServer server, string eventId, byte[] message) => PostAsync(
        server,
        WebhookSignature.Sign(
            server.Get<SandboxProvider>().WebhookKeys[0], eventId, server.Clock.GetUtcNow(), message),
        message);

    private static Task<int> PostAsync(InnerServer server, string? id, byte[] message, Signature signature) =>
        PostAsync(
            server, new WebhookHeaders(id, $"{server.Clock.GetUtcNow().ToUnixTimeSeconds()}", signature.Text), message);

    private static async Task<int> PostAsync(InnerServer server, WebhookHeaders headers, byte[] message)
    {
        using var content = new ByteArrayContent(message);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/sandbox") { Content = content };
        Add(request, WebhookHeaders.IdName, headers.Id);
        Add(request, WebhookHeaders.TimestampName, headers.Timestamp);
        Add(request, WebhookHeaders.SignatureName, headers.Signature);
        using var answer = await server.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static void Add(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null) request.Headers.TryAddWithoutValidation(name, value);
    }

    private readonly record struct Signature(string? Text);
}
