using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Stations;
using SightPay.Server.Transit;
using Xunit;

namespace SightPay.Server.Tests;

/// <summary>A person of a test with their own signed-in client.</summary>
public sealed class TestRider : IDisposable
{
    public const string Password = "correct horse battery";

    private readonly ServerBed _bed;

    private TestRider(ServerBed bed, Guid id, string name, string email, HttpClient http) =>
        (_bed, Id, Name, Email, Http) = (bed, id, name, email, http);

    public Guid Id { get; }
    public string Name { get; }
    public string Email { get; }
    public HttpClient Http { get; }

    /// <param name="walletMinor">Topped up through the sandbox provider.</param>
    public static async Task<TestRider> SignUpAsync(ServerBed bed, string name, long walletMinor = 0)
    {
        var email = $"{Guid.CreateVersion7():N}@example.org";
        using var created = await bed.Http.PostAsJsonAsync("/users", new { name, email, password = Password });
        var id = (Guid)(await ServerBed.ReadAsync(created, HttpStatusCode.Created))["id"]!;
        var rider = new TestRider(bed, id, name, email, bed.SignedIn(await bed.TokenAsync(email, Password)));
        if (walletMinor > 0) await rider.TopUpAsync(walletMinor);
        return rider;
    }

    public async Task TopUpAsync(long amountMinor)
    {
        var before = (await WalletAsync()).Balance;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/wallet/top-ups")
        {
            Content = JsonContent.Create(new { amount_minor = amountMinor, currency = "INR" }),
            Headers = { { "Idempotency-Key", Guid.CreateVersion7().ToString() } },
        };
        using var answer = await Http.SendAsync(request);
        await ServerBed.ReadAsync(answer, HttpStatusCode.Created);
        for (var tries = 0; (await WalletAsync()).Balance == before; tries++)
        {
            Assert.True(tries < 200, "The sandbox did not credit the top-up.");
            await Task.Delay(25);
        }
    }

    public async Task<(long Balance, long Held)> WalletAsync()
    {
        using var answer = await Http.GetAsync("/wallet");
        var wallet = await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
        return ((long)wallet["balance_minor"]!, (long)wallet["held_minor"]!);
    }

    public async Task<long> OwedAsync() =>
        -(await _bed.Get<GeneralLedger>().AccountAsync($"receivable:{Id}", default))!.BalanceMinor;

    public async Task<JsonArray> JourneysAsync()
    {
        using var answer = await Http.GetAsync($"/journeys?user_id={Id}");
        return (await ServerBed.ReadAsync(answer, HttpStatusCode.OK))["items"]!.AsArray();
    }

    /// <summary>A gate has recognised this person; what comes after the sighting is the real thing.</summary>
    public Task<JsonObject> SeenAtAsync(string gate, Guid? key = null) => SeenAtAsync(gate, Id, key);

    public Task<JsonObject> SeenAtAsync(
        string gate, Guid? person, Guid? key, SightingFinding finding = SightingFinding.Recognised,
        params Guid[] candidates) => SeenAtAsync(gate, person, key, finding, candidates, []);

    public async Task<JsonObject> SeenAtAsync(
        string gate, Guid? person, Guid? key, SightingFinding finding, Guid[] candidates, StationAlert[] alerts)
    {
        var station = (await _bed.Get<StationDirectory>().FindAsync(gate, default))!;
        var band = finding switch
        {
            SightingFinding.Recognised => SightingBand.Accept,
            SightingFinding.Ambiguous => SightingBand.Ask,
            _ => SightingBand.Reject,
        };
        var sighting = new Sighting(
            Guid.CreateVersion7(), station, band, finding, person, false, [], new SightingTimings(0, 0, 0, 0, 0),
            Stopwatch.GetTimestamp())
        {
            Candidates = candidates, Alerts = alerts,
        };
        var id = key ?? Guid.CreateVersion7();
        var decision = await _bed.Get<PassGate>().DecideAsync(
            sighting, new ActKey(id, Idempotency.Fingerprint(id.ToByteArray())), record: true, default);
        Assert.Equal(200, decision.Result.Answer.Status);
        return JsonNode.Parse(decision.Result.Answer.Body)!.AsObject();
    }

    /// <summary>A gate could not tell this person from the others.</summary>
    public Task<JsonObject> MistakenAtAsync(string gate, params Guid[] others) =>
        SeenAtAsync(gate, null, null, SightingFinding.Ambiguous, [Id, .. others]);

    public async Task ChoosePinAsync(string pin)
    {
        using var answer = await Http.PutAsJsonAsync($"/users/{Id}/pin", new { pin, password = Password });
        await ServerBed.ReadAsync(answer, HttpStatusCode.NoContent);
    }

    /// <summary>What their app shows as a QR code.</summary>
    public async Task<string> CodeAsync()
    {
        using var answer = await Http.PostAsync($"/users/{Id}/qr", null);
        return (string)(await ServerBed.ReadAsync(answer, HttpStatusCode.Created))["qr"]!;
    }

    public async Task GivePhoneAsync(string phone)
    {
        using var answer = await Http.PutAsJsonAsync($"/users/{Id}/phone", new { phone });
        await ServerBed.ReadAsync(answer, HttpStatusCode.NoContent);
    }

    public async Task ConsentAsync(string purpose = "face")
    {
        using var answer = await Http.PostAsJsonAsync($"/users/{Id}/consents", new { purpose });
        await ServerBed.ReadAsync(answer, HttpStatusCode.Created);
    }

    /// <summary>PUT .../face as it comes back.</summary>
    public Task<HttpResponseMessage> SendFaceAsync(params byte[][] photos) => SendFaceAsync(Http, photos);

    public async Task<HttpResponseMessage> SendFaceAsync(HttpClient by, params byte[][] photos)
    {
        using var form = new MultipartFormDataContent();
        foreach (var photo in photos) form.Add(new ByteArrayContent(photo), "image", "../../etc/photo.jpg");
        return await by.PutAsync($"/users/{Id}/face", form);
    }

    public async Task<JsonObject> EnrolAsync(params byte[][] photos)
    {
        await ConsentAsync();
        using var answer = await SendFaceAsync(photos);
        return await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
    }

    public void Dispose() => Http.Dispose();
}
