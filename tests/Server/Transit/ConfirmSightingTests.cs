using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Transit;

/// <summary>A gate asked; the rider answers with a PIN or with the last digits of their phone.</summary>
public sealed class ConfirmSightingTests : IAsyncLifetime
{
    private const string Pin = "8392";
    private const string Wrong = "7146";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _twin = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 50_000);
        _twin = await TestRider.SignUpAsync(_bed, "Usha Roy", 50_000);
        await _asha.ChoosePinAsync(Pin);
        await _twin.ChoosePinAsync("5081");
        await _asha.GivePhoneAsync("+91 98300 12345");
        await _twin.GivePhoneAsync("+91 98300 54321");
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        _twin.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_pin_says_which_of_two_lookalikes_enters_and_leaves()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        Assert.Equal(("ask", "ambiguous"), Said(asked));
        Assert.Null(asked["person"]);
        var opened = await ConfirmedAsync("S1-in", asked, new { pin = "5081" });
        Assert.Equal(("open", "ok"), Said(opened));
        Assert.Equal((string)asked["sighting_id"]!, (string)opened["sighting_id"]!);
        Assert.Equal(_twin.Id, (Guid)opened["person"]!["id"]!);
        Assert.Equal((50_000, 2000), await _twin.WalletAsync());
        Assert.Equal((50_000, 0), await _asha.WalletAsync());

        _clock.Advance(TimeSpan.FromMinutes(12));
        var askedAgain = await _asha.MistakenAtAsync("S2-out", _twin.Id);
        var left = await ConfirmedAsync("S2-out", askedAgain, new { pin = "5081" });
        Assert.Equal(("open", "ok"), Said(left));
        Assert.Equal(500, (long)left["fare_minor"]!);
        Assert.Equal((49_500, 0), await _twin.WalletAsync());
    }

    [Fact]
    public async Task Phone_digits_say_it_too()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var wrong = await ConfirmedAsync("S1-in", asked, new { phone_last4 = "0000" });
        Assert.Equal(("ask", "step_up_wrong"), Said(wrong));
        var opened = await ConfirmedAsync("S1-in", asked, new { phone_last4 = "2345" });
        Assert.Equal(("open", "ok"), Said(opened));
        Assert.Equal(_asha.Id, (Guid)opened["person"]!["id"]!);
    }

    [Theory]
    [InlineData(StationAlert.LooksLikeAPicture)]
    [InlineData(StationAlert.SameFaceTwice)]
    public async Task Phone_digits_do_not_clear_what_looks_like_a_picture_and_a_PIN_does(StationAlert alert)
    {
        var asked = await _asha.SeenAtAsync(
            "S1-in", null, null, SightingFinding.Ambiguous, [_asha.Id, _twin.Id], [alert]);
        Assert.Equal(("ask", "ambiguous"), Said(asked));
        for (var i = 0; i < 4; i++)
        {
            using var refused = await SendAsync("S1-in", Route(asked), new { phone_last4 = "2345" });
            Assert.Equal("proof_too_weak", await ServerBed.CodeAsync(refused, HttpStatusCode.UnprocessableEntity));
        }
        Assert.Equal((50_000, 0), await _asha.WalletAsync());
        // They were no tries.
        var opened = await ConfirmedAsync("S1-in", asked, new { pin = Pin });
        Assert.Equal(("open", "ok"), Said(opened));
        Assert.Equal(_asha.Id, (Guid)opened["person"]!["id"]!);
    }

    [Fact]
    public async Task A_code_that_the_phone_shows_opens_once_and_for_a_minute()
    {
        await SpendTheFaceCapAsync();
        var asked = await _asha.SeenAtAsync("S1-in");
        var stale = await _asha.CodeAsync();
        var code = await _asha.CodeAsync();
        foreach (var wrong in new[] { stale, await _twin.CodeAsync() })
            Assert.Equal(("ask", "step_up_wrong"), Said(await ConfirmedAsync("S1-in", asked, new { qr = wrong })));
        Assert.Equal(("open", "ok"), Said(await ConfirmedAsync("S1-in", asked, new { qr = code })));
        _clock.Advance(TimeSpan.FromMinutes(12));
        await _asha.SeenAtAsync("S2-out");

        var again = await _asha.MistakenAtAsync("S3-in", _twin.Id);
        Assert.Equal(("ask", "step_up_wrong"), Said(await ConfirmedAsync("S3-in", again, new { qr = code })));
        var old = await _asha.CodeAsync();
        _clock.Advance(TimeSpan.FromSeconds(60));
        var late = await _asha.MistakenAtAsync("S3-in", _twin.Id);
        Assert.Equal(("ask", "step_up_wrong"), Said(await ConfirmedAsync("S3-in", late, new { qr = old })));
        using var others = await _twin.Http.PostAsync($"/users/{_asha.Id}/qr", null);
        Assert.Equal(HttpStatusCode.Forbidden, others.StatusCode);
    }

    [Fact]
    public async Task Three_wrong_tries_are_for_the_staff_and_name_nobody()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        foreach (var reason in new[] { "step_up_wrong", "step_up_wrong", "step_up_failed" })
        {
            var answer = await ConfirmedAsync("S1-in", asked, new { pin = Wrong });
            Assert.Equal(("ask", reason), Said(answer));
            Assert.Null(answer["person"]);
            Assert.Equal(0, (long)answer["balance_minor"]!);
        }
        Assert.Equal(("ask", "step_up_failed"), Said(await ConfirmedAsync("S1-in", asked, new { pin = Pin })));
        Assert.Equal((50_000, 0), await _asha.WalletAsync());
        Assert.True(await ScalarAsync<bool>("select exists (select from outbox where kind = 'step_up_failed')"));
    }

    [Fact]
    public async Task A_pin_of_somebody_the_sighting_cannot_show_is_wrong()
    {
        using var stranger = await TestRider.SignUpAsync(_bed, "Stranger", 50_000);
        await stranger.ChoosePinAsync("6402");
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        Assert.Equal(("ask", "step_up_wrong"), Said(await ConfirmedAsync("S1-in", asked, new { pin = "6402" })));
        Assert.Equal((50_000, 0), await stranger.WalletAsync());
    }

    [Fact]
    public async Task Above_the_face_cap_the_pin_opens_and_phone_digits_do_not()
    {
        await SpendTheFaceCapAsync();
        var asked = await _asha.SeenAtAsync("S1-in");
        Assert.Equal(("ask", "step_up_required"), Said(asked));
        Assert.Equal(
            ("ask", "step_up_required"), Said(await ConfirmedAsync("S1-in", asked, new { phone_last4 = "2345" })));
        var opened = await ConfirmedAsync("S1-in", asked, new { pin = Pin });
        Assert.Equal(("open", "ok"), Said(opened));
        Assert.Equal(2000, (await _asha.WalletAsync()).Held);
        // The next frame of the same face at the same gate gets the same answer.
        Assert.Equal(("open", "ok"), Said(await _asha.SeenAtAsync("S1-in")));
        Assert.Equal(2000, (await _asha.WalletAsync()).Held);
        // What the PIN paid for is not the face's, and an exit by face corrects the PIN's count.
        _clock.Advance(TimeSpan.FromMinutes(12));
        await _asha.SeenAtAsync("S2-out");
        Assert.Equal(20_000, await ScalarAsync<long>("select spent_minor from spending where spent_by = 'face'"));
        Assert.Equal(500, await ScalarAsync<long>("select spent_minor from spending where spent_by = 'consent'"));
    }

    [Fact]
    public async Task A_repeated_ask_can_be_confirmed_as_well()
    {
        await SpendTheFaceCapAsync();
        await _asha.SeenAtAsync("S1-in");
        var again = await _asha.SeenAtAsync("S1-in");
        Assert.Equal(("open", "ok"), Said(await ConfirmedAsync("S1-in", again, new { pin = Pin })));
    }

    [Fact]
    public async Task A_sighting_is_confirmed_by_its_own_gate_within_a_minute_once_and_only_if_it_asked()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var route = Route(asked);
        Assert.Equal("wrong_station", await CodeAsync(route, HttpStatusCode.Forbidden, "S2-in"));
        Assert.Equal("wrong_station", await CodeAsync(route, HttpStatusCode.Forbidden, "canteen-till"));
        Assert.Equal("station_key_invalid", await CodeAsync(route, HttpStatusCode.Unauthorized, null));
        Assert.Equal("sighting_not_found", await CodeAsync(
            $"/sightings/{Guid.Empty}/confirm", HttpStatusCode.NotFound, "S1-in"));
        await ConfirmedAsync("S1-in", asked, new { pin = Pin });
        Assert.Equal("sighting_resolved", await CodeAsync(route, HttpStatusCode.Conflict, "S1-in"));

        var open = await _twin.SeenAtAsync("S1-in");
        Assert.Equal("sighting_not_found", await CodeAsync(Route(open), HttpStatusCode.NotFound, "S1-in"));
        var nobody = await _twin.SeenAtAsync("S1-in", null, null, SightingFinding.UnknownPerson);
        Assert.Equal("sighting_not_found", await CodeAsync(Route(nobody), HttpStatusCode.NotFound, "S1-in"));

        var late = await _asha.MistakenAtAsync("S2-in", _twin.Id);
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("sighting_expired", await CodeAsync(Route(late), HttpStatusCode.Conflict, "S2-in"));
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"pin":"8392","phone_last4":"2345"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"pin":"83"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"qr":"no code"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"phone_last4":"123456"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"pin":8392}""", HttpStatusCode.BadRequest)]
    [InlineData("nothing", HttpStatusCode.BadRequest)]
    public async Task A_body_that_is_no_answer_costs_no_try(string body, HttpStatusCode status)
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        using var request = Request("S1-in", Route(asked), null, null);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _bed.Http.SendAsync(request);
        await ServerBed.CodeAsync(answer, status);
        Assert.Equal(0, await ScalarAsync<short>("select tries from sighting_ask"));
    }

    [Fact]
    public async Task The_same_key_gets_the_same_answer_and_costs_one_try()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var key = Guid.CreateVersion7().ToString();
        for (var i = 0; i < 5; i++)
            Assert.Equal(
                ("ask", "step_up_wrong"), Said(await ConfirmedAsync("S1-in", asked, new { pin = Wrong }, key)));
        Assert.Equal(1, await ScalarAsync<short>("select tries from sighting_ask"));
        using var other = await SendAsync("S1-in", Route(asked), new { pin = Pin }, key);
        Assert.Equal("idempotency_key_reused", await ServerBed.CodeAsync(other, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task A_stored_fingerprint_is_not_the_hash_of_the_pin()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var key = Guid.CreateVersion7();
        await ConfirmedAsync("S1-in", asked, new { pin = Pin }, key.ToString());
        var plain = Idempotency.Fingerprint(
            "station:S1-in"u8.ToArray(), "POST"u8.ToArray(), Encoding.UTF8.GetBytes(Route(asked)),
            Encoding.UTF8.GetBytes($$"""{"pin":"{{Pin}}"}"""));
        Assert.NotEqual(
            plain.ToArray(), await ScalarAsync<byte[]>($"select fingerprint from attempt where id = '{key}'"));
    }

    [Fact]
    public async Task Fifty_wrong_pins_at_once_are_three_tries()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            _ => ConfirmedAsync("S1-in", asked, new { pin = Wrong })));
        Assert.All(answers, answer => Assert.Equal("ask", (string)answer["decision"]!));
        Assert.Equal(2, answers.Count(answer => (string)answer["reason"]! == "step_up_wrong"));
        Assert.Equal(3, await ScalarAsync<short>("select tries from sighting_ask"));
        Assert.Equal(6, await ScalarAsync<long>("select sum(tries_ever)::bigint from person_pin"));
    }

    [Fact]
    public async Task Two_right_answers_at_once_are_one_passage()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var answers = await Task.WhenAll(
            SendAsync("S1-in", Route(asked), new { pin = Pin }), SendAsync("S1-in", Route(asked), new { pin = Pin }));
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.Conflict], answers.Select(answer => answer.StatusCode).Order());
        Assert.Equal("sighting_resolved", await ServerBed.CodeAsync(
            answers.Single(answer => answer.StatusCode == HttpStatusCode.Conflict), HttpStatusCode.Conflict));
        Assert.Equal((50_000, 2000), await _asha.WalletAsync());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task Whom_a_sighting_may_show_is_sealed_and_soon_gone()
    {
        var asked = await _asha.MistakenAtAsync("S1-in", _twin.Id);
        var stored = Convert.ToHexString(await ScalarAsync<byte[]>("select candidates from sighting_ask"));
        Assert.DoesNotContain(Convert.ToHexString(_asha.Id.ToByteArray()), stored);
        Assert.DoesNotContain(_asha.Id.ToString("N"), stored, StringComparison.OrdinalIgnoreCase);
        await ConfirmedAsync("S1-in", asked, new { pin = Pin });
        Assert.True(await ScalarAsync<bool>("select candidates is null from sighting_ask"));

        await _asha.MistakenAtAsync("S1-out", _twin.Id);
        _clock.Advance(TimeSpan.FromMinutes(61));
        await ActivatorUtilities.CreateInstance<SightingRetention>(_bed.Services).PurgeAsync(default);
        Assert.Equal(0, await ScalarAsync<long>("select count(*) from sighting_ask"));
        Assert.Equal(2, await ScalarAsync<long>("select count(*) from sighting"));
    }

    [Fact]
    public async Task What_the_wallet_cannot_pay_is_denied_after_the_pin_as_before()
    {
        using var poor = await TestRider.SignUpAsync(_bed, "Poor Rider", 1999);
        await poor.ChoosePinAsync("6402");
        var asked = await poor.MistakenAtAsync("S1-in", _twin.Id);
        Assert.Equal(("deny", "insufficient_funds"), Said(await ConfirmedAsync("S1-in", asked, new { pin = "6402" })));
    }

    private async Task SpendTheFaceCapAsync()
    {
        for (var i = 0; i < 10; i++)
        {
            await _asha.SeenAtAsync("S1-in");
            _clock.Advance(TimeSpan.FromMinutes(20));
            await _asha.SeenAtAsync("S8-out");
            _clock.Advance(TimeSpan.FromMinutes(20));
        }
    }

    private static (string Decision, string Reason) Said(JsonObject answer) =>
        ((string)answer["decision"]!, (string)answer["reason"]!);

    private static string Route(JsonObject sighting) => $"/sightings/{(string)sighting["sighting_id"]!}/confirm";

    private async Task<JsonObject> ConfirmedAsync(string gate, JsonObject sighting, object body, string? key = null)
    {
        using var answer = await SendAsync(gate, Route(sighting), body, key);
        return await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
    }

    private async Task<string> CodeAsync(string route, HttpStatusCode expected, string? station)
    {
        using var answer = await SendAsync(station, route, new { pin = Pin });
        return await ServerBed.CodeAsync(answer, expected);
    }

    private async Task<HttpResponseMessage> SendAsync(string? station, string route, object body, string? key = null)
    {
        using var request = Request(station, route, body, key);
        return await _bed.Http.SendAsync(request);
    }

    private HttpRequestMessage Request(string? station, string route, object? body, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, route);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (station is not null) request.Headers.Add("X-Station-Key", _bed.StationKey(station));
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return request;
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
