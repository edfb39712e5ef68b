using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace SightPay.Browser.Tests;

/// <summary>The canteen's till as another program than ours would run it: by its key.</summary>
internal sealed class Till(string server, DemoCredentials demo) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(server) };

    /// <summary>Asks a person for money that nobody has seen.</summary>
    /// <returns>The payment's id.</returns>
    public async Task<string> AskAsync(string person, long amountMinor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/transactions")
        {
            Content = JsonContent.Create(new
            {
                user_id = person, merchant_id = "canteen",
                amount = new { amount_minor = amountMinor, currency = "INR" },
            }),
            Headers =
            {
                { "X-Station-Key", demo.Stations["canteen-till"] },
                { "Idempotency-Key", Guid.CreateVersion7().ToString() },
            },
        };
        using var answer = await _http.SendAsync(request);
        var payment = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.True(answer.IsSuccessStatusCode, payment.ToJsonString());
        return (string)payment["id"]!;
    }

    public void Dispose() => _http.Dispose();
}
