using System.Net;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Retail;

/// <summary>The payer says yes at the till, with their PIN.</summary>
public sealed class ConfirmAtTillTests : IAsyncLifetime
{
    private const string Pin = "8392";
    private const string Wrong = "7146";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await _asha.ChoosePinAsync(Pin);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task The_payers_pin_pays_what_the_till_shows()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        var paid = await ConfirmAsync(asked, new { pin = Pin, amount = Sum(300) }).OkAsync();
        Assert.Equal("captured", (string)paid["status"]!);
        Assert.Equal((9700, 0), await _asha.WalletAsync());
        // What is paid needs no PIN to say so.
        Assert.Equal("captured", (string)(await ConfirmAsync(asked, new { pin = Wrong }).OkAsync())["status"]!);
        Assert.Equal(1, await TriesEverAsync());
    }

    [Fact]
    public async Task S2_pin_never_checked_A_wrong_pin_pays_nothing_and_five_lock_it()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        for (var left = 4; left >= 0; left--)
        {
            using var answer = await ConfirmAsync(asked, new { pin = Wrong });
            var problem = await ServerBed.ReadAsync(answer, HttpStatusCode.Forbidden);
            Assert.Equal(("pin_wrong", left), ((string)problem["code"]!, (int)problem["tries_left"]!));
        }
        Assert.Equal("pin_locked", await ConfirmAsync(asked, new { pin = Pin }).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("awaiting_confirmation", await _asha.StatusAsync(asked));
        Assert.Equal((10_000, 300), await _asha.WalletAsync());
        // The app is the way on.
        await _asha.Http.WriteAsync($"/transactions/{asked["id"]}/confirm").OkAsync();
        Assert.Equal((9700, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task Somebody_elses_pin_is_wrong_and_without_one_the_app_is_asked()
    {
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 10_000);
        var asked = await _bed.AskedAsync(ravi.Id, 300);
        Assert.Equal("pin_not_set", await ConfirmAsync(
            asked, new { pin = Pin }).ProblemAsync(HttpStatusCode.Forbidden));
        await ravi.ChoosePinAsync("5081");
        Assert.Equal("pin_wrong", await ConfirmAsync(asked, new { pin = Pin }).ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task The_code_of_the_payers_app_pays_once_and_nobody_elses_does()
    {
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 10_000);
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        var old = await _asha.CodeAsync();
        _clock.Advance(TimeSpan.FromSeconds(60));
        foreach (var wrong in new[] { old, await ravi.CodeAsync() })
            Assert.Equal("code_wrong", await ConfirmAsync(
                asked, new { qr = wrong }).ProblemAsync(HttpStatusCode.Forbidden));
        var code = await _asha.CodeAsync();
        var key = Guid.CreateVersion7().ToString();
        for (var i = 0; i < 2; i++)
        {
            var paid = await ConfirmAsync(asked, new { qr = code, amount = Sum(300) }, key).OkAsync();
            Assert.Equal("captured", (string)paid["status"]!);
        }
        Assert.Equal((9700, 0), await _asha.WalletAsync());

        var next = await _bed.AskedAsync(_asha.Id, 200);
        Assert.Equal("code_wrong", await ConfirmAsync(
            next, new { qr = code }).ProblemAsync(HttpStatusCode.Forbidden));
        foreach (var body in new object[] { new { qr = "short" }, new { qr = code, pin = Pin } })
            Assert.Equal("fields_invalid", await ConfirmAsync(
                next, body).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal((9700, 200), await _asha.WalletAsync());
    }

    [Fact]
    public async Task The_yes_is_to_the_amount_that_was_shown()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        foreach (var shown in new object[] { Sum(299), Sum(300, "USD"), new { } })
            Assert.Equal("amount_changed", await ConfirmAsync(
                asked, new { pin = Pin, amount = shown }).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal((10_000, 300), await _asha.WalletAsync());
        Assert.Equal(0, await TriesEverAsync());
    }

    [Fact]
    public async Task Only_the_till_that_asked_confirms()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        var path = $"/transactions/{asked["id"]}/confirm";
        Assert.Equal("transaction_not_found", await _bed.TillAsync(
            path, new { pin = Pin }, station: "S1-in").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("sign_in_required", await _bed.Http.WriteAsync(
            path, new { pin = Pin }).ProblemAsync(HttpStatusCode.Unauthorized));
        Assert.Equal("transaction_not_found", await _bed.TillAsync(
            $"/transactions/{Guid.Empty}/confirm", new { pin = Pin }).ProblemAsync(HttpStatusCode.NotFound));
        foreach (var pin in new[] { null, "", "12", "123456789", "abcd" })
            Assert.Equal("fields_invalid", await ConfirmAsync(
                asked, new { pin }).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal(0, await TriesEverAsync());
    }

    [Fact]
    public async Task The_same_key_gets_the_same_answer_and_costs_one_try()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        var key = Guid.CreateVersion7().ToString();
        for (var i = 0; i < 7; i++)
            Assert.Equal("pin_wrong", await ConfirmAsync(
                asked, new { pin = Wrong }, key).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal(1, await TriesEverAsync());
        Assert.Equal("idempotency_key_reused", await ConfirmAsync(
            asked, new { pin = Pin }, key).ProblemAsync(HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task An_expired_payment_is_not_confirmed_and_an_authorisation_is()
    {
        var late = await _bed.AskedAsync(_asha.Id, 300);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("payment_expired", await ConfirmAsync(
            late, new { pin = Pin }).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(0, await TriesEverAsync());
        var later = await _bed.AskedAsync(_asha.Id, 300, capture: "later");
        Assert.Equal("authorised", (string)(await ConfirmAsync(later, new { pin = Pin }).OkAsync())["status"]!);
    }

    [Fact]
    public async Task A_right_pin_among_fifty_wrong_ones_pays_once_or_is_told_that_it_is_locked()
    {
        var asked = await _bed.AskedAsync(_asha.Id, 300);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            i => ConfirmAsync(asked, new { pin = i == 2 ? Pin : Wrong })));
        var paid = answers.Any(answer => answer.IsSuccessStatusCode);
        Assert.Equal(paid ? (9700, 0) : (10_000, 300), await _asha.WalletAsync());
        Assert.Equal(paid ? "captured" : "awaiting_confirmation", await _asha.StatusAsync(asked));
        Assert.InRange(await TriesEverAsync(), 1, paid ? 10 : 5);
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task A_pin_and_an_expiry_that_meet_have_one_winner()
    {
        for (var round = 0; round < 10; round++)
        {
            var before = (await _asha.WalletAsync()).Balance;
            var asked = await _bed.AskedAsync(_asha.Id, 100);
            var confirming = ConfirmAsync(asked, new { pin = Pin });
            _clock.Advance(TimeSpan.FromMinutes(5));
            using var answer = await confirming;
            var paid = answer.StatusCode == HttpStatusCode.OK;
            if (!paid) Assert.Equal("payment_expired", await ServerBed.CodeAsync(answer, HttpStatusCode.Conflict));
            await Eventually.HoldsAsync(async () => (await _asha.WalletAsync()).Held == 0);
            Assert.Equal(paid ? "captured" : "expired", await _asha.StatusAsync(asked));
            Assert.Equal(before - (paid ? 100 : 0), (await _asha.WalletAsync()).Balance);
        }
    }

    private static object Sum(long amountMinor, string currency = "INR") =>
        new { amount_minor = amountMinor, currency };

    private Task<HttpResponseMessage> ConfirmAsync(JsonObject asked, object body, string? key = null) =>
        _bed.TillAsync($"/transactions/{asked["id"]}/confirm", body, key);

    private async Task<long> TriesEverAsync()
    {
        await using var command = _bed.Database.DataSource.CreateCommand("select tries_ever from person_pin");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
