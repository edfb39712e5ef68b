using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Payments.Sandbox;
using SightPay.Server.Receipts;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Money of a top-up goes back to its card on request: whose, how much, and how often.</summary>
public sealed class TopUpRefundTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>, IAsyncLifetime
{
    private readonly InnerServer _server = fixture.Server;
    private TestPerson _person = null!;
    private Guid _topUp;

    public async Task InitializeAsync()
    {
        _person = await _server.PersonAsync();
        _topUp = await TopUpAsync(40_00);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _server.Get<GeneralLedger>().AuditAsync(default));
        Assert.Empty(await _server.Get<ReceiptAudit>().DifferencesAsync(default));
    }

    [Fact]
    public async Task The_same_key_sends_it_once_and_gives_the_same_answer()
    {
        var key = NewKey();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RefundAsync(Amount(15_00), key: key)));
        Assert.Equal(201, Assert.Single(answers.Select(answer => (answer.Status, answer.Text)).Distinct()).Status);
        Assert.Equal(25_00, await BalanceAsync());
        Assert.Equal("idempotency_key_reused", (await RefundAsync(Amount(16_00), key: key)).Code);
    }

    [Fact]
    public async Task Many_at_once_never_send_more_than_was_paid()
    {
        // Enough in the wallet that only the top-up itself is the limit.
        await TopUpAsync(100_00);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => RefundAsync(Amount(15_00))));
        Assert.Equal(2, answers.Count(answer => answer.Status == 201));
        Assert.All(
            answers.Where(answer => answer.Status != 201),
            answer => Assert.Equal((409, "refund_above_captured"), (answer.Status, answer.Code)));
        var rest = await RefundAsync(new { });
        Assert.Equal(10_00, rest.Json.GetProperty("amount").GetProperty("amount_minor").GetInt64());
        Assert.Equal("refund_above_captured", (await RefundAsync(new { })).Code);
        Assert.Equal(100_00, await BalanceAsync());
        var listed = await _server.GetAsync($"/wallet/top-ups/{_topUp}/refunds", _person);
        Assert.Equal(3, listed.Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Money_that_was_spent_is_not_sent_back()
    {
        await SpendAsync(30_00);
        var refused = await RefundAsync(Amount(15_00));
        Assert.Equal((409, "insufficient_funds"), (refused.Status, refused.Code));
        Assert.Equal(10_00, await BalanceAsync());
    }

    [Theory]
    [InlineData(0, "INR")]
    [InlineData(-5, "INR")]
    [InlineData(5, "PLN")]
    [InlineData(5, null)]
    public async Task An_amount_that_is_none_is_refused(long amountMinor, string? currency) => Assert.Equal(
        "fields_invalid", (await RefundAsync(new { amount = new { amount_minor = amountMinor, currency } })).Code);

    [Fact]
    public async Task A_top_up_that_was_never_credited_gives_nothing_back()
    {
        var made = await _server.SendAsync(
            HttpMethod.Post, "/wallet/top-ups",
            new { amount_minor = 9_00, currency = "INR", method = new { type = "card", token = "card_declined" } },
            _person, NewKey());
        _topUp = made.Json.GetProperty("id").GetGuid();
        Assert.Equal("top_up_not_credited", (await RefundAsync(Amount(9_00))).Code);
    }

    [Fact]
    public async Task Strangers_are_told_that_there_is_none_and_operators_say_why()
    {
        var stranger = await _server.PersonAsync();
        Assert.Equal("top_up_not_found", (await RefundAsync(new { }, by: stranger)).Code);
        Assert.Equal("top_up_not_found", (await _server.GetAsync(
            $"/wallet/top-ups/{_topUp}/refunds", stranger)).Code);
        var boss = await _server.PersonWithRolesAsync("manager");
        Assert.Equal("fields_invalid", (await RefundAsync(new { }, by: boss)).Code);
        var made = await RefundAsync(new { reason = "Customer asked by phone" }, by: boss);
        Assert.Equal(201, made.Status);
        Assert.Equal($"person:{boss.Id}", await _server.ScalarAsync<string>(
            "select who from audit_entry where what = 'top_up_refunded' and subject = $1",
            made.Json.GetProperty("id").GetGuid().ToString()));
        Assert.Equal(0, await BalanceAsync());
    }

    [Fact]
    public async Task It_leaves_and_comes_with_a_receipt_that_names_the_top_up()
    {
        var made = await RefundAsync(Amount(15_00));
        Assert.Equal(_topUp, await _server.ScalarAsync<Guid>(
            "select corrects from receipt where kind = 'refund' and subject = $1",
            made.Json.GetProperty("id").GetGuid()));
        var lines = (await _server.GetAsync("/wallet/entries", _person)).Json.GetProperty("items").EnumerateArray();
        Assert.Contains(lines, line => line.GetProperty("kind").GetString() == "refund");
    }

    /// <summary>The bank's objection and the customer's wish meet: one of them has the money, never both.</summary>
    [Fact]
    public async Task Of_a_refund_and_an_objection_that_meet_one_takes_the_money()
    {
        for (var round = 1; round <= 5; round++)
        {
            var payment = await _server.ScalarAsync<string>(
                "select provider_payment_id from top_up where payment = $1", _topUp);
            var told = new ProviderPayment(payment, _topUp, new(40_00, "INR"), ProviderPaymentStatus.Succeeded)
            {
                Dispute = new ProviderDispute(DisputeState.Open, 40_00),
            };
            var settling = _server.Get<SettleTopUp>().RunAsync(_server.Get<SandboxProvider>(), told, default);
            var answer = await RefundAsync(Amount(40_00));
            var settled = await settling;
            Assert.Equal(0, await BalanceAsync());
            Assert.Equal(
                answer.Status == 201 ? (Settlement.LedgerRefused, 201, "refund_above_captured")
                    : (Settlement.Disputed, 409, ""),
                (settled, answer.Status, await _server.ScalarAsync<string>(
                    "select coalesce(note, '') from top_up where payment = $1", _topUp)));
            if (answer.Status == 409) Assert.Contains(answer.Code, (string[])["top_up_disputed", "insufficient_funds"]);
            _topUp = await TopUpAsync(40_00);
        }
    }

    /// <summary>All of it, and told several times at once: whoever comes second finds it booked.</summary>
    [Fact]
    public async Task A_refund_at_the_provider_that_is_told_many_times_at_once_is_booked_once()
    {
        var payment = await _server.ScalarAsync<string>(
            "select provider_payment_id from top_up where payment = $1", _topUp);
        var told = new ProviderPayment(payment, _topUp, new(40_00, "INR"), ProviderPaymentStatus.Succeeded)
        {
            Refunds = [new($"re_{_topUp}", null, 40_00, ProviderRefundStatus.Succeeded)],
        };
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
            _server.Get<SettleTopUp>().RunAsync(_server.Get<SandboxProvider>(), told, default)));
        Assert.Equal(0, await BalanceAsync());
        Assert.Equal("refunded 4000 1", await _server.ScalarAsync<string>(
            $"""
             select concat_ws(' ', p.state, p.refunded_minor, t.note,
                 (select count(*) from top_up_refund where top_up = p.id))
             from payment p join top_up t on t.payment = p.id where p.id = $1
             """, _topUp));
    }

    [Fact]
    public async Task One_whose_transfer_is_not_known_is_not_sent_back()
    {
        var credit = await _server.ScalarAsync<Guid>("select capture from payment where id = $1", _topUp);
        await _server.ExecuteAsync("update payment set capture = null where id = $1", _topUp);
        Assert.Equal("top_up_not_refundable", (await RefundAsync(Amount(1_00))).Code);
        Assert.Equal(40_00, await BalanceAsync());
        await _server.ExecuteAsync("update payment set capture = $2 where id = $1", _topUp, credit);
    }

    private static object Amount(long amountMinor) =>
        new { amount = new { amount_minor = amountMinor, currency = "INR" } };

    private static string NewKey() => Ids.Next(TimeProvider.System).ToString();

    private Task<TestAnswer> RefundAsync(object body, TestPerson? by = null, string? key = null) => _server.SendAsync(
        HttpMethod.Post, $"/wallet/top-ups/{_topUp}/refunds", body, by ?? _person, key ?? NewKey());

    private async Task<Guid> TopUpAsync(long amountMinor)
    {
        var made = await _server.SendAsync(
            HttpMethod.Post, "/wallet/top-ups", new { amount_minor = amountMinor, currency = "INR" }, _person,
            NewKey());
        var id = made.Json.GetProperty("id").GetGuid();
        await Eventually.HoldsAsync(async () => await _server.ScalarAsync<string>(
            "select state from payment where id = $1", id) == "captured");
        return id;
    }

    private async Task SpendAsync(long amountMinor)
    {
        await using (var connection = await _server.Database.DataSource.OpenConnectionAsync())
            await GeneralLedger.OpenAccountsAsync(
                connection, null, [new("shop", "INR", AccountKind.Payable, AccountFlags.None)], default);
        await _server.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = Ids.Next(TimeProvider.System),
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
    }

    private async Task<long> BalanceAsync() =>
        (await _server.Get<GeneralLedger>().AccountAsync($"wallet:{_person.Id}", default))!.BalanceMinor;
}
