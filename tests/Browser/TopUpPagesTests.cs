using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>Top-ups that people have to look at, in the console.</summary>
public sealed class TopUpPagesTests
{
    [SkippableFact]
    public async Task An_operator_looks_at_a_top_up_sends_some_of_it_back_and_clears_it()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Http.BaseAddress!.ToString(), Walker.Phone);
        await phone.SignUpAsync("Tuli Basu");
        await phone.TopUpAsync("300", 300_00);
        await using (var command = server.Database.DataSource.CreateCommand("update top_up set note = 'paid_twice'"))
            await command.ExecuteNonQueryAsync();

        var console = await Walker.OpenAsync(chromium, server.Http.BaseAddress!.ToString(), Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        await console.PressAsync("nav-decisions");
        await Assertions.Expect(console.At("waiting-top-up")).ToContainTextAsync("A second payment took money for it");
        await console.InspectAsync("console-decisions-top-up");
        await console.At("waiting-top-up").GetByText("Look").ClickAsync();
        await console.SeeAsync("top-up-details", "data-state", "credited");
        await console.PressAsync("send-back");
        await Assertions.Expect(console.Page.Locator("main")).ToContainTextAsync("Say why in a few words");
        await console.FillAsync("send-back-amount", "120");
        await console.FillAsync("send-back-reason", "Asked for it by phone");
        await console.PressAsync("send-back");
        await console.SeeAsync("top-up-refund", "data-state", "done");
        await console.InspectAsync("console-top-up");
        await console.PressAsync("clear-top-up");
        await console.PressAsync("confirm");
        await Assertions.Expect(console.At("top-up-note")).ToHaveCountAsync(0);
        await console.PressAsync("nav-decisions");
        await Assertions.Expect(console.Page.Locator("main")).ToContainTextAsync("No top-up waits for people.");
        Assert.Empty(console.Errors);
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("balance", "data-minor", 180_00);
        Assert.Empty(phone.Errors);
    }
}
