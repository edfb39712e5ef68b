using System.Net;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.People;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Refunds, four eyes, corrections and objections over HTTP; the books are audited after each test.</summary>
public sealed class RefundTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private HttpClient _operator = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 200_000);
        _operator = await _bed.OperatorAsync();
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        Assert.Empty(await _bed.Get<ReceiptAudit>().DifferencesAsync(default));
        _operator.Dispose();
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_payment_is_refunded_in_parts_until_nothing_is_left()
    {
        var payment = await PaidAsync(1000);
        var first = await RefundAsync(payment, 300).CreatedAsync();
        Assert.Equal(("done", 300), ((string)first["state"]!, (int)first["amount"]!["amount_minor"]!));
        Assert.Equal("captured", await _asha.StatusAsync(payment));
        Assert.Equal("refund_above_captured", await RefundAsync(payment, 701).ProblemAsync(HttpStatusCode.Conflict));
        await RefundAsync(payment, null).CreatedAsync();
        Assert.Equal("refunded", await _asha.StatusAsync(payment));
        Assert.Equal("illegal_transition", await RefundAsync(payment, 1).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal((200_000, 0), await _asha.WalletAsync());
        var listed = await _asha.Http.GetAsync($"/transactions/{payment["id"]}/refunds").OkAsync();
        Assert.Equal([700, 300], listed["items"]!.AsArray().Select(one => (int)one!["amount"]!["amount_minor"]!));
    }

    [Fact]
    public async Task Fifty_refunds_at_once_never_give_back_more_than_was_paid()
    {
        var payment = await PaidAsync(1000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RefundAsync(payment, 30)));
        var codes = answers.Select(answer => answer.StatusCode).ToList();
        Assert.Equal(33, codes.Count(code => code == HttpStatusCode.Created));
        Assert.Equal(17, codes.Count(code => code == HttpStatusCode.Conflict));
        Assert.Equal((200_000 - 1000 + 990, 0), await _asha.WalletAsync());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task The_same_key_refunds_once_and_with_another_body_not_at_all()
    {
        var payment = await PaidAsync(1000);
        var key = Guid.CreateVersion7().ToString();
        var first = await RefundAsync(payment, 100, key).CreatedAsync();
        var again = await RefundAsync(payment, 100, key).CreatedAsync();
        Assert.Equal((string)first["id"]!, (string)again["id"]!);
        Assert.Equal("idempotency_key_reused",
            await RefundAsync(payment, 200, key).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal((199_100, 0), await _asha.WalletAsync());
    }

    [Theory]
    [InlineData(0, "INR")]
    [InlineData(-1, "INR")]
    [InlineData(long.MinValue, "INR")]
    [InlineData(100, "USD")]
    public async Task An_amount_that_is_none_is_not_refunded(long amountMinor, string currency)
    {
        var payment = await PaidAsync(1000);
        var body = new { amount = new { amount_minor = amountMinor, currency }, reason = "Wrong item" };
        Assert.Equal("fields_invalid", await _operator.WriteAsync(
            $"/transactions/{payment["id"]}/refunds", body).ProblemAsync(HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task What_was_not_paid_is_not_refunded_and_strangers_refund_nothing()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 1000);
        Assert.Equal("illegal_transition", await RefundAsync(asked, 100).ProblemAsync(HttpStatusCode.Conflict));
        var paid = await PaidAsync(1000);
        Assert.Equal("transaction_not_found", await _asha.Http.WriteAsync(
            $"/transactions/{paid["id"]}/refunds", Body(100)).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("transaction_not_found", await _bed.TillAsync(
            $"/transactions/{paid["id"]}/refunds", Body(100), station: "S1-in").ProblemAsync(HttpStatusCode.NotFound));
        await _bed.TillAsync($"/transactions/{paid["id"]}/refunds", Body(100)).CreatedAsync();
    }

    [Fact]
    public async Task A_large_refund_needs_four_eyes()
    {
        var payment = await PaidAsync(60_000);
        var asked = await RefundAsync(payment, 50_001).CreatedAsync();
        Assert.Equal("pending_approval", (string)asked["state"]!);
        Assert.Equal((140_000, 0), await _asha.WalletAsync());
        Assert.Equal("four_eyes", await ApproveAsync(_operator, asked).ProblemAsync(HttpStatusCode.Forbidden));
        using var second = await SecondOperatorAsync();
        var waiting = await second.GetAsync("/approvals").OkAsync();
        Assert.Equal((string)asked["id"]!, (string)Assert.Single(waiting["items"]!.AsArray())!["id"]!);
        Assert.Equal("done", (string)(await ApproveAsync(second, asked).OkAsync())["state"]!);
        Assert.Equal(["pending_approval", "done"], await ToldOperatorsAsync());
        Assert.Equal((190_001, 0), await _asha.WalletAsync());
        Assert.Equal("already_decided", await ApproveAsync(second, asked).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal((190_001, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_large_refund_in_small_parts_needs_four_eyes_too()
    {
        var payment = await PaidAsync(60_000);
        Assert.Equal("done", (string)(await RefundAsync(payment, 30_000).CreatedAsync())["state"]!);
        Assert.Equal("done", (string)(await RefundAsync(payment, 20_000).CreatedAsync())["state"]!);
        Assert.Equal("pending_approval", (string)(await RefundAsync(payment, 1).CreatedAsync())["state"]!);
        Assert.Equal((190_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task Nobody_refunds_their_own_payment()
    {
        var payment = await PaidAsync(1000);
        await _bed.GiveRolesAsync(_asha.Id, "customer", "manager");
        Assert.Equal("four_eyes", await _asha.Http.WriteAsync(
            $"/transactions/{payment["id"]}/refunds", Body(100)).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal((199_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_rejected_refund_moves_nothing_and_an_approval_too_late_is_told_so()
    {
        var payment = await PaidAsync(120_000);
        using var second = await SecondOperatorAsync();
        var rejected = await RefundAsync(payment, 60_000).CreatedAsync();
        await second.WriteAsync($"/approvals/{rejected["id"]}/reject").OkAsync();
        Assert.Equal("already_decided", await ApproveAsync(second, rejected).ProblemAsync(HttpStatusCode.Conflict));
        var one = await RefundAsync(payment, 70_000).CreatedAsync();
        var other = await RefundAsync(payment, 70_000).CreatedAsync();
        await ApproveAsync(second, one).OkAsync();
        Assert.Equal("refund_above_captured", await ApproveAsync(second, other).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal((150_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task Two_approvals_at_once_pay_once()
    {
        var payment = await PaidAsync(60_000);
        var asked = await RefundAsync(payment, 60_000).CreatedAsync();
        using var second = await SecondOperatorAsync();
        using var third = await SecondOperatorAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10)
            .Select(i => ApproveAsync(i % 2 == 0 ? second : third, asked)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal((200_000, 0), await _asha.WalletAsync());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task A_correction_gives_or_takes_with_a_reason_and_four_eyes_above_the_limit()
    {
        await CorrectAsync(_operator, 500, "credit").CreatedAsync();
        await CorrectAsync(_operator, 200, "debit").CreatedAsync();
        Assert.Equal((200_300, 0), await _asha.WalletAsync());
        var large = await CorrectAsync(_operator, 50_001, "debit").CreatedAsync();
        Assert.Equal("pending_approval", (string)large["state"]!);
        using var second = await SecondOperatorAsync();
        await ApproveAsync(second, large).OkAsync();
        Assert.Equal((150_299, 0), await _asha.WalletAsync());
        Assert.Equal("insufficient_funds", await CorrectAsync(
            _operator, 50_000, "debit", user: (await TestRider.SignUpAsync(_bed, "Ravi Das")).Id)
            .ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("fields_invalid", await CorrectAsync(_operator, 5, "debit", reason: "")
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("forbidden", await CorrectAsync(_asha.Http, 5, "credit").ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task Nobody_corrects_or_approves_their_own_money()
    {
        var me = await _operator.GetAsync("/users").OkAsync();
        var own = (Guid)me["items"]!.AsArray().First(person =>
            person!["roles"]!.AsArray().Any(role => (string)role! == Role.Admin))!["id"]!;
        Assert.Equal("four_eyes",
            await CorrectAsync(_operator, 5, "credit", user: own).ProblemAsync(HttpStatusCode.Forbidden));
        using var second = await SecondOperatorAsync();
        var asked = await CorrectAsync(second, 60_000, "credit", user: own).CreatedAsync();
        Assert.Equal("four_eyes", await ApproveAsync(_operator, asked).ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task An_objection_stops_refunds_until_it_is_decided_and_gives_the_money_back_once()
    {
        var payment = await PaidAsync(1000);
        var body = new { reason = "That was not me." };
        var disputed = await _asha.Http.WriteAsync($"/transactions/{payment["id"]}/dispute", body).OkAsync();
        Assert.Equal("open", (string)disputed["dispute"]!);
        Assert.Equal("payment_disputed", await RefundAsync(payment, 10).ProblemAsync(HttpStatusCode.Conflict));
        var open = await _operator.GetAsync("/disputes").OkAsync();
        Assert.Equal("That was not me.", (string)Assert.Single(open["items"]!.AsArray())!["dispute_reason"]!);
        await ResolveAsync(payment, "customer").OkAsync();
        Assert.Equal((200_000, 0), await _asha.WalletAsync());
        Assert.Equal("payment_charged_back", await RefundAsync(payment, 10).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("illegal_transition",
            await ResolveAsync(payment, "customer").ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal((200_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task An_objection_that_is_decided_for_the_merchant_is_over()
    {
        var payment = await PaidAsync(1000);
        await RefundAsync(payment, 100).CreatedAsync();
        var body = new { reason = "That was not me." };
        await _asha.Http.WriteAsync($"/transactions/{payment["id"]}/dispute", body).OkAsync();
        Assert.Equal("won", (string)(await ResolveAsync(payment, "merchant").OkAsync())["dispute"]!);
        Assert.Equal("illegal_transition", await _asha.Http.WriteAsync(
            $"/transactions/{payment["id"]}/dispute", body).ProblemAsync(HttpStatusCode.Conflict));
        await RefundAsync(payment, 900).CreatedAsync();
        Assert.Equal((200_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_refund_and_a_decision_for_the_customer_that_meet_never_pay_twice()
    {
        for (var round = 0; round < 6; round++)
        {
            var payment = await PaidAsync(100);
            var body = new { reason = "That was not me." };
            await _asha.Http.WriteAsync($"/transactions/{payment["id"]}/dispute", body).OkAsync();
            using var resolved = await ResolveAsync(payment, "merchant");
            var refund = RefundAsync(payment, null);
            var again = _asha.Http.WriteAsync($"/transactions/{payment["id"]}/dispute", body);
            using var refunded = await refund;
            using var disputed = await again;
            Assert.Equal(HttpStatusCode.Created, refunded.StatusCode);
            Assert.Equal(HttpStatusCode.Conflict, disputed.StatusCode);
            Assert.Equal((200_000, 0), await _asha.WalletAsync());
        }
    }

    private async Task<JsonObject> PaidAsync(long amountMinor)
    {
        var payment = await _bed.AskedAsync(_asha.Id, amountMinor);
        await _asha.Http.WriteAsync($"/transactions/{payment["id"]}/confirm").OkAsync();
        return payment;
    }

    /// <summary>States of adjustments that operators' pages were told, in order.</summary>
    private async Task<string[]> ToldOperatorsAsync()
    {
        await using var command = _bed.Database.DataSource.CreateCommand(
            """
            select array_agg(payload ->> 'state' order by seq) from outbox
            where topic = 'operations' and kind = 'adjustment'
            """);
        return (string[])(await command.ExecuteScalarAsync())!;
    }

    private static object Body(long? amountMinor) => new
    {
        amount = amountMinor is { } minor ? new { amount_minor = minor, currency = "INR" } : null,
        reason = "Wrong item",
    };

    private Task<HttpResponseMessage> RefundAsync(JsonObject payment, long? amountMinor, string? key = null) =>
        _operator.WriteAsync($"/transactions/{payment["id"]}/refunds", Body(amountMinor), key);

    private Task<HttpResponseMessage> CorrectAsync(
        HttpClient by, long amountMinor, string direction, Guid? user = null, string reason = "Gate stuck") =>
        by.WriteAsync("/corrections", new
        {
            user_id = user ?? _asha.Id, direction, reason,
            amount = new { amount_minor = amountMinor, currency = "INR" },
        });

    private Task<HttpResponseMessage> ResolveAsync(JsonObject payment, string outcome) =>
        _operator.WriteAsync($"/disputes/{payment["id"]}/resolve", new { outcome });

    private static Task<HttpResponseMessage> ApproveAsync(HttpClient by, JsonObject asked) =>
        by.WriteAsync($"/approvals/{asked["id"]}/approve");

    private async Task<HttpClient> SecondOperatorAsync()
    {
        var rider = await TestRider.SignUpAsync(_bed, "Meera Pal");
        await _bed.GiveRolesAsync(rider.Id, "customer", "manager");
        return rider.Http;
    }
}
