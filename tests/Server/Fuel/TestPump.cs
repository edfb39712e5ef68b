using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Fuel;
using SightPay.Server.Plates;
using SightPay.Server.Stations;
using SightPay.Server.Tests.Plates;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>What a pump and its camera say to the server.</summary>
internal sealed class TestPump(ServerBed bed, string id = "F1-P1")
{
    /// <summary>As in the demo: petrol, in thousandths of a paisa a litre.</summary>
    public const long PetrolPrice = 10_541_000;

    public const int Petrol = 1;
    public const int Diesel = 2;

    private long _seq;

    /// <summary>A clock that nobody has ever set.</summary>
    public static DateTimeOffset Clock { get; } = DateTimeOffset.UnixEpoch;

    public string Id => id;

    /// <summary>How many frames of the car agree with each other in what the camera tells.</summary>
    public int Frames { get; set; } = PlateRules.AgreeingFramesMin;

    /// <summary>A number as this pump gives to its next delivery.</summary>
    public long NextSeq() => ++_seq;

    public static long AmountOf(long thousandths, long price = PetrolPrice) =>
        new UnitPrice(price, FuelUnit.Litre).AmountOf(new(thousandths, FuelUnit.Litre));

    /// <param name="waited">For the line, by the pump's clock; null: it does not say.</param>
    public Task<HttpResponseMessage> SayAsync(
        object message, string? key = null, string? stationKey = null, TimeSpan? waited = null) =>
        SendAsync($"/pumps/{id}/events", message, key, stationKey, waited);

    public Task<JsonObject> LiftAsync(long seq, int nozzle = Petrol, TimeSpan? waited = null, string? key = null) =>
        SayAsync(new { type = "nozzle_lifted", seq, nozzle, at = Clock }, key, null, waited).OkAsync();

    public Task<JsonObject> HangUpAsync(
        long seq, long thousandths, long? amountMinor = null, int nozzle = Petrol, TimeSpan? waited = null,
        string? key = null) =>
        SayDeliveredAsync(seq, thousandths, amountMinor, nozzle, waited, key).OkAsync();

    public Task<HttpResponseMessage> SayDeliveredAsync(
        long seq, long thousandths, long? amountMinor = null, int nozzle = Petrol, TimeSpan? waited = null,
        string? key = null) => SayAsync(
        new
        {
            type = "delivered", seq, nozzle, volume_thousandths = thousandths,
            amount_minor = amountMinor ?? AmountOf(thousandths), at = Clock,
        }, key, null, waited);

    /// <summary>A whole delivery.</summary>
    public async Task<Guid> FillAsync(long thousandths, int nozzle = Petrol)
    {
        var seq = NextSeq();
        Assert.True((bool)(await LiftAsync(seq, nozzle))["authorised"]!);
        return (Guid)(await HangUpAsync(seq, thousandths, nozzle: nozzle))["session_id"]!;
    }

    /// <summary>The pump's camera has read this car's plate; what comes after the sighting is the real thing.</summary>
    public async Task<JsonObject> SeeAsync(Guid vehicle, Guid? key = null, params StationAlert[] alerts)
    {
        var station = (await bed.Get<StationDirectory>().FindAsync(id, default))!;
        var found = (await bed.Get<Vehicles>().FindAsync(vehicle, default))!;
        var act = key ?? Guid.CreateVersion7();
        var actKey = new ActKey(act, Idempotency.Fingerprint(act.ToByteArray()));
        for (var round = 0; ; round++)
        {
            var sighting = new Sighting(
                Guid.CreateVersion7(), station, SightingBand.Accept, SightingFinding.Recognised, null, false, [],
                new SightingTimings(0, 0, 0, 0, 0), Stopwatch.GetTimestamp())
            {
                Alerts = alerts, AgreeingFrames = Frames, Vehicle = vehicle, VehicleOwner = found.Owner,
                Plates =
                [
                    new SightedPlate(found.MaskedPlate, found.Region, 0.97, new(0, 0, 1, 1), SightingBand.Accept),
                ],
            };
            var decision = await bed.Get<SeeCar>().DecideAsync(sighting, actKey, record: true, default);
            if (decision.Result.End == ActEnd.Stale && round < 50) continue;
            Assert.Equal(200, decision.Result.Answer.Status);
            return JsonNode.Parse(decision.Result.Answer.Body)!.AsObject();
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        string path, object body, string? key, string? stationKey, TimeSpan? waited)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        key ??= Guid.CreateVersion7().ToString();
        if (key.Length > 0) request.Headers.Add("Idempotency-Key", key);
        stationKey ??= bed.StationKey(id);
        if (stationKey.Length > 0) request.Headers.Add("X-Station-Key", stationKey);
        if (waited is { } time) request.Headers.Add("X-Sent-At", (Clock + time).ToString("O"));
        return await bed.Http.SendAsync(request);
    }
}

/// <summary>A person of a test with a car.</summary>
internal sealed class TestDriver(ServerBed bed, TestRider person, Guid vehicle) : IDisposable
{
    public TestRider Person => person;
    public Guid Vehicle => vehicle;

    /// <param name="autoPayMaxMinor">Paid without a tap up to this much.</param>
    public static async Task<TestDriver> SignUpAsync(
        ServerBed bed, string plate, long walletMinor = 500_000, long autoPayMaxMinor = 0, string fuel = "petrol")
    {
        var person = await TestRider.SignUpAsync(bed, $"Driver of {plate[^4..]}", walletMinor);
        var vehicle = await person.RegisterAsync(plate, fuel: fuel, autoPayMaxMinor: autoPayMaxMinor);
        return new TestDriver(bed, person, (Guid)vehicle["id"]!);
    }

    public Task<JsonObject> SessionAsync(Guid id) => person.Http.GetAsync($"/fuel-sessions/{id}").OkAsync();

    public async Task<string> StateAsync(Guid id) => (string)(await SessionAsync(id))["state"]!;

    public Task<HttpResponseMessage> SayAsync(Guid session, string what, object? body = null, string? key = null) =>
        person.Http.WriteAsync($"/fuel-sessions/{session}/{what}", body ?? new { }, key);

    public Task<JsonObject> ConfirmAsync(Guid session, string? key = null) =>
        SayAsync(session, "confirm", key: key).OkAsync();

    /// <summary>Receipts of fuel, as (subject, amount).</summary>
    public async Task<IReadOnlyList<JsonObject>> ReceiptsAsync()
    {
        var receipts = await person.Http.GetAsync($"/receipts?user_id={person.Id}").OkAsync();
        return [.. receipts["items"]!.AsArray().Select(each => each!.AsObject())
            .Where(each => (string)each["kind"]! == "fuel")];
    }

    public Task<(long Balance, long Held)> WalletAsync() => person.WalletAsync();

    /// <summary>What the site has taken in all.</summary>
    public async Task<long> TakenAsync() =>
        (await bed.Get<GeneralLedger>().AccountAsync("site:F1", default))!.BalanceMinor;

    public void Dispose() => person.Dispose();
}
