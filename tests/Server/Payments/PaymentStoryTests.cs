using System.Net;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>The lifetime of a payment over HTTP, with a clock in hand; the books are audited after each test.</summary>
public sealed class PaymentStoryTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        Assert.Empty(await _bed.Get<ReceiptAudit>().DifferencesAsync(default));
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task An_authorised_payment_is_captured_for_what_is_due_and_the_rest_is_free()
    {
        var payment = await AuthoriseAsync(1000);
        Assert.Equal((10_000, 1000), await _asha.WalletAsync());
        var captured = await CaptureAsync(payment, 700).OkAsync();
        Assert.Equal(("captured", "partial", 700),
            ((string)captured["status"]!, (string)captured["exception"]!, (int)captured["captured_minor"]!));
        Assert.Equal((9300, 0), await _asha.WalletAsync());
        Assert.Equal("illegal_transition", await CaptureAsync(payment, 300).ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_capture_may_be_a_little_over_and_what_the_wallet_lacks_is_owed()
    {
        var tip = await AuthoriseAsync(1000);
        Assert.Equal("fields_invalid",
            await CaptureAsync(tip, 1151).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        var captured = await CaptureAsync(tip, 1150).OkAsync();
        Assert.Equal("over", (string)captured["exception"]!);
        Assert.Equal((8850, 0), await _asha.WalletAsync());
        var last = await AuthoriseAsync(8850);
        await CaptureAsync(last, 8900).OkAsync();
        Assert.Equal((0, 0), await _asha.WalletAsync());
        Assert.Equal(50, await _asha.OwedAsync());
    }

    [Fact]
    public async Task A_capture_after_the_authorisation_ran_out_is_late_and_owed_where_the_wallet_is_short()
    {
        var payment = await AuthoriseAsync(1000);
        _clock.Advance(TimeSpan.FromDays(7));
        await FreedAsync();
        await SpendAsync(9500);
        var late = await CaptureAsync(payment, 1000).OkAsync();
        Assert.Equal(("captured", "late"), ((string)late["status"]!, (string)late["exception"]!));
        var (balance, _) = await _asha.WalletAsync();
        Assert.Equal(-500, balance - await _asha.OwedAsync());
    }

    [Fact]
    public async Task A_payment_nobody_said_yes_to_is_never_captured_late()
    {
        var payment = await _bed.AskedAsync(_asha.Id, 1000, capture: "later");
        Assert.Equal("payment_not_authorised", await CaptureAsync(payment, 1000).ProblemAsync(HttpStatusCode.Conflict));
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("payment_not_authorised", await CaptureAsync(payment, 1000).ProblemAsync(HttpStatusCode.Conflict));
        await FreedAsync();
        Assert.Equal((10_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task An_authorisation_can_live_longer()
    {
        var payment = await AuthoriseAsync(1000);
        _clock.Advance(TimeSpan.FromDays(6));
        var longer = await _bed.TillAsync($"/transactions/{payment["id"]}/extend").OkAsync();
        Assert.Equal(_clock.GetUtcNow().AddDays(7), (DateTimeOffset)longer["expires_at"]!);
        _clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal((10_000, 1000), await _asha.WalletAsync());
        await CaptureAsync(payment, 1000).OkAsync();
        Assert.Equal((9000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task Until_it_is_paid_either_side_may_let_it_be()
    {
        var byTill = await _bed.AskedAsync(_asha.Id, 400);
        var byPayer = await AuthoriseAsync(600);
        Assert.Equal("cancelled", (string)(await _bed.TillAsync(
            $"/transactions/{byTill["id"]}/cancel").OkAsync())["status"]!);
        for (var i = 0; i < 2; i++)
            Assert.Equal("cancelled", (string)(await _asha.Http.WriteAsync(
                $"/transactions/{byPayer["id"]}/cancel").OkAsync())["status"]!);
        Assert.Equal((10_000, 0), await _asha.WalletAsync());
        Assert.Equal("illegal_transition", await _asha.Http.WriteAsync(
            $"/transactions/{byTill["id"]}/confirm").ProblemAsync(HttpStatusCode.Conflict));
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das");
        Assert.Equal("transaction_not_found", await ravi.Http.WriteAsync(
            $"/transactions/{byTill["id"]}/cancel").ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task S3_expiry_An_expired_payment_opens_again_and_is_paid_once()
    {
        var payment = await _bed.AskedAsync(_asha.Id, 300);
        _clock.Advance(TimeSpan.FromMinutes(5));
        var key = Guid.CreateVersion7().ToString();
        Assert.Equal("payment_expired", await ConfirmAsync(payment, key).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal((10_000, 0), await _asha.WalletAsync());
        var again = await _asha.Http.WriteAsync($"/transactions/{payment["id"]}/reopen").OkAsync();
        Assert.Equal("awaiting_confirmation", (string)again["status"]!);
        Assert.Equal((10_000, 300), await _asha.WalletAsync());
        // The refusal sticks to its key, a new yes is a new one.
        Assert.Equal("payment_expired", await ConfirmAsync(payment, key).ProblemAsync(HttpStatusCode.Conflict));
        for (var i = 0; i < 2; i++)
            Assert.Equal("captured", (string)(await ConfirmAsync(payment).OkAsync())["status"]!);
        Assert.Equal((9700, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_payment_opens_again_only_where_the_wallet_holds_it()
    {
        var payment = await _bed.AskedAsync(_asha.Id, 9000);
        _clock.Advance(TimeSpan.FromMinutes(5));
        await FreedAsync();
        await SpendAsync(2000);
        Assert.Equal("insufficient_funds", await _bed.TillAsync(
            $"/transactions/{payment["id"]}/reopen").ProblemAsync(HttpStatusCode.PaymentRequired));
        Assert.Equal("expired", await _asha.StatusAsync(payment));
    }

    [Fact]
    public async Task A_confirmation_and_an_expiry_that_meet_have_one_winner()
    {
        for (var round = 0; round < 6; round++)
        {
            var before = (await _asha.WalletAsync()).Balance;
            var payment = await _bed.AskedAsync(_asha.Id, 10);
            _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
            var confirms = Enumerable.Range(0, 4).Select(_ => ConfirmAsync(payment)).ToList();
            if (round % 2 == 0) await Task.Yield();
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            var statuses = new List<HttpStatusCode>();
            foreach (var confirm in confirms)
            {
                using var answer = await confirm;
                statuses.Add(answer.StatusCode);
            }
            await FreedAsync();
            var captured = await _asha.StatusAsync(payment) == "captured";
            Assert.Equal(before - (captured ? 10 : 0), (await _asha.WalletAsync()).Balance);
            // Whoever heard yes heard the truth.
            Assert.Equal(captured, statuses.Contains(HttpStatusCode.OK));
        }
    }

    [Fact]
    public async Task A_cancellation_and_a_capture_that_meet_have_one_winner()
    {
        for (var round = 0; round < 6; round++)
        {
            var before = (await _asha.WalletAsync()).Balance;
            var payment = await AuthoriseAsync(10);
            var capture = CaptureAsync(payment, 10);
            var cancel = _asha.Http.WriteAsync($"/transactions/{payment["id"]}/cancel");
            using var captured = await capture;
            using var cancelled = await cancel;
            Assert.Equal(
                [HttpStatusCode.OK, HttpStatusCode.Conflict],
                new[] { captured.StatusCode, cancelled.StatusCode }.Order());
            Assert.Equal(
                captured.StatusCode == HttpStatusCode.OK ? "captured" : "cancelled", await _asha.StatusAsync(payment));
            Assert.Equal(
                before - (captured.StatusCode == HttpStatusCode.OK ? 10 : 0), (await _asha.WalletAsync()).Balance);
        }
    }

    /// <summary>A top-up is a payment, and no till's.</summary>
    [Fact]
    public async Task A_top_up_is_changed_by_its_provider_alone()
    {
        var topUp = (await _asha.Http.WriteAsync("/wallet/top-ups", new { amount_minor = 500, currency = "INR" })
            .CreatedAsync())["id"];
        var path = $"/transactions/{topUp}";
        using var boss = await _bed.OperatorAsync();
        foreach (var http in (HttpClient[])[_asha.Http, boss])
        {
            Assert.Equal("transaction_not_found", await http.GetAsync(path).ProblemAsync(HttpStatusCode.NotFound));
            foreach (var (act, body) in new (string, object)[]
            {
                ("confirm", new { }), ("cancel", new { }), ("reopen", new { }),
                ("refunds", new { reason = "Wrong" }), ("dispute", new { reason = "Not me" }),
            })
                Assert.Equal("transaction_not_found", await http.WriteAsync($"{path}/{act}", body)
                    .ProblemAsync(HttpStatusCode.NotFound));
            var listed = await http.GetAsync($"/transactions?user_id={_asha.Id}").OkAsync();
            Assert.Empty(listed["items"]!.AsArray());
        }
        Assert.Equal("transaction_not_found", await boss
            .WriteAsync($"/disputes/{topUp}/resolve", new { outcome = "customer" })
            .ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("transaction_not_found", await _bed.TillAsync($"{path}/capture", new { })
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    private async Task<JsonObject> AuthoriseAsync(long amountMinor)
    {
        var payment = await _bed.AskedAsync(_asha.Id, amountMinor, capture: "later");
        var authorised = await ConfirmAsync(payment).OkAsync();
        Assert.Equal("authorised", (string)authorised["status"]!);
        return payment;
    }

    private async Task SpendAsync(long amountMinor) =>
        await ConfirmAsync(await _bed.AskedAsync(_asha.Id, amountMinor)).OkAsync();

    private Task<HttpResponseMessage> ConfirmAsync(JsonObject payment, string? key = null) =>
        _asha.Http.WriteAsync($"/transactions/{payment["id"]}/confirm", key: key);

    private Task<HttpResponseMessage> CaptureAsync(JsonObject payment, long amountMinor) => _bed.TillAsync(
        $"/transactions/{payment["id"]}/capture",
        new { amount = new { amount_minor = amountMinor, currency = "INR" } });

    private Task FreedAsync() => Eventually.HoldsAsync(async () => (await _asha.WalletAsync()).Held == 0);
}
