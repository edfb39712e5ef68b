using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Payments.Sandbox;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Each of the sandbox's cards behaves as it says.</summary>
public sealed class SandboxCardTests : IAsyncLifetime
{
    private InnerServer _server = null!;
    private TestPerson _person = null!;

    public async Task InitializeAsync()
    {
        _server = await InnerServer.StartAsync();
        _person = await _server.PersonAsync();
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _server.Get<GeneralLedger>().AuditAsync(default));
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task All_cards_are_offered_and_no_other_is_taken()
    {
        var methods = await _server.GetAsync("/payment-methods", _person);
        Assert.Equal(
            SandboxCard.All.Select(card => card.Token),
            methods.Json.GetProperty("cards").EnumerateArray().Select(card => card.GetProperty("token").GetString()));
        Assert.Equal("payment_method_invalid", (await SendAsync("card_of_nobody")).Code);
    }

    [Theory]
    [InlineData("card_ok")]
    [InlineData("card_twice")]
    public async Task A_card_that_works_is_credited_once(string card)
    {
        var topUp = await TopUpAsync(card);
        await StateAsync(topUp, "credited");
        await InboxEmptyAsync();
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Fact]
    public async Task A_declined_card_fails_with_its_reason()
    {
        var topUp = await TopUpAsync("card_declined");
        await StateAsync(topUp, "failed");
        Assert.Equal("card_declined", (await ShownAsync(topUp)).GetProperty("failure_code").GetString());
    }

    [Fact]
    public async Task A_silent_card_is_asked_again_and_credited_once()
    {
        var topUp = await TopUpAsync("card_timeout");
        await Eventually.HoldsAsync(() => _server.ScalarAsync<bool>(
            "select exists (select from provider_call where reference = $1 and state = 'unknown')", topUp));
        await StateAsync(topUp, "created");
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await StateAsync(topUp, "credited");
        Assert.Equal(40_00, await BalanceAsync());
    }

    [Fact]
    public async Task A_slow_card_is_credited_when_it_says_so()
    {
        var topUp = await TopUpAsync("card_late");
        await StateAsync(topUp, "provider_pending");
        Assert.Equal(0, await BalanceAsync());
        _server.Clock.Advance(SandboxCard.Late + TimeSpan.FromSeconds(6));
        await StateAsync(topUp, "credited");
    }

    [Theory]
    [InlineData("approve", "credited", null, 40_00)]
    [InlineData("refuse", "failed", "authentication_failed", 0)]
    public async Task A_card_that_asks_back_waits_for_its_customer(
        string decision, string state, string? failure, long balance)
    {
        var topUp = await TopUpAsync("card_action");
        await StateAsync(topUp, "action_needed");
        var url = (await ShownAsync(topUp)).GetProperty("next_action").GetProperty("url").GetString()!;
        Assert.Contains("Is this you?", await _server.Http.GetStringAsync(url));
        foreach (var each in (string[])[decision, decision == "approve" ? "refuse" : "approve"])
        {
            using var form = new FormUrlEncodedContent([new("decision", each)]);
            using var answer = await _server.Http.PostAsync(url, form);
        }
        await StateAsync(topUp, state);
        await InboxEmptyAsync();
        Assert.Equal(failure, (await ShownAsync(topUp)).GetProperty("failure_code").GetString());
        Assert.Equal(balance, await BalanceAsync());
    }

    [Theory]
    [InlineData("card_disputed_won", "won", 40_00)]
    [InlineData("card_disputed_lost", "lost", 0)]
    public async Task A_disputed_card_is_taken_back_and_decided(string card, string dispute, long balance)
    {
        var topUp = await TopUpAsync(card);
        await StateAsync(topUp, "credited");
        _server.Clock.Advance(SandboxCard.DisputedAfter + TimeSpan.FromSeconds(6));
        await DisputeAsync(topUp, "open");
        Assert.Equal(0, await BalanceAsync());
        _server.Clock.Advance(SandboxCard.DecidedAfter);
        await DisputeAsync(topUp, dispute);
        Assert.Equal(balance, await BalanceAsync());
    }

    [Fact]
    public async Task Money_goes_back_to_a_card_that_takes_it()
    {
        var topUp = await TopUpAsync("card_ok");
        await StateAsync(topUp, "credited");
        var refund = await RefundAsync(topUp);
        Assert.Equal(0, await BalanceAsync());
        await RefundStateAsync(refund, "done");
        await InboxEmptyAsync();
        Assert.Equal((0L, "success"), (await BalanceAsync(), await _server.ScalarAsync<string>(
            "select state from provider_call where reference = $1", refund)));
    }

    [Fact]
    public async Task Money_for_a_closed_card_is_in_the_wallet_again()
    {
        var topUp = await TopUpAsync("card_refund_fails");
        await StateAsync(topUp, "credited");
        var refund = await RefundAsync(topUp);
        await RefundStateAsync(refund, "provider_pending");
        Assert.Equal(0, await BalanceAsync());
        _server.Clock.Advance(SandboxCard.Late + TimeSpan.FromSeconds(6));
        await RefundStateAsync(refund, "failed");
        Assert.Equal(40_00, await BalanceAsync());
        var lines = (await _server.GetAsync("/wallet/entries", _person)).Json.GetProperty("items").EnumerateArray();
        Assert.Equal(
            ["refund_failed", "refund", "top_up"], lines.Select(line => line.GetProperty("kind").GetString()));
    }

    /// <summary>The bank has objected; its message was lost.</summary>
    [Fact]
    public async Task A_refund_of_what_a_bank_objects_to_fails_and_leads_to_the_objection()
    {
        var topUp = await TopUpAsync("card_disputed_lost");
        await StateAsync(topUp, "credited");
        await _server.ExecuteAsync("delete from sandbox_event");
        await _server.ExecuteAsync("update sandbox_payment set disputed_at = created_at");
        var refund = await RefundAsync(topUp);
        await RefundStateAsync(refund, "failed");
        await Eventually.HoldsAsync(async () => await _server.ScalarAsync<string>(
            "select coalesce(dispute, '') from payment where id = $1", topUp) == "open");
        Assert.Equal(0, await BalanceAsync());
    }

    [Fact]
    public async Task A_card_whose_customer_does_not_come_back_is_given_up()
    {
        var topUp = await TopUpAsync("card_action");
        await StateAsync(topUp, "action_needed");
        await _server.ExecuteAsync(
            "update payment set created_at = created_at - interval '25 hours' where id = $1", topUp);
        await _server.ExecuteAsync("update top_up set poll_at = now() where payment = $1", topUp);
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await StateAsync(topUp, "failed");
        Assert.Equal("abandoned", (await ShownAsync(topUp)).GetProperty("failure_code").GetString());
        using var form = new FormUrlEncodedContent([new("decision", "approve")]);
        var payment = await _server.ScalarAsync<string>("select id from sandbox_payment where reference = $1", topUp);
        using var answer = await _server.Http.PostAsync($"/sandbox/bank/{payment}", form);
        await InboxEmptyAsync();
        Assert.Equal(0, await BalanceAsync());
    }

    [Fact]
    public async Task An_installation_without_a_provider_takes_no_money()
    {
        await using var server = await InnerServer.StartAsync(new()
        {
            Payments = settings => settings with { Provider = "none" },
        });
        var person = await server.PersonAsync();
        var refused = await server.SendAsync(
            HttpMethod.Post, "/wallet/top-ups", new { amount_minor = 100, currency = "INR" }, person,
            Ids.Next(TimeProvider.System).ToString());
        Assert.Equal((409, "no_payment_provider"), (refused.Status, refused.Code));
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Post, "/webhooks/sandbox", new { })).Status);
    }

    private Task<TestAnswer> SendAsync(string token) => _server.SendAsync(
        HttpMethod.Post, "/wallet/top-ups",
        new { amount_minor = 40_00, currency = "INR", method = new { type = "card", token } }, _person,
        Ids.Next(TimeProvider.System).ToString());

    private async Task<Guid> TopUpAsync(string token)
    {
        var made = await SendAsync(token);
        Assert.True(made.Status == 201, made.Text);
        return made.Json.GetProperty("id").GetGuid();
    }

    private async Task<Guid> RefundAsync(Guid topUp)
    {
        var made = await _server.SendAsync(
            HttpMethod.Post, $"/wallet/top-ups/{topUp}/refunds", new { }, _person,
            Ids.Next(TimeProvider.System).ToString());
        Assert.True(made.Status == 201, made.Text);
        return made.Json.GetProperty("id").GetGuid();
    }

    private Task RefundStateAsync(Guid refund, string state) => Eventually.HoldsAsync(async () =>
    {
        _server.Get<SandboxSignal>().Set();
        _server.Get<InboxSignal>().Set();
        return await _server.ScalarAsync<string>("select state from top_up_refund where id = $1", refund) == state;
    });

    private async Task<System.Text.Json.JsonElement> ShownAsync(Guid topUp) =>
        (await _server.GetAsync($"/wallet/top-ups/{topUp}", _person)).Json;

    private async Task<long> BalanceAsync() =>
        (await _server.Get<GeneralLedger>().AccountAsync($"wallet:{_person.Id}", default))!.BalanceMinor;

    private Task StateAsync(Guid topUp, string state) => HoldsAsync("state", topUp, state);

    private Task DisputeAsync(Guid topUp, string dispute) => HoldsAsync("coalesce(dispute, '')", topUp, dispute);

    /// <summary>Wakes the workers again and again: one that goes to sleep just after the clock was moved would sleep
    /// on.</summary>
    private Task HoldsAsync(string column, Guid topUp, string value) => Eventually.HoldsAsync(async () =>
    {
        _server.Get<SandboxSignal>().Set();
        _server.Get<InboxSignal>().Set();
        return await _server.ScalarAsync<string>($"select {column} from {TopUps.Table} where id = $1", topUp) == value;
    });

    private Task InboxEmptyAsync() => Eventually.HoldsAsync(async () =>
        await _server.ScalarAsync<long>("select count(*) from provider_inbox where state = 'new'") == 0);
}
