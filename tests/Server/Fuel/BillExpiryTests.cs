using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Server.Fuel;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>
/// The fault of old: after five minutes a bill ran into an error, since the session of the app died while it waited;
/// the card was charged, the server never learnt of it, and the bill came up again. Each way into it has its test.
/// </summary>
public sealed class BillExpiryTests : IAsyncLifetime
{
    private const long Bill = 105_410;
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(3);

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestPump _pump = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false, accessTokenLife: TokenLife);
        _pump = new TestPump(_bed);
    }

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task S3_expiry_the_token_dies_while_the_bill_waits_and_it_is_paid_with_the_next_one()
    {
        var (email, id) = await BillAsync();
        using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
        _clock.Advance(TokenLife);
        // The tap comes with a dead token: it is sent again under its own key, with the next one.
        var key = Guid.CreateVersion7().ToString();
        using (var dead = await app.ConfirmAsync(id, key)) Assert.Equal(HttpStatusCode.Unauthorized, dead.StatusCode);
        await app.RefreshAsync();
        Assert.Equal("paid", (string)(await app.ConfirmAsync(id, key).OkAsync())["state"]!);
        Assert.Equal("paid", (string)(await app.ConfirmAsync(id, key).OkAsync())["state"]!);
        Assert.Equal(Bill, await TakenAsync());
    }

    [Fact]
    public async Task S3_expiry_refreshes_at_once_give_one_session_and_taps_at_once_one_charge()
    {
        var (email, id) = await BillAsync();
        using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
        _clock.Advance(TokenLife);
        // Two pages of the app wake up together, and each refreshes with the token that both know.
        using var other = new TestApp(_bed, app.Tokens);
        await Task.WhenAll(app.RefreshAsync(), other.RefreshAsync());
        var taps = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? app : other).ConfirmAsync(id, Guid.CreateVersion7().ToString()).OkAsync()));
        Assert.All(taps, tap => Assert.Equal("paid", (string)tap["state"]!));
        Assert.Single(taps.Select(tap => (string)tap["transaction_id"]!).Distinct());
        Assert.Equal(Bill, await TakenAsync());
        // Both still are signed in.
        await app.RefreshAsync();
        await other.ShowAsync(id);
    }

    [Fact]
    public async Task S3_expiry_an_app_that_is_killed_at_the_tap_finds_the_bill_as_it_is_and_pays_once()
    {
        var taken = 0L;
        for (var round = 0; round < 6; round++)
        {
            var (email, id) = await BillAsync($"WB02AB10{round:00}");
            var key = Guid.CreateVersion7().ToString();
            using (var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email)))
            using (var killed = new CancellationTokenSource())
            {
                var tap = app.ConfirmAsync(id, key, killed.Token);
                if (round % 2 == 1) await Task.Yield();
                if (round > 3) await Task.WhenAny(tap, Task.Delay(round * 3));
                await killed.CancelAsync();
                await tap.ContinueWith(_ => { }, TaskScheduler.Default);
            }
            // It starts again, reads what is so, and repeats what it had written down before it sent it.
            using var again = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
            Assert.Contains((string)(await again.ShowAsync(id))["state"]!, (string[])["delivered", "paid"]);
            Assert.Equal("paid", (string)(await again.ConfirmAsync(id, key).OkAsync())["state"]!);
            Assert.Equal(
                "paid", (string)(await again.ConfirmAsync(id, Guid.CreateVersion7().ToString()).OkAsync())["state"]!);
            Assert.Equal(taken += Bill, await TakenAsync());
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task S3_expiry_a_late_yes_is_told_so_charges_nothing_and_the_bill_opens_again_and_is_paid_once()
    {
        var (email, id) = await BillAsync();
        _clock.Advance(TimeSpan.FromMinutes(5));
        using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
        Assert.Equal("expired", (string)(await app.ShowAsync(id))["state"]!);
        var late = Guid.CreateVersion7().ToString();
        Assert.Equal("session_expired", await app.ConfirmAsync(id, late).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(0, await TakenAsync());
        // The pump is free: the next car has it, and the bill stays where it is.
        Assert.True((bool)(await _pump.LiftAsync(_pump.NextSeq()))["authorised"]!);

        for (var i = 0; i < 2; i++)
            Assert.Equal("delivered", (string)(await app.SayAsync(id, "reopen").OkAsync())["state"]!);
        // The old refusal sticks to its key, a new yes is a new one.
        Assert.Equal("session_expired", await app.ConfirmAsync(id, late).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("paid", (string)(await app.ConfirmAsync(id).OkAsync())["state"]!);
        Assert.Equal("paid", (string)(await app.ConfirmAsync(id).OkAsync())["state"]!);
        Assert.Equal(Bill, await TakenAsync());
    }

    [Fact]
    public async Task S3_expiry_a_bill_may_expire_and_open_again_as_often_as_it_likes_over_days_and_restarts()
    {
        var (email, id) = await BillAsync();
        for (var day = 0; day < 3; day++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            await _bed.RestartAsync(_clock);
            using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
            Assert.Equal(("expired", Bill),
                ((string)(await app.ShowAsync(id))["state"]!, (long)(await app.ShowAsync(id))["amount_minor"]!));
            await app.SayAsync(id, "reopen").OkAsync();
        }
        using var payer = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
        await payer.ConfirmAsync(id).OkAsync();
        Assert.Equal(Bill, await TakenAsync());
    }

    [Fact]
    public async Task S3_expiry_a_yes_and_the_expiry_that_meet_have_one_winner_and_the_loser_is_told_the_truth()
    {
        var expected = 0L;
        for (var round = 0; round < 6; round++)
        {
            var (email, id) = await BillAsync($"WB02AB20{round:00}");
            _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
            using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
            var taps = Enumerable.Range(0, 3).Select(_ => app.ConfirmAsync(id)).ToList();
            if (round % 2 == 0) await Task.Yield();
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            var ended = _bed.Get<ExpireSessions>().RunOnceAsync(default);
            var answers = await Task.WhenAll(taps);
            await ended;
            var isPaid = (string)(await app.ShowAsync(id))["state"]! == "paid";
            Assert.All(answers, answer => Assert.Equal(
                isPaid ? HttpStatusCode.OK : HttpStatusCode.Conflict, answer.StatusCode));
            Assert.Equal(expected += isPaid ? Bill : 0, await TakenAsync());
            if (isPaid) continue;
            await app.SayAsync(id, "reopen").OkAsync();
            await app.ConfirmAsync(id).OkAsync();
            Assert.Equal(expected += Bill, await TakenAsync());
        }
    }

    [Fact]
    public async Task S3_expiry_the_shop_and_the_app_that_are_paid_at_once_leave_one_payment()
    {
        for (var round = 0; round < 6; round++)
        {
            var (email, id) = await BillAsync($"WB02AB30{round:00}", thousandths: 4_000);
            var amount = TestPump.AmountOf(4_000);
            var before = await TakenAsync();
            using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, email));
            using var boss = await _bed.OperatorAsync();
            var tap = app.ConfirmAsync(id);
            var cash = boss.WriteAsync($"/fuel-sessions/{id}/cash");
            using var tapped = await tap;
            Assert.Equal("paid_elsewhere", (string)(await cash.OkAsync())["state"]!);
            // Whoever came first: the shop has its cash, and the wallet has its money, still or again.
            Assert.Equal(before, await TakenAsync());
            if (tapped.StatusCode == HttpStatusCode.OK) continue;
            Assert.Equal("paid_elsewhere", await ServerBed.CodeAsync(tapped, HttpStatusCode.Conflict));
            Assert.Equal(amount, TestPump.AmountOf(4_000));
        }
    }

    [Fact]
    public async Task Nobody_said_yes_before_fuelling_the_offer_lapses_the_pump_is_free_and_it_opens_again()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 100_000);
        using var app = new TestApp(_bed, await TestApp.SignInAsync(_bed, asha.Person.Email));
        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        _clock.Advance(TimeSpan.FromMinutes(5));
        using var fresh = new TestApp(_bed, await TestApp.SignInAsync(_bed, asha.Person.Email));
        Assert.Equal("lapsed", (string)(await fresh.ShowAsync(id))["state"]!);
        await Eventually.HoldsAsync(async () => await HeldAsync() == 0);
        Assert.Equal("offered", (string)(await fresh.SayAsync(id, "reopen").OkAsync())["state"]!);
        Assert.Equal("held", (string)(await fresh.ConfirmAsync(id).OkAsync())["state"]!);
        await _pump.FillAsync(10_000);
        Assert.Equal(Bill, await TakenAsync());
    }

    private Task<long> HeldAsync() => _bed.NumberAsync("select coalesce(sum(debits_pending), 0) from account");

    private Task<long> TakenAsync() =>
        _bed.NumberAsync("select credits_posted - debits_posted from account where key = 'site:F1'");

    /// <summary>A car was filled up and its bill waits.</summary>
    [Fact]
    public async Task What_is_overdue_is_read_page_after_page_so_that_none_stands_in_the_way_of_others()
    {
        using var asha = await TestDriver.SignUpAsync(
            _bed, "WB02AB5000", autoPayMaxMinor: 200_000, fuel: "electric");
        var charger = new TestPump(_bed, "F1-P2");
        await charger.SeeAsync(asha.Vehicle);
        var charging = (Guid)(await charger.LiftAsync(charger.NextSeq(), nozzle: 3))["session_id"]!;
        var (_, bill) = await BillAsync();
        var (store, later) = (_bed.Get<PumpSessionStore>(), _clock.GetUtcNow() + TimeSpan.FromHours(2));
        var first = Assert.Single(await store.OverdueAsync(later, null, 1, default));
        var second = Assert.Single(await store.OverdueAsync(later, first, 1, default));
        Assert.Equal((bill, charging), (first.Id, second.Id));
        Assert.Empty(await store.OverdueAsync(later, second, 1, default));
        Assert.Empty(await store.OverdueAsync(_clock.GetUtcNow(), null, 1, default));
    }

    private async Task<(string Email, Guid Session)> BillAsync(string plate = "WB02AB1234", long thousandths = 10_000)
    {
        using var driver = await TestDriver.SignUpAsync(_bed, plate);
        await _pump.SeeAsync(driver.Vehicle);
        return (driver.Person.Email, await _pump.FillAsync(thousandths));
    }
}

/// <summary>The app of somebody, with tokens that die and are refreshed.</summary>
internal sealed class TestApp(ServerBed bed, JsonObject tokens) : IDisposable
{
    private HttpClient _http = bed.SignedIn((string)tokens["access_token"]!);

    public JsonObject Tokens { get; private set; } = tokens;

    public static async Task<JsonObject> SignInAsync(ServerBed bed, string email)
    {
        using var answer = await bed.Http.PostAsJsonAsync("/auth/token", new { email, password = TestRider.Password });
        return await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
    }

    public async Task RefreshAsync()
    {
        using var answer = await bed.Http.PostAsJsonAsync(
            "/auth/refresh", new { refresh_token = (string)Tokens["refresh_token"]! });
        Tokens = await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
        _http.Dispose();
        _http = bed.SignedIn((string)Tokens["access_token"]!);
    }

    public Task<HttpResponseMessage> ConfirmAsync(Guid session, string? key = null, CancellationToken ct = default) =>
        SayAsync(session, "confirm", key, ct);

    public async Task<HttpResponseMessage> SayAsync(
        Guid session, string what, string? key = null, CancellationToken ct = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/fuel-sessions/{session}/{what}")
        {
            Content = JsonContent.Create(new { }),
            Headers = { { "Idempotency-Key", key ?? Guid.CreateVersion7().ToString() } },
        };
        return await _http.SendAsync(request, ct);
    }

    public Task<JsonObject> ShowAsync(Guid session) => _http.GetAsync($"/fuel-sessions/{session}").OkAsync();

    public void Dispose() => _http.Dispose();
}
