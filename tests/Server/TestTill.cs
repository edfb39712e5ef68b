using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace SightPay.Server.Tests;

/// <summary>What a till, a payer or an operator says to the server about payments.</summary>
internal static class TestTill
{
    public const string Till = "canteen-till";

    /// <summary>The till asks for money, as it comes back.</summary>
    public static Task<HttpResponseMessage> AskAsync(
        this ServerBed bed, Guid user, long amountMinor, string? sighting = null, string currency = "INR",
        string merchant = "canteen", string station = Till, string? key = null, string? capture = null) =>
        bed.TillAsync(
            "/transactions",
            new
            {
                user_id = user, merchant_id = merchant, amount = new { amount_minor = amountMinor, currency },
                sighting_id = sighting, capture,
            },
            key, station);

    public static async Task<JsonObject> AskedAsync(
        this ServerBed bed, Guid user, long amountMinor, string? sighting = null, string? capture = null)
    {
        using var answer = await bed.AskAsync(user, amountMinor, sighting, capture: capture);
        return await ServerBed.ReadAsync(answer, HttpStatusCode.Created);
    }

    /// <summary>A till's request.</summary>
    /// <param name="key">Idempotency-Key; a new one when null, none when empty.</param>
    public static Task<HttpResponseMessage> TillAsync(
        this ServerBed bed, string path, object? body = null, string? key = null, string station = Till) =>
        SendAsync(bed.Http, path, body, key, bed.StationKey(station));

    /// <summary>A signed-in person's request.</summary>
    public static Task<HttpResponseMessage> WriteAsync(
        this HttpClient http, string path, object? body = null, string? key = null) =>
        SendAsync(http, path, body, key, null);

    public static async Task<string> StatusAsync(this TestRider payer, JsonObject payment)
    {
        using var shown = await payer.Http.GetAsync($"/transactions/{payment["id"]}");
        return (string)(await ServerBed.ReadAsync(shown, HttpStatusCode.OK))["status"]!;
    }

    public static async Task<JsonObject> OkAsync(this Task<HttpResponseMessage> sent)
    {
        using var answer = await sent;
        return await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
    }

    public static async Task<JsonObject> CreatedAsync(this Task<HttpResponseMessage> sent)
    {
        using var answer = await sent;
        return await ServerBed.ReadAsync(answer, HttpStatusCode.Created);
    }

    public static async Task<string> ProblemAsync(this Task<HttpResponseMessage> sent, HttpStatusCode expected)
    {
        using var answer = await sent;
        return await ServerBed.CodeAsync(answer, expected);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, string path, object? body, string? key, string? stationKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (stationKey is not null) request.Headers.Add("X-Station-Key", stationKey);
        key ??= Guid.CreateVersion7().ToString();
        if (key.Length > 0) request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request);
    }
}
