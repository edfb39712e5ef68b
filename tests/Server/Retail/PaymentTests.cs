using System.Net;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Retail;

public sealed class PaymentTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock);

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_face_at_the_till_pays_and_its_sighting_pays_once()
    {
        using var asha = await RiderAsync(10_000, 0);
        var seen = await _bed.SeeAsync("canteen-till", TestPhotos.AtTheGate(0));
        Assert.Equal(("accept", "ok", asha.Id), (
            (string)seen["decision"]!, (string)seen["reason"]!, (Guid)seen["person"]!["id"]!));
        var paid = await PayAsync(asha.Id, 250, (string)seen["sighting_id"]!);
        Assert.Equal("captured", (string)paid["status"]!);
        Assert.Equal((9750, 0), await asha.WalletAsync());
        var asked = await PayAsync(asha.Id, 250, (string)seen["sighting_id"]!);
        Assert.Equal("awaiting_confirmation", (string)asked["status"]!);
        Assert.Equal((9750, 250), await asha.WalletAsync());
    }

    [Fact]
    public async Task S2_random_payer_Only_the_person_seen_and_named_pays()
    {
        using var asha = await RiderAsync(10_000, 0);
        using var ravi = await RiderAsync(10_000, 1);
        var seen = await _bed.SeeAsync("canteen-till", TestPhotos.AtTheGate(0));
        var other = await PayAsync(ravi.Id, 250, (string)seen["sighting_id"]!);
        Assert.Equal("awaiting_confirmation", (string)other["status"]!);
        Assert.Equal((10_000, 0), await asha.WalletAsync());
        Assert.Equal((10_000, 250), await ravi.WalletAsync());
        // Only the payer may say yes.
        using var refused = await asha.Http.PostAsync($"/transactions/{other["id"]}/confirm", null);
        Assert.Equal("transaction_not_found", await ServerBed.CodeAsync(refused, HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData(0, "INR")]
    [InlineData(-500, "INR")]
    [InlineData(long.MinValue, "INR")]
    [InlineData(1_000_001, "INR")]
    [InlineData(100, "USD")]
    public async Task S2_negative_amount_An_amount_that_is_none_is_refused(long amountMinor, string currency)
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        using var refused = await _bed.AskAsync(asha.Id, amountMinor, null, currency: currency);
        Assert.Equal("fields_invalid", await ServerBed.CodeAsync(refused, HttpStatusCode.UnprocessableEntity));
        Assert.Equal((10_000, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task An_old_sighting_and_a_gates_do_not_pay()
    {
        using var asha = await RiderAsync(10_000, 0);
        var gate = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal("awaiting_confirmation",
            (string)(await PayAsync(asha.Id, 100, (string)gate["sighting_id"]!))["status"]!);
        var till = await _bed.SeeAsync("canteen-till", TestPhotos.AtTheGate(0));
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("awaiting_confirmation",
            (string)(await PayAsync(asha.Id, 100, (string)till["sighting_id"]!))["status"]!);
    }

    [Fact]
    public async Task The_payer_confirms_in_the_app_and_saying_it_twice_changes_nothing()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 1000);
        var asked = await PayAsync(asha.Id, 300, null);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            using var answer = await asha.Http.PostAsync($"/transactions/{asked["id"]}/confirm", null);
            return (string)(await ServerBed.ReadAsync(answer, HttpStatusCode.OK))["status"]!;
        }));
        Assert.All(answers, status => Assert.Equal("captured", status));
        Assert.Equal((700, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_payment_nobody_confirms_expires_and_frees_the_money()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 1000);
        var asked = await PayAsync(asha.Id, 300, null);
        _clock.Advance(TimeSpan.FromMinutes(5));
        using var late = await asha.Http.PostAsync($"/transactions/{asked["id"]}/confirm", null);
        Assert.Equal("payment_expired", await ServerBed.CodeAsync(late, HttpStatusCode.Conflict));
        for (var tries = 0; await asha.WalletAsync() != (1000, 0); tries++)
        {
            Assert.True(tries < 100, "The money was not freed.");
            await Task.Delay(20);
        }
        using var shown = await asha.Http.GetAsync($"/transactions/{asked["id"]}");
        Assert.Equal("expired", (string)(await ServerBed.ReadAsync(shown, HttpStatusCode.OK))["status"]!);
    }

    [Fact]
    public async Task Refusals_say_what_is_wrong_and_stick_to_their_key()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 100);
        var key = Guid.CreateVersion7().ToString();
        using var poor = await _bed.AskAsync(asha.Id, 101, null, key: key);
        Assert.Equal("insufficient_funds", await ServerBed.CodeAsync(poor, HttpStatusCode.PaymentRequired));
        await asha.TopUpAsync(1000);
        using var still = await _bed.AskAsync(asha.Id, 101, null, key: key);
        Assert.Equal("insufficient_funds", await ServerBed.CodeAsync(still, HttpStatusCode.PaymentRequired));
        using var user = await _bed.AskAsync(Guid.CreateVersion7(), 100, null);
        Assert.Equal("user_not_found", await ServerBed.CodeAsync(user, HttpStatusCode.NotFound));
        using var merchant = await _bed.AskAsync(asha.Id, 100, null, merchant: "nobody");
        Assert.Equal("merchant_not_found", await ServerBed.CodeAsync(merchant, HttpStatusCode.NotFound));
        using var gate = await _bed.AskAsync(asha.Id, 100, null, station: "S1-in");
        Assert.Equal("wrong_station", await ServerBed.CodeAsync(gate, HttpStatusCode.Forbidden));
        using var noKey = await _bed.AskAsync(asha.Id, 100, null, key: "");
        Assert.Equal("idempotency_key_missing", await ServerBed.CodeAsync(noKey, HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task An_erased_payer_is_unknown_at_once_and_what_was_answered_before_stays()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        var key = Guid.CreateVersion7().ToString();
        using var poor = await _bed.AskAsync(asha.Id, 100, null, key: key);
        Assert.Equal("insufficient_funds", await ServerBed.CodeAsync(poor, HttpStatusCode.PaymentRequired));
        using (var erased = await asha.Http.DeleteAsync($"/users/{asha.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
        using var gone = await _bed.AskAsync(asha.Id, 100, null);
        Assert.Equal("user_not_found", await ServerBed.CodeAsync(gone, HttpStatusCode.NotFound));
        using var again = await _bed.AskAsync(asha.Id, 100, null, key: key);
        Assert.Equal("insufficient_funds", await ServerBed.CodeAsync(again, HttpStatusCode.PaymentRequired));
        using var other = await _bed.AskAsync(asha.Id, 200, null, key: key);
        Assert.Equal("idempotency_key_reused", await ServerBed.CodeAsync(other, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task A_till_whose_key_was_revoked_asks_for_nothing_more()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 1000);
        await PayAsync(asha.Id, 1, null);
        using var operators = await _bed.OperatorAsync();
        using var listed = await operators.GetAsync("/stations");
        var till = (await ServerBed.ReadAsync(listed, HttpStatusCode.OK))["items"]!.AsArray()
            .Single(one => (string)one!["id"]! == TestTill.Till)!;
        using (var revoked = await operators.DeleteAsync($"/stations/{TestTill.Till}/keys/{till["keys"]![0]!["id"]}"))
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        using var refused = await _bed.AskAsync(asha.Id, 1, null);
        Assert.Equal("station_key_invalid", await ServerBed.CodeAsync(refused, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Payments_are_listed_newest_first_for_their_payer_and_for_operators()
    {
        using var asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 1000);
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 1000);
        for (var i = 1; i <= 3; i++) await PayAsync(asha.Id, i, null);
        await PayAsync(ravi.Id, 9, null);
        using var first = await asha.Http.GetAsync($"/transactions?user_id={asha.Id}&limit=2");
        var page = await ServerBed.ReadAsync(first, HttpStatusCode.OK);
        Assert.Equal([3, 2], Amounts(page));
        using var next = await asha.Http.GetAsync($"/transactions?cursor={page["next_cursor"]}&limit=2");
        var last = await ServerBed.ReadAsync(next, HttpStatusCode.OK);
        Assert.Equal([1], Amounts(last));
        Assert.Null(last["next_cursor"]);
        using var refused = await ravi.Http.GetAsync($"/transactions?user_id={asha.Id}");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var operators = await _bed.OperatorAsync();
        using var all = await operators.GetAsync("/transactions");
        Assert.Equal([9, 3, 2, 1], Amounts(await ServerBed.ReadAsync(all, HttpStatusCode.OK)));
    }

    [Fact]
    public async Task The_day_cap_of_a_face_counts_tills_too()
    {
        using var asha = await RiderAsync(50_000, 0);
        var seen = await _bed.SeeAsync("canteen-till", TestPhotos.AtTheGate(0));
        Assert.Equal("captured", (string)(await PayAsync(asha.Id, 19_000, (string)seen["sighting_id"]!))["status"]!);
        var gate = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal(("ask", "step_up_required"), ((string)gate["decision"]!, (string)gate["reason"]!));
        var again = await _bed.SeeAsync("canteen-till", TestPhotos.AtTheGate(0));
        Assert.Equal("awaiting_confirmation",
            (string)(await PayAsync(asha.Id, 1001, (string)again["sighting_id"]!))["status"]!);
    }

    private static List<int> Amounts(JsonObject page) =>
        [.. page["items"]!.AsArray().Select(item => (int)item!["amount"]!["amount_minor"]!)];

    private async Task<TestRider> RiderAsync(long walletMinor, int face)
    {
        var rider = await TestRider.SignUpAsync(_bed, face == 0 ? "Asha Roy" : "Ravi Das", walletMinor);
        await rider.EnrolAsync(TestPhotos.AtHome(face));
        return rider;
    }

    private Task<JsonObject> PayAsync(Guid user, long amountMinor, string? sighting) =>
        _bed.AskedAsync(user, amountMinor, sighting);
}
