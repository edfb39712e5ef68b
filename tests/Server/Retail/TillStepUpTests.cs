using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Retail;

/// <summary>A till could not tell two customers apart.</summary>
public sealed class TillStepUpTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _twin = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 50_000);
        _twin = await TestRider.SignUpAsync(_bed, "Usha Roy", 50_000);
        await _asha.ChoosePinAsync("8392");
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
    public async Task A_second_factor_names_the_customer_and_their_sighting_pays_what_a_face_may()
    {
        var asked = await MistakenAsync();
        Assert.Equal(("ask", "ambiguous"), Said(asked));
        Assert.Null(asked["person"]);
        var named = await ConfirmAsync(asked, new { phone_last4 = "4321" }).OkAsync();
        Assert.Equal(("accept", "ok"), Said(named));
        Assert.Equal(_twin.Id, (Guid)named["person"]!["id"]!);
        var paid = await _bed.AskedAsync(_twin.Id, 250, (string)asked["sighting_id"]!);
        Assert.Equal("captured", (string)paid["status"]!);
        Assert.Equal((49_750, 0), await _twin.WalletAsync());
        // Once, and for nobody else.
        var again = await _bed.AskedAsync(_twin.Id, 250, (string)asked["sighting_id"]!);
        Assert.Equal("awaiting_confirmation", (string)again["status"]!);
    }

    [Fact]
    public async Task A_pin_given_before_there_was_an_amount_agrees_to_none()
    {
        var asked = await MistakenAsync();
        await ConfirmAsync(asked, new { pin = "8392" }).OkAsync();
        var beyond = await _bed.AskedAsync(_asha.Id, 20_001, (string)asked["sighting_id"]!);
        Assert.Equal("awaiting_confirmation", (string)beyond["status"]!);
        Assert.Equal((50_000, 20_001), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_wrong_answer_names_nobody_and_an_unresolved_sighting_pays_nothing()
    {
        var asked = await MistakenAsync();
        foreach (var reason in new[] { "step_up_wrong", "step_up_wrong", "step_up_failed", "step_up_failed" })
        {
            var answer = await ConfirmAsync(asked, new { pin = "7146" }).OkAsync();
            Assert.Equal(("ask", reason), Said(answer));
            Assert.Null(answer["person"]);
        }
        var payment = await _bed.AskedAsync(_asha.Id, 250, (string)asked["sighting_id"]!);
        Assert.Equal("awaiting_confirmation", (string)payment["status"]!);
    }

    private static (string Decision, string Reason) Said(JsonObject answer) =>
        ((string)answer["decision"]!, (string)answer["reason"]!);

    private Task<HttpResponseMessage> ConfirmAsync(JsonObject asked, object body) =>
        _bed.TillAsync($"/sightings/{asked["sighting_id"]}/confirm", body);

    /// <summary>The till saw one of the two; what comes after the sighting is the real thing.</summary>
    private async Task<JsonObject> MistakenAsync()
    {
        var till = (await _bed.Get<StationDirectory>().FindAsync(TestTill.Till, default))!;
        var sighting = new Sighting(
            Guid.CreateVersion7(), till, SightingBand.Ask, SightingFinding.Ambiguous, null, false, [],
            new SightingTimings(0, 0, 0, 0, 0), Stopwatch.GetTimestamp())
        {
            Candidates = [_asha.Id, _twin.Id],
        };
        var key = new ActKey(sighting.Id, Idempotency.Fingerprint(sighting.Id.ToByteArray()));
        var desk = _bed.Services.GetServices<IStationDesk>().Single(each => each.Kind == StationKind.Till);
        var decision = await desk.DecideAsync(sighting, key, record: true, default);
        return JsonNode.Parse(decision.Result.Answer.Body)!.AsObject();
    }
}
