using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Vision.Plates;

namespace SightPay.Server.Tests.Plates;

/// <summary>What people say to the server about vehicles, and what a camera reads of them.</summary>
internal static class TestVehicle
{
    /// <summary>Agrees to plates and registers one.</summary>
    public static async Task<JsonObject> RegisterAsync(
        this TestRider owner, string plate, string region = "in", string fuel = "unknown", long autoPayMaxMinor = 0)
    {
        await owner.ConsentAsync("plate");
        return await owner.AddAsync(plate, region, fuel, autoPayMaxMinor).CreatedAsync();
    }

    /// <summary>POST /vehicles as it comes back.</summary>
    public static Task<HttpResponseMessage> AddAsync(
        this TestRider owner, string plate, string region = "in", string fuel = "unknown", long autoPayMaxMinor = 0,
        string? password = TestRider.Password) =>
        owner.Http.PostAsJsonAsync(
            "/vehicles", new { plate, region, fuel, auto_pay_max_minor = autoPayMaxMinor, password });

    public static Task<HttpResponseMessage> ClaimAsync(this TestRider claimant, string plate, string region = "in") =>
        claimant.Http.PostAsJsonAsync(
            "/vehicles/claims", new { plate, region, reason = "I bought this car last week, papers at hand." });

    public static async Task<JsonArray> VehiclesAsync(this TestRider person)
    {
        using var answer = await person.Http.GetAsync("/vehicles");
        return (await ServerBed.ReadAsync(answer, HttpStatusCode.OK))["items"]!.AsArray();
    }

    public static async Task GoneAsync(this Task<HttpResponseMessage> sent)
    {
        using var answer = await sent;
        await ServerBed.ReadAsync(answer, HttpStatusCode.NoContent);
    }

    /// <summary>What a camera of that region read.</summary>
    /// <param name="others">By place: what the reader held possible instead, and how much.</param>
    public static ReadPlate Read(
        string text, string region = "in", float confidence = 0.97f,
        params (int Place, char Character, float Probability)[] others) =>
        new(text, region,
        [
            .. text.Select((character, place) => new PlateCharacter(
            [
                new(character, confidence),
                .. others.Where(other => other.Place == place)
                    .Select(other => new CharacterCandidate(other.Character, other.Probability)),
            ])),
        ], PlateQuad.Of(new(100, 100, 200, 50)));
}
