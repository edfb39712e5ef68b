using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SightPay.Browser.Tests;

/// <summary>A real server's receipt is proved by the page, and a changed one refused.</summary>
public sealed partial class VerifyTests(RunningServer server) : IClassFixture<RunningServer>
{
    [SkippableFact]
    public async Task A_receipt_is_proved_from_its_file_and_from_paper_and_a_changed_one_is_refused()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        var (receipt, printed) = await ReceiptAsync();
        await using var chromium = await Chromium.StartAsync();
        var walker = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);

        await walker.GoAsync("/verify");
        await walker.InspectAsync("verify-empty");
        await walker.At("receipt-file").SetInputFilesAsync(new Microsoft.Playwright.FilePayload
        {
            Name = "receipt.json", MimeType = "application/json", Buffer = System.Text.Encoding.UTF8.GetBytes(receipt),
        });
        await walker.SeeAsync("receipt-verdict", "data-verdict", "holds");
        await walker.InspectAsync("verify-genuine");

        var changed = JsonNode.Parse(receipt)!;
        changed["receipt"]!["amount"]!["amount_minor"] = 99_900;
        await walker.PressAsync("verify-again");
        await walker.FillAsync("receipt-text", changed.ToJsonString());
        await walker.PressAsync("verify");
        await walker.SeeAsync("receipt-verdict", "data-verdict", "fails");
        await walker.InspectAsync("verify-changed");

        await walker.GoAsync(CheckAddress().Match(printed).Groups[1].Value.Replace("&amp;", "&"));
        await walker.SeeAsync("receipt-verdict", "data-verdict", "holds");
        await Microsoft.Playwright.Assertions.Expect(walker.At("finding").Last)
            .ToContainTextAsync("not been rewritten since you last looked");

        await walker.PressAsync("verify-again");
        await walker.FillAsync("receipt-text", "no receipt");
        await walker.PressAsync("verify");
        await walker.SeeAsync("verify-trouble");
        Assert.Empty(walker.Errors);

        await walker.Page.SetContentAsync(printed);
        await walker.InspectAsync("receipt-printed");
    }

    /// <summary>An operator gives somebody money, who asks for the receipt.</summary>
    private async Task<(string Receipt, string Printed)> ReceiptAsync()
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
        var person = await SendAsync(http, "/users", new
        {
            name = "Asha Sen", email = "asha.verifies@example.org", password = "river-boat-42",
        });
        await SignInAsync(http, server.Demo.Operator.Email, server.Demo.Operator.Password);
        await SendAsync(http, "/corrections", new
        {
            user_id = (string)person["id"]!, amount = new { amount_minor = 12_050, currency = "INR" },
            direction = "credit", reason = "Goodwill for a gate that was slow",
        });
        await SignInAsync(http, "asha.verifies@example.org", "river-boat-42");
        var page = JsonNode.Parse(await http.GetStringAsync("/receipts"))!;
        var id = (string)page["items"]![0]!["id"]!;
        return (await http.GetStringAsync($"/receipts/{id}"), await http.GetStringAsync($"/receipts/{id}/print"));
    }

    private static async Task SignInAsync(HttpClient http, string email, string password)
    {
        var token = await SendAsync(http, "/auth/token", new { email, password });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (string)token["access_token"]!);
    }

    private static async Task<JsonNode> SendAsync(HttpClient http, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", Guid.CreateVersion7().ToString());
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    [GeneratedRegex("href=\"([^\"]*/verify#[^\"]*)\"")]
    private static partial Regex CheckAddress();
}
