using System.Net.Http.Headers;
using System.Text.Json;
using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Payments.Stripe;
using Xunit;

namespace SightPay.Server.Tests.Payments.Stripe;

/// <summary>Top-ups through Stripe's wire format, against a local server that misbehaves on purpose.</summary>
public sealed class StripeTests : IAsyncLifetime
{
    private const string Secret = "whsec_present";
    private const string NextSecret = "whsec_next";

    private StripeServer _stripe = null!;
    private InnerServer _server = null!;
    private TestPerson _person = null!;

    public async Task InitializeAsync()
    {
        _stripe = await StripeServer.StartAsync();
        _server = await StartAsync(on: null);
        _person = await _server.PersonAsync();
    }

    private Task<InnerServer> StartAsync(InnerServer? on) => InnerServer.StartAsync(new()
    {
        On = on,
        Payments = settings => settings with
        {
            Provider = "stripe",
            SettleWait = TimeSpan.Zero,
            Stripe = new StripeSettings("sk_test_secret", "pk_test_1", [Secret, NextSecret])
            {
                Address = _stripe.Address, ReturnUrl = new Uri("http://localhost:8000/app/wallet"),
                TryWithin = TimeSpan.FromMilliseconds(500), RetryAfter = TimeSpan.FromMilliseconds(1),
                LeaveAlone = TimeSpan.Zero,
            },
        },
    });

    public async Task DisposeAsync()
    {
        Assert.Empty(await _server.Get<GeneralLedger>().AuditAsync(default));
        await _server.DisposeAsync();
        await _stripe.DisposeAsync();
    }

    [Fact]
    public async Task A_token_pays_and_the_signed_message_credits_once()
    {
        var topUp = await TopUpAsync("tok_visa");
        var payment = await PaymentAsync(topUp);
        var (form, key, version) = Assert.Single(_stripe.Requests);
        Assert.Equal(("4000", "inr", "true"), (form["amount"], form["currency"], form["confirm"]));
        Assert.Equal(($"sightpay-{topUp}", StripeApi.Version), (key, version));
        Assert.Equal(0, await BalanceAsync());
        foreach (var eventId in (string[])["evt_1", "evt_1", "evt_2"])
            Assert.Equal(200, await TellAsync(eventId, payment));
        await StateAsync(topUp, "credited");
        await InboxEmptyAsync();
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Fact]
    public async Task The_report_lists_all_payments_of_a_period_page_by_page_and_only_ours()
    {
        var topUps = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            topUps.Add(await TopUpAsync("tok_visa"));
            await PaymentAsync(topUps[^1]);
        }
        _stripe.Payments.Values.First(each => (string)each["metadata"]!["sightpay_reference"]! == topUps[2].ToString())
            ["metadata"] = new System.Text.Json.Nodes.JsonObject();
        var provider = _server.Get<IPaymentProvider>();
        var now = TimeProvider.System.GetUtcNow();
        var listed = new List<Guid>();
        await foreach (var each in provider.ListAsync(now.AddMinutes(-5), now.AddMinutes(1), default))
            listed.Add(each.Payment.Reference);
        Assert.Equal(topUps.Where((_, i) => i != 2).Order(), listed.Order());
        await foreach (var _ in provider.ListAsync(now.AddMinutes(-9), now.AddMinutes(-8), default)) Assert.Fail("old");
        _stripe.Mood = Misbehaviour.ErrorAfterWork;
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            await foreach (var _ in provider.ListAsync(now.AddMinutes(-5), now, default)) { }
        });
        _stripe.Mood = Misbehaviour.None;
    }

    [Fact]
    public async Task Google_pays_wrapped_token_pays()
    {
        var topUp = await TopUpAsync("""{"id":"tok_from_google","object":"token"}""", "google_pay");
        await PaymentAsync(topUp);
        Assert.Equal("tok_from_google", Assert.Single(_stripe.Requests).Form["payment_method_data[card][token]"]);
    }

    [Fact]
    public async Task A_declined_card_fails_with_its_reason()
    {
        var topUp = await TopUpAsync("tok_declined");
        await StateAsync(topUp, "failed");
        var shown = await _server.GetAsync($"/wallet/top-ups/{topUp}", _person);
        Assert.Equal("insufficient_funds", shown.Json.GetProperty("failure_code").GetString());
    }

    [Theory]
    [InlineData("CutAfterWork")]
    [InlineData("TooMany")]
    [InlineData("GarbageAfterWork")]
    [InlineData("SlowAfterWork")]
    [InlineData("SlowAfterWork CutAfterWork")]
    public async Task A_call_that_goes_wrong_is_repeated_under_its_key_and_takes_the_money_once(string moods)
    {
        _stripe.Misbehave([.. moods.Split(' ').Select(Enum.Parse<Misbehaviour>)]);
        var topUp = await TopUpAsync("tok_visa");
        var payment = await PaymentAsync(topUp);
        Assert.Single(_stripe.Payments);
        Assert.True(_stripe.Requests.Count > 1);
        await TellAsync("evt_1", payment);
        await StateAsync(topUp, "credited");
        Assert.Equal(40_00, await BalanceAsync());
    }

    /// <summary>An error is kept under its key as well as a success is: repeating alone would never end.</summary>
    [Fact]
    public async Task An_error_after_the_work_is_seen_through_by_looking_for_the_payment()
    {
        _stripe.Misbehave(Misbehaviour.ErrorAfterWork);
        var topUp = await TopUpAsync("tok_visa");
        await CallsAsync(topUp, "unknown");
        Assert.Equal("created", await StateOfAsync(topUp));
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await StateAsync(topUp, "credited");
        Assert.Single(_stripe.Payments);
        Assert.Equal(40_00, await BalanceAsync());
    }

    /// <summary>A key is forgotten after a day; the same wish would then take the money once more.</summary>
    [Fact]
    public async Task A_key_that_the_provider_has_forgotten_does_not_take_the_money_twice()
    {
        _stripe.Mood = Misbehaviour.CutAfterWork;
        var topUp = await TopUpAsync("tok_visa");
        await CallsAsync(topUp, "unknown");
        _stripe.ForgetKeys();
        _stripe.Mood = Misbehaviour.None;
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await StateAsync(topUp, "credited");
        Assert.Single(_stripe.Payments);
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Fact]
    public async Task A_lost_refusal_is_found_with_its_reason()
    {
        _stripe.Mood = Misbehaviour.CutAfterWork;
        var topUp = await TopUpAsync("tok_declined");
        await CallsAsync(topUp, "unknown");
        _stripe.Mood = Misbehaviour.None;
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await StateAsync(topUp, "failed");
        Assert.Equal("insufficient_funds", await _server.ScalarAsync<string>(
            "select failure_code from top_up where payment = $1", topUp));
    }

    [Fact]
    public async Task What_could_not_be_begun_within_an_hour_is_given_up_and_takes_nothing()
    {
        _stripe.Mood = Misbehaviour.TooMany;
        var topUp = await TopUpAsync("tok_visa");
        await CallsAsync(topUp, "unknown");
        foreach (var (minutes, polls) in ((int, int)[])[(2, 1), (6, 2), (31, 3)])
        {
            _server.Clock.Advance(TimeSpan.FromMinutes(minutes));
            await Eventually.HoldsAsync(async () => await _server.ScalarAsync<int>(
                "select polls from top_up where payment = $1", topUp) == polls);
        }
        Assert.Equal("created", await StateOfAsync(topUp));
        _stripe.Mood = Misbehaviour.None;
        _server.Clock.Advance(TimeSpan.FromMinutes(61));
        await StateAsync(topUp, "failed");
        Assert.Equal("expired", await _server.ScalarAsync<string>(
            "select failure_code from top_up where payment = $1", topUp));
        Assert.Empty(_stripe.Payments);
    }

    [Fact]
    public async Task A_call_cut_short_by_a_stop_is_looked_for_after_the_restart()
    {
        var topUp = await TopUpAsync("tok_visa");
        await PaymentAsync(topUp);
        await _server.DisposeAsync();
        await _server.ExecuteAsync(
            """
            update top_up set provider_payment_id = null, poll_at = now() - interval '1 minute'
            """);
        await _server.ExecuteAsync("update payment set state = 'created'");
        await _server.ExecuteAsync("update provider_call set state = 'init', ended_at = null");
        _stripe.ForgetKeys();
        _server = await StartAsync(on: _server);
        await StateAsync(topUp, "credited");
        Assert.Single(_stripe.Payments);
    }

    [Fact]
    public async Task A_provider_that_is_silent_holds_nobody_up_and_is_asked_again()
    {
        _stripe.Mood = Misbehaviour.CutAfterWork;
        var topUp = await TopUpAsync("tok_visa");
        await Eventually.HoldsAsync(() => Task.FromResult(_stripe.Requests.Count >= 3));
        Assert.Equal("created", await StateOfAsync(topUp));
        _stripe.Mood = Misbehaviour.None;
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await StateAsync(topUp, "credited");
        Assert.Single(_stripe.Payments);
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Fact]
    public async Task After_five_silent_calls_the_provider_is_left_alone()
    {
        using var api = new StripeApi(
            new StripeSettings("sk_test_secret", "pk_test_1", [Secret])
            {
                Address = _stripe.Address, ReturnUrl = new Uri("http://localhost"),
                RetryAfter = TimeSpan.FromMilliseconds(1),
            }, new SocketsHttpHandler(), TimeProvider.System);
        _stripe.Mood = Misbehaviour.ErrorAfterWork;
        for (var i = 0; i < 4; i++)
            Assert.IsType<ProviderCall<JsonElement>.Unknown>(await api.SendAsync(
                HttpMethod.Get, "/v1/disputes?payment_intent=pi", [], null, default));
        _stripe.Mood = Misbehaviour.None;
        var call = await api.SendAsync(HttpMethod.Get, "/v1/disputes?payment_intent=pi", [], null, default);
        Assert.Contains(
            "left alone", Assert.IsType<ProviderCall<JsonElement>.Unknown>(call).Why);
    }

    [Fact]
    public async Task A_bank_that_asks_back_gives_the_person_somewhere_to_go()
    {
        var topUp = await TopUpAsync("tok_action");
        await StateAsync(topUp, "action_needed");
        var shown = await _server.GetAsync($"/wallet/top-ups/{topUp}", _person);
        Assert.Equal(
            "https://bank.example/approve", shown.Json.GetProperty("next_action").GetProperty("url").GetString());
        var payment = await PaymentAsync(topUp);
        _stripe.Set(payment, "succeeded");
        await TellAsync("evt_1", payment);
        await StateAsync(topUp, "credited");
    }

    [Fact]
    public async Task Forged_stale_foreign_and_altered_messages_are_refused()
    {
        var payment = await PaymentAsync(await TopUpAsync("tok_visa"));
        var body = Message("evt_1", payment);
        var now = _server.Clock.GetUtcNow();
        Assert.Equal(401, await PostAsync(body, null));
        Assert.Equal(401, await PostAsync(body, "t=1,v1=00"));
        Assert.Equal(401, await PostAsync(body, StripeSignature.Sign("whsec_foreign", now, body)));
        Assert.Equal(401, await PostAsync([.. body, (byte)' '], StripeSignature.Sign(Secret, now, body)));
        Assert.Equal(401, await PostAsync(body, StripeSignature.Sign(Secret, now.AddSeconds(-301), body)));
        Assert.Equal(0, await _server.ScalarAsync<long>("select count(*) from provider_inbox"));
        var rolled = StripeSignature.Sign(NextSecret, now, body);
        Assert.Equal(200, await PostAsync(body, $"{rolled},v1={new string('0', 64)}"));
        await InboxEmptyAsync();
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Fact]
    public async Task A_live_accounts_message_is_none_of_a_test_installations()
    {
        var payment = await PaymentAsync(await TopUpAsync("tok_visa"));
        var body = Message("evt_1", payment, live: true);
        Assert.Equal(200, await PostAsync(body, StripeSignature.Sign(Secret, _server.Clock.GetUtcNow(), body)));
        await InboxEmptyAsync();
        Assert.Equal(0, await BalanceAsync());
    }

    [Fact]
    public async Task Another_amount_is_left_to_people()
    {
        var topUp = await TopUpAsync("tok_visa");
        var payment = await PaymentAsync(topUp);
        _stripe.Payments[payment]["amount"] = 4001;
        await HearAsync("evt_1", payment);
        Assert.Equal(
            "amount_mismatch", await _server.ScalarAsync<string>("select note from top_up where payment = $1", topUp));
        Assert.Equal(0, await BalanceAsync());
    }

    [Fact]
    public async Task A_chargeback_takes_the_wallet_and_the_rest_is_owed_and_won_it_comes_back()
    {
        var topUp = await TopUpAsync("tok_visa");
        var payment = await PaymentAsync(topUp);
        // The bank's objection overtakes the news of the payment itself.
        await ObjectAsync(payment, "needs_response", 40_00);
        Assert.Equal((0, 0), (await BalanceAsync(), await OwedAsync()));
        Assert.Equal("open", await DisputeAsync(topUp));
        await ObjectAsync(payment, "won", 40_00);
        Assert.Equal((40_00, 0), (await BalanceAsync(), await OwedAsync()));
        Assert.Equal("won", await DisputeAsync(topUp));
    }

    [Fact]
    public async Task A_decision_on_an_objection_whose_message_is_lost_is_asked_for()
    {
        var (topUp, payment) = await PaidAsync();
        await ObjectAsync(payment, "needs_response", 15_00);
        _stripe.Disputes[payment] = ("won", 15_00);
        _server.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(async () => await DisputeAsync(topUp) == "won");
        Assert.Equal(40_00, await BalanceAsync());
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_chargeback_of_spent_money_is_a_debt_that_the_next_top_up_pays()
    {
        var first = await TopUpAsync("tok_visa");
        var payment = await PaymentAsync(first);
        await TellAsync("evt_1", payment);
        await StateAsync(first, "credited");
        await SpendAsync(30_00);
        _stripe.Disputes[payment] = ("lost", 40_00);
        await TellAsync("evt_2", payment);
        await HearAsync("evt_3", payment);
        Assert.Equal("lost", await DisputeAsync(first));
        Assert.Equal((0, 30_00), (await BalanceAsync(), await OwedAsync()));
        var second = await TopUpAsync("tok_visa");
        await TellAsync("evt_4", await PaymentAsync(second));
        await StateAsync(second, "credited");
        Assert.Equal((10_00, 0), (await BalanceAsync(), await OwedAsync()));
    }

    [Fact]
    public async Task A_bank_that_objects_to_a_part_takes_that_part()
    {
        var (_, payment) = await PaidAsync();
        await ObjectAsync(payment, "needs_response", 15_00);
        Assert.Equal(25_00, await BalanceAsync());
        await ObjectAsync(payment, "won", 15_00);
        Assert.Equal(40_00, await BalanceAsync());
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_customer_who_never_comes_back_from_their_bank_is_given_up()
    {
        var topUp = await TopUpAsync("tok_action");
        await StateAsync(topUp, "action_needed");
        await AgeAsync(topUp);
        await StateAsync(topUp, "failed");
        Assert.Equal("canceled", (string)_stripe.Payments.Values.Single()["status"]!);
        Assert.Equal("abandoned", await _server.ScalarAsync<string>(
            "select failure_code from top_up where payment = $1", topUp));
        await CallsAsync(topUp, "failed");
    }

    [Fact]
    public async Task One_whose_bank_said_yes_at_the_last_moment_is_credited()
    {
        var topUp = await TopUpAsync("tok_action");
        await StateAsync(topUp, "action_needed");
        _stripe.Set(await PaymentAsync(topUp), "succeeded");
        await AgeAsync(topUp);
        await StateAsync(topUp, "credited");
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Theory]
    [InlineData("None")]
    [InlineData("CutAfterWork")]
    [InlineData("ErrorAfterWork")]
    [InlineData("GarbageAfterWork")]
    public async Task Money_goes_back_to_the_card_once_whatever_becomes_of_the_call(string mood)
    {
        var topUp = await CreditedAsync();
        _stripe.Misbehave(Enum.Parse<Misbehaviour>(mood));
        var refund = await RefundAsync(topUp, 15_00);
        Assert.Equal(25_00, await BalanceAsync());
        await Eventually.HoldsAsync(async () =>
        {
            _server.Clock.Advance(TimeSpan.FromMinutes(2));
            return await RefundStateAsync(refund) == "done";
        });
        Assert.Equal(15_00, (long)Assert.Single(_stripe.Refunds.Values)["amount"]!);
        Assert.Equal(25_00, await BalanceAsync());
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_refund_that_the_provider_refuses_is_in_the_wallet_again()
    {
        var topUp = await CreditedAsync();
        _stripe.RefundInDashboard(await PaymentAsync(topUp), 30_00);
        var refund = await RefundAsync(topUp, 40_00);
        await Eventually.HoldsAsync(async () => await RefundStateAsync(refund) == "failed");
        // What stood in its way is booked at once, though no message has told of it.
        await Eventually.HoldsAsync(async () => await BalanceAsync() == 10_00);
        Assert.Equal(1, await _server.ScalarAsync<long>("select count(*) from top_up_refund where asked_by is null"));
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_refund_that_fails_after_it_had_succeeded_is_in_the_wallet_again_once()
    {
        var topUp = await CreditedAsync();
        var refund = await RefundAsync(topUp, 40_00);
        await Eventually.HoldsAsync(async () => await RefundStateAsync(refund) == "done");
        var told = _stripe.Refunds.Values.Single();
        (told["status"], told["failure_reason"]) = ("failed", "lost_or_stolen_card");
        foreach (var eventId in (string[])["evt_f1", "evt_f2"])
            await TellAsync(eventId, await PaymentAsync(topUp));
        await InboxEmptyAsync();
        Assert.Equal(("failed", 40_00L), (await RefundStateAsync(refund), await BalanceAsync()));
        // What came back can be sent again.
        await RefundAsync(topUp, 40_00);
        Assert.Equal(0, await BalanceAsync());
    }

    [Fact]
    public async Task A_part_that_a_bank_keeps_leaves_the_rest_and_nothing_more_goes_back_by_wish()
    {
        var (topUp, payment) = await PaidAsync();
        await ObjectAsync(payment, "lost", 15_00);
        Assert.Equal("captured 1500 lost", await StoredAsync(topUp));
        var refused = await SendRefundAsync(topUp, new { });
        Assert.Equal((409, "top_up_disputed"), (refused.Status, refused.Code));
        Assert.Equal(25_00, await BalanceAsync());
        await ReceiptsFitAsync();
    }

    /// <summary>The dashboard's refund is a fact, and the bank's decision may still bring money back.</summary>
    [Theory]
    [InlineData("won", "captured 2500 won", 15_00)]
    [InlineData("lost", "refunded 4000 lost", 0)]
    public async Task What_goes_back_in_the_dashboard_beside_an_objection_is_booked_and_the_decision_too(
        string decision, string stored, long balance)
    {
        var (topUp, payment) = await PaidAsync();
        await ObjectAsync(payment, "needs_response", 15_00);
        // It was made before the bank objected, and is listed late.
        _stripe.Disputes.Remove(payment, out var objection);
        _stripe.RefundInDashboard(payment, 25_00);
        _stripe.Disputes[payment] = objection;
        await HearAsync("evt_r", payment);
        Assert.Equal(("captured 4000 open", 0L), (await StoredAsync(topUp), await BalanceAsync()));
        await ObjectAsync(payment, decision, 15_00);
        Assert.Equal((stored, balance), (await StoredAsync(topUp), await BalanceAsync()));
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_refund_made_in_the_dashboard_leaves_the_wallet_and_what_it_lacks_is_owed()
    {
        var (_, payment) = await PaidAsync();
        await SpendAsync(30_00);
        _stripe.RefundInDashboard(payment, 25_00);
        foreach (var eventId in (string[])["evt_r1", "evt_r2"]) await TellAsync(eventId, payment);
        await InboxEmptyAsync();
        Assert.Equal((0, 15_00), (await BalanceAsync(), await OwedAsync()));
        Assert.Equal(1, await _server.ScalarAsync<long>("select count(*) from top_up_refund where asked_by is null"));
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task What_a_bank_takes_back_is_not_given_back_beside()
    {
        var (topUp, payment) = await PaidAsync();
        await ObjectAsync(payment, "needs_response", 10_00);
        var refused = await SendRefundAsync(topUp, new { amount = new { amount_minor = 10_00, currency = "INR" } });
        Assert.Equal((409, "top_up_disputed"), (refused.Status, refused.Code));
        Assert.Empty(_stripe.Refunds);
    }

    /// <summary>The bank has objected, and nobody here knows of it yet.</summary>
    [Fact]
    public async Task A_refund_that_an_objection_stops_makes_room_for_it()
    {
        var topUp = await CreditedAsync();
        _stripe.Disputes[await PaymentAsync(topUp)] = ("needs_response", 40_00);
        var refund = await RefundAsync(topUp, 15_00);
        await Eventually.HoldsAsync(async () => await DisputeAsync(topUp) == "open");
        Assert.Equal(("failed", "charge_disputed"), (await RefundStateAsync(refund), await _server.ScalarAsync<string>(
            "select failure_code from top_up_refund where id = $1", refund)));
        Assert.Equal((0, 0), (await BalanceAsync(), await OwedAsync()));
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task An_objection_beside_a_refund_under_way_waits_for_what_becomes_of_that()
    {
        var (topUp, payment) = await PaidAsync();
        _stripe.RefundStatus = "pending";
        var refund = await RefundAsync(topUp, 15_00);
        await Eventually.HoldsAsync(async () => await RefundStateAsync(refund) == "provider_pending");
        await ObjectAsync(payment, "needs_response", 40_00);
        Assert.Equal((25_00, "refund_above_captured"), (await BalanceAsync(), await NoteAsync(topUp)));
        _stripe.Refunds.Values.Single()["status"] = "failed";
        await HearAsync("evt_failed", payment);
        Assert.Equal(("failed", "open"), (await RefundStateAsync(refund), await DisputeAsync(topUp)));
        Assert.Equal((0, 0, ""), (await BalanceAsync(), await OwedAsync(), await NoteAsync(topUp)));
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_refund_that_was_never_made_is_asked_for_again()
    {
        var topUp = await CreditedAsync();
        _stripe.Misbehave(Misbehaviour.ErrorInsteadOfWork);
        var refund = await RefundAsync(topUp, 15_00);
        await CallsAsync(refund, "unknown");
        Assert.Equal(("created", 25_00L), (await RefundStateAsync(refund), await BalanceAsync()));
        _stripe.ForgetKeys();
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await Eventually.HoldsAsync(async () => await RefundStateAsync(refund) == "done");
        Assert.Single(_stripe.Refunds);
        Assert.Equal(25_00, await BalanceAsync());
    }

    [Fact]
    public async Task A_refund_that_the_provider_made_after_all_is_left_to_people()
    {
        var (topUp, payment) = await PaidAsync();
        var refund = await RefundAsync(topUp, 15_00);
        await Eventually.HoldsAsync(async () => await RefundStateAsync(refund) == "done");
        foreach (var (status, eventId) in new[] { ("failed", "evt_f"), ("succeeded", "evt_s") })
        {
            _stripe.Refunds.Values.Single()["status"] = status;
            await TellAsync(eventId, payment);
            await InboxEmptyAsync();
        }
        Assert.Equal((40_00, "refund_paid_after_failure"), (await BalanceAsync(), await NoteAsync(topUp)));
    }

    [Fact]
    public async Task A_wish_that_was_given_up_and_is_paid_after_all_is_credited()
    {
        var topUp = await TopUpAsync("tok_action");
        await StateAsync(topUp, "action_needed");
        await AgeAsync(topUp);
        await StateAsync(topUp, "failed");
        foreach (var payment in _stripe.Payments.Keys) _stripe.Set(payment, "succeeded");
        await TellAsync("evt_late", await PaymentAsync(topUp));
        await StateAsync(topUp, "credited");
        Assert.Equal(40_00, await BalanceAsync());
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task A_wish_that_could_not_be_begun_and_is_paid_after_all_is_credited()
    {
        _stripe.Mood = Misbehaviour.TooMany;
        var topUp = await TopUpAsync("tok_visa");
        await CallsAsync(topUp, "unknown");
        _stripe.Mood = Misbehaviour.None;
        await AgeAsync(topUp);
        await StateAsync(topUp, "failed");
        await TellAsync("evt_late", _stripe.PayLate(topUp, 40_00));
        await StateAsync(topUp, "credited");
        Assert.Equal(40_00, await BalanceAsync());
        await ReceiptsFitAsync();
    }

    [Fact]
    public async Task What_went_back_in_a_period_is_listed_page_by_page_whenever_it_was_paid()
    {
        var (_, payment) = await PaidAsync();
        for (var i = 0; i < 5; i++) _stripe.RefundInDashboard(payment, 1_00);
        _stripe.Disputes["pi_of_others"] = ("needs_response", 1);
        var provider = _server.Get<IPaymentProvider>();
        var now = TimeProvider.System.GetUtcNow();
        var listed = await provider.ListReturnsAsync(now.AddMinutes(-5), now.AddMinutes(1), default).ToListAsync();
        Assert.Equal(
            [.. Enumerable.Repeat(payment, 5), "pi_of_others"], listed.Select(each => each.PaymentId));
        Assert.Empty(await provider.ListReturnsAsync(now.AddMinutes(-9), now.AddMinutes(-8), default).ToListAsync());
        await HearAsync("evt_r", payment);
        Assert.Equal(35_00, await BalanceAsync());
    }

    [Fact]
    public async Task A_second_payment_for_a_paid_wish_is_left_to_people()
    {
        var topUp = await CreditedAsync();
        var twin = (System.Text.Json.Nodes.JsonObject)_stripe.Payments.Values.Single().DeepClone();
        twin["id"] = "pi_twin";
        _stripe.Payments["pi_twin"] = twin;
        _stripe.Disputes["pi_twin"] = ("lost", 40_00);
        await HearAsync("evt_twin", "pi_twin");
        Assert.Equal(40_00, await BalanceAsync());
        Assert.Equal("paid_twice", await NoteAsync(topUp));
    }

    [Theory]
    [InlineData("4242424242424242", "card_number_refused")]
    [InlineData("4242 4242 4242 4242", "card_number_refused")]
    [InlineData("not a token", "payment_method_invalid")]
    public async Task A_card_number_never_gets_in(string token, string code)
    {
        var refused = await SendAsync(token, "card");
        Assert.Equal((422, code), (refused.Status, refused.Code));
        Assert.Empty(_stripe.Requests);
        Assert.Equal(0, await _server.ScalarAsync<long>("select count(*) from top_up"));
        Assert.DoesNotContain(token, refused.Text);
        Assert.DoesNotContain(token, _server.Log);
    }

    [Fact]
    public async Task Stripes_parameters_are_offered_and_its_secret_is_not()
    {
        var methods = await _server.GetAsync("/payment-methods", _person);
        Assert.Equal("stripe", methods.Json.GetProperty("provider").GetString());
        Assert.Contains("pk_test_1", methods.Text);
        Assert.DoesNotContain("sk_test_secret", methods.Text);
        var settings = new StripeSettings("sk_live_x", "pk", []) { ReturnUrl = new("http://x") };
        Assert.Equal("StripeSettings", settings.ToString());
    }

    private Task<TestAnswer> SendAsync(string token, string type) => _server.SendAsync(
        HttpMethod.Post, "/wallet/top-ups",
        new { amount_minor = 40_00, currency = "INR", method = new { type, token } }, _person,
        Ids.Next(TimeProvider.System).ToString());

    private async Task<Guid> TopUpAsync(string token, string type = "card")
    {
        var made = await SendAsync(token, type);
        Assert.True(made.Status == 201, made.Text);
        return made.Json.GetProperty("id").GetGuid();
    }

    private async Task<Guid> CreditedAsync()
    {
        var topUp = await TopUpAsync("tok_visa");
        await TellAsync($"evt_of_{topUp}", await PaymentAsync(topUp));
        await StateAsync(topUp, "credited");
        return topUp;
    }

    private async Task<(Guid TopUp, string Payment)> PaidAsync()
    {
        var topUp = await CreditedAsync();
        return (topUp, await PaymentAsync(topUp));
    }

    /// <summary>The provider's message, and all that it leads to.</summary>
    private async Task HearAsync(string eventId, string payment)
    {
        await TellAsync(eventId, payment);
        await InboxEmptyAsync();
    }

    /// <summary>A bank objects, or has decided, and the provider says so.</summary>
    private Task ObjectAsync(string payment, string state, long amountMinor)
    {
        _stripe.Disputes[payment] = (state, amountMinor);
        return HearAsync($"evt_{state}", payment);
    }

    /// <summary>The wish is more than a day old, and it is time to ask about it.</summary>
    private async Task AgeAsync(Guid topUp)
    {
        await _server.ExecuteAsync(
            "update payment set created_at = created_at - interval '25 hours' where id = $1", topUp);
        await _server.ExecuteAsync("update top_up set poll_at = now() where payment = $1", topUp);
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
    }

    private Task<TestAnswer> SendRefundAsync(Guid topUp, object body) => _server.SendAsync(
        HttpMethod.Post, $"/wallet/top-ups/{topUp}/refunds", body, _person, Ids.Next(TimeProvider.System).ToString());

    private async Task<Guid> RefundAsync(Guid topUp, long amountMinor)
    {
        var made = await SendRefundAsync(topUp, new { amount = new { amount_minor = amountMinor, currency = "INR" } });
        Assert.True(made.Status == 201, made.Text);
        return made.Json.GetProperty("id").GetGuid();
    }

    private Task<string> RefundStateAsync(Guid refund) =>
        _server.ScalarAsync<string>("select state from top_up_refund where id = $1", refund);

    private async Task ReceiptsFitAsync() => Assert.Empty(
        await _server.Get<SightPay.Server.Receipts.ReceiptAudit>().DifferencesAsync(default));

    private async Task<string> PaymentAsync(Guid topUp)
    {
        await Eventually.HoldsAsync(async () => await _server.ScalarAsync<bool>(
            "select provider_payment_id is not null from top_up where payment = $1", topUp));
        return await _server.ScalarAsync<string>("select provider_payment_id from top_up where payment = $1", topUp);
    }

    private Task<int> TellAsync(string eventId, string payment)
    {
        var body = Message(eventId, payment);
        return PostAsync(body, StripeSignature.Sign(Secret, _server.Clock.GetUtcNow(), body));
    }

    private static byte[] Message(string eventId, string payment, bool live = false) =>
        JsonSerializer.SerializeToUtf8Bytes(new
        {
            id = eventId, @object = "event", type = "payment_intent.succeeded", livemode = live,
            data = new { @object = new { id = payment, @object = "payment_intent" } },
        });

    private async Task<int> PostAsync(byte[] body, string? signature)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/stripe") { Content = content };
        if (signature is not null) request.Headers.TryAddWithoutValidation(StripeSignature.HeaderName, signature);
        using var answer = await _server.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private async Task SpendAsync(long amountMinor)
    {
        await using (var connection = await _server.Database.DataSource.OpenConnectionAsync())
            await GeneralLedger.OpenAccountsAsync(
                connection, null, [new("shop", "INR", AccountKind.Payable, AccountFlags.None)], default);
        var id = Ids.Next(TimeProvider.System);
        var result = await _server.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = new byte[32],
            Plans =
            [
                new Plan
                {
                    Transfers =
                    [
                        Transfer.Post(
                            Ids.Next(TimeProvider.System), $"wallet:{_person.Id}", "shop", amountMinor,
                            TransferCode.Purchase),
                    ],
                    Compose = _ => new Answer(200, "{}"),
                },
            ],
            Refuse = refusal => new Answer(402, refusal.Code),
        }, default);
        Assert.Equal(ActEnd.Committed, result.End);
    }

    private async Task<long> BalanceAsync() =>
        (await _server.Get<GeneralLedger>().AccountAsync($"wallet:{_person.Id}", default))!.BalanceMinor;

    private async Task<long> OwedAsync() =>
        -(await _server.Get<GeneralLedger>().AccountAsync($"receivable:{_person.Id}", default))!.BalanceMinor;

    private Task<string> DisputeAsync(Guid topUp) =>
        _server.ScalarAsync<string>("select coalesce(dispute, '') from payment where id = $1", topUp);

    private Task<string> StoredAsync(Guid topUp) => _server.ScalarAsync<string>(
        "select concat_ws(' ', state, refunded_minor, dispute) from payment where id = $1", topUp);

    private Task<string> NoteAsync(Guid topUp) =>
        _server.ScalarAsync<string>("select coalesce(note, '') from top_up where payment = $1", topUp);

    /// <summary>How the latest call about a top-up ended.</summary>
    private Task CallsAsync(Guid topUp, string state) => Eventually.HoldsAsync(async () =>
        await _server.ScalarAsync<string>(
            "select coalesce((select state from provider_call where reference = $1 order by id desc limit 1), '')",
            topUp) == state);

    private Task StateAsync(Guid topUp, string state) =>
        Eventually.HoldsAsync(async () => await StateOfAsync(topUp) == state);

    private Task<string> StateOfAsync(Guid topUp) =>
        _server.ScalarAsync<string>($"select state from {TopUps.Table} where id = $1", topUp);

    private Task InboxEmptyAsync() => Eventually.HoldsAsync(async () =>
        await _server.ScalarAsync<long>("select count(*) from provider_inbox where state = 'new'") == 0);
}
