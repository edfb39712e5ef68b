using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Retail;

/// <summary>Cashiers see the payments of their own merchant and give money back of them, up to their limit.</summary>
public sealed class CashierTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _cashier = null!;
    private HttpClient _operator = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _operator = await _bed.OperatorAsync();
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 200_000);
        _cashier = await TestRider.SignUpAsync(_bed, "Binod Das", 50_000);
        await _bed.GiveRolesAsync(_cashier.Id, "customer", "cashier");
        await AssignAsync(_cashier.Id, "canteen").OkAsync();
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _operator.Dispose();
        _asha.Dispose();
        _cashier.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_cashier_gives_back_up_to_their_limit_and_more_with_four_eyes()
    {
        var payment = await PaidAsync(_asha, 60_000);
        var done = await RefundAsync(payment, 6_000).CreatedAsync();
        Assert.Equal(("done", $"person:{_cashier.Id}"), ((string)done["state"]!, (string)done["requested_by"]!));
        Assert.Equal("done", (string)(await RefundAsync(payment, 4_000).CreatedAsync())["state"]!);
        Assert.Equal((150_000, 0), await _asha.WalletAsync());
        // An operator could do this alone; for a cashier all parts together are above the limit.
        var more = await RefundAsync(payment, 1).CreatedAsync();
        Assert.Equal("pending_approval", (string)more["state"]!);
        var approve = $"/approvals/{more["id"]}/approve";
        Assert.Equal("forbidden", await _cashier.Http.WriteAsync(approve).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal((150_000, 0), await _asha.WalletAsync());
        await _operator.WriteAsync(approve).OkAsync();
        Assert.Equal((150_001, 0), await _asha.WalletAsync());
    }

    /// <summary>However they are sent: many payments, small parts, all at once.</summary>
    [Fact]
    public async Task A_days_refunds_of_a_cashier_never_exceed_their_limit_together()
    {
        var payments = new List<JsonObject>();
        for (var i = 0; i < 8; i++) payments.Add(await PaidAsync(_asha, 10_000));
        var answers = await Task.WhenAll(payments.Select(payment => RefundAsync(payment, 9_000).CreatedAsync()));
        Assert.Equal(5, answers.Count(answer => (string)answer["state"]! == "done"));
        var waiting = answers.Where(answer => (string)answer["state"]! == "pending_approval").ToList();
        Assert.Equal(3, waiting.Count);
        Assert.Equal((165_000, 0), await _asha.WalletAsync());

        // What fits into the day still goes; what an operator agrees to is not counted.
        Assert.Equal("done", (string)(await RefundAsync(PaymentOf(waiting[0]), 4_000).CreatedAsync())["state"]!);
        await _operator.WriteAsync($"/approvals/{waiting[1]["id"]}/approve").OkAsync();
        Assert.Equal("done", (string)(await RefundAsync(PaymentOf(waiting[0]), 1_000).CreatedAsync())["state"]!);
        Assert.Equal(
            "pending_approval", (string)(await RefundAsync(PaymentOf(waiting[0]), 1).CreatedAsync())["state"]!);
        await using (var command = _bed.Database.DataSource.CreateCommand(
            "update retail_cashier_day set day = day - 1 where given_minor = 50000"))
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        Assert.Equal("done", (string)(await RefundAsync(PaymentOf(waiting[0]), 1).CreatedAsync())["state"]!);

        JsonObject PaymentOf(JsonObject refund) =>
            payments.Single(payment => (string)payment["id"]! == (string)refund["transaction_id"]!);
    }

    /// <summary>What cannot be given back is refused, and proposed to nobody.</summary>
    [Fact]
    public async Task A_refund_that_is_illegal_is_refused_whatever_is_left_of_the_day()
    {
        var payment = await PaidAsync(_asha, 1_000);
        await using (var command = _bed.Database.DataSource.CreateCommand(
            "insert into retail_cashier_day values ($1, $2, 50000)"))
        {
            command.Parameters.Add(new() { Value = _cashier.Id });
            command.Parameters.Add(new() { Value = DateOnly.FromDateTime(_clock.GetUtcNow().UtcDateTime) });
            await command.ExecuteNonQueryAsync();
        }
        Assert.Equal("refund_above_captured", await RefundAsync(payment, 1_001).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("pending_approval", (string)(await RefundAsync(payment, 1).CreatedAsync())["state"]!);
        Assert.Equal((199_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task Role_and_workplace_are_both_needed_and_read_at_each_request()
    {
        var payment = await PaidAsync(_asha, 1_000);
        await _bed.GiveRolesAsync(_cashier.Id, "customer");
        Assert.Equal("transaction_not_found", await RefundAsync(payment, 10).ProblemAsync(HttpStatusCode.NotFound));
        await _bed.GiveRolesAsync(_cashier.Id, "customer", "cashier");
        await RefundAsync(payment, 10).CreatedAsync();
        await OpenBakeryAsync();
        await AssignAsync(_cashier.Id, "bakery").OkAsync();
        Assert.Equal("transaction_not_found", await RefundAsync(payment, 10).ProblemAsync(HttpStatusCode.NotFound));
        await AssignAsync(_cashier.Id, "canteen").OkAsync();
        await RefundAsync(payment, 10).CreatedAsync();
        using (var dismissed = await _operator.DeleteAsync($"/cashiers/{_cashier.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, dismissed.StatusCode);
        Assert.Equal("transaction_not_found", await RefundAsync(payment, 10).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal((199_020, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_cashier_sees_the_payments_of_their_merchant_and_of_nobody_else()
    {
        var payment = await PaidAsync(_asha, 1_000);
        var own = await PaidAsync(_cashier, 500);
        Assert.Equal(2, (await ListedAsync(_cashier, "?merchant_id=canteen")).Count);
        Assert.Equal([(string)own["id"]!], await ListedAsync(_cashier, ""));
        Assert.Empty(await ListedAsync(_cashier, "?merchant_id=bakery"));
        Assert.Equal("forbidden", await _cashier.Http.GetAsync(
            $"/transactions?merchant_id=canteen&user_id={_asha.Id}").ProblemAsync(HttpStatusCode.Forbidden));
        await _cashier.Http.GetAsync($"/transactions/{payment["id"]}").OkAsync();
        await _cashier.Http.GetAsync($"/transactions/{payment["id"]}/refunds").OkAsync();
        Assert.Equal("transaction_not_found", await _cashier.Http.WriteAsync(
            $"/transactions/{payment["id"]}/cancel").ProblemAsync(HttpStatusCode.NotFound));
        await OpenBakeryAsync();
        var merchants = (await _cashier.Http.GetAsync("/merchants").OkAsync())["items"]!.AsArray();
        Assert.Equal(["canteen"], merchants.Select(merchant => (string)merchant!["id"]!));
        await _cashier.Http.GetAsync("/merchants/canteen/statement").ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Single(await ListedAsync(_asha, "?merchant_id=canteen"));
    }

    [Fact]
    public async Task A_cashier_gives_nothing_back_to_themselves()
    {
        var payment = await PaidAsync(_cashier, 1_000);
        Assert.Equal("four_eyes", await RefundAsync(payment, 10).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal((49_000, 0), await _cashier.WalletAsync());
    }

    [Fact]
    public async Task Operators_say_who_works_where_and_it_stands_in_the_audit_log_once()
    {
        await AssignAsync(_cashier.Id, "canteen").OkAsync();
        Assert.Equal("merchant_not_found", await AssignAsync(
            _cashier.Id, "nobody").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("user_not_found", await AssignAsync(
            Guid.Empty, "canteen").ProblemAsync(HttpStatusCode.NotFound));
        foreach (var by in new[] { _asha.Http, _cashier.Http })
        {
            using var refused = await by.PutAsJsonAsync(
                $"/cashiers/{_asha.Id}", new { merchant_id = "canteen" });
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
        var listed = (await _operator.GetAsync("/cashiers").OkAsync())["items"]!.AsArray();
        Assert.Equal((_cashier.Id, "canteen"), Assert.Single(listed) is { } one
            ? ((Guid)one["user_id"]!, (string)one["merchant_id"]!) : default);
        var log = await _operator.GetAsync("/audit?what=cashier_assigned").OkAsync();
        Assert.Equal($"person:{_cashier.Id}", (string)Assert.Single(log["items"]!.AsArray())!["subject"]!);
    }

    [Fact]
    public async Task Where_somebody_worked_is_exported_and_erased_with_them()
    {
        using var gone = await TestRider.SignUpAsync(_bed, "Gita Sen");
        await AssignAsync(gone.Id, "canteen").OkAsync();
        var export = await gone.Http.GetAsync($"/users/{gone.Id}/export").OkAsync();
        Assert.Contains("canteen", export.ToJsonString(), StringComparison.Ordinal);
        using (var erased = await gone.Http.DeleteAsync($"/users/{gone.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
        var listed = (await _operator.GetAsync("/cashiers").OkAsync())["items"]!.AsArray();
        Assert.Equal(_cashier.Id, (Guid)Assert.Single(listed)!["user_id"]!);
    }

    private async Task<JsonObject> PaidAsync(TestRider payer, long amountMinor)
    {
        var payment = await _bed.AskedAsync(payer.Id, amountMinor);
        await payer.Http.WriteAsync($"/transactions/{payment["id"]}/confirm").OkAsync();
        return payment;
    }

    private Task<HttpResponseMessage> RefundAsync(JsonObject payment, long amountMinor) =>
        _cashier.Http.WriteAsync($"/transactions/{payment["id"]}/refunds", new
        {
            amount = new { amount_minor = amountMinor, currency = "INR" }, reason = "Wrong item",
        });

    private Task<HttpResponseMessage> AssignAsync(Guid person, string merchant) =>
        _operator.PutAsJsonAsync($"/cashiers/{person}", new { merchant_id = merchant });

    private static async Task<List<string>> ListedAsync(TestRider by, string query) =>
    [
        .. (await by.Http.GetAsync($"/transactions{query}").OkAsync())["items"]!.AsArray()
            .Select(payment => (string)payment!["id"]!),
    ];

    private async Task OpenBakeryAsync()
    {
        await using var command = _bed.Database.DataSource.CreateCommand(
            "insert into retail_merchant (id, name) values ('bakery', 'Bakery')");
        await command.ExecuteNonQueryAsync();
    }
}
