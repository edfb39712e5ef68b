using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>Money from outside into the wallet, and what became of it, in the app against the real server.</summary>
public sealed class WalletPagesTests(RunningServer server) : IClassFixture<RunningServer>
{
    [SkippableFact]
    public async Task A_card_that_declines_is_told_and_the_next_one_pays()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Lila Nair");
        await WishAsync(phone, "200", "card_declined");
        await phone.SeeAsync("top-up-progress", "data-state", "failed");
        await Assertions.Expect(phone.At("problem")).ToContainTextAsync("The card was declined");
        await phone.InspectAsync("app-top-up-declined");
        await phone.SeeAsync("available", "data-minor", 0);

        await phone.PressAsync("top-up-other");
        await WishAsync(phone, "200", "card_ok");
        await phone.SeeAsync("available", "data-minor", 200_00);
        Assert.Empty(phone.Errors);
    }

    [SkippableFact]
    public async Task A_bank_that_asks_back_gets_a_no_and_then_a_yes()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Omi Ghosh");
        await WishAsync(phone, "300", "card_action");
        await AnswerBankAsync(phone, "No, do not pay");
        await phone.SeeAsync("top-up-progress", "data-state", "failed");
        await phone.SeeAsync("available", "data-minor", 0);
        await phone.InspectAsync("app-top-up-refused");

        await phone.PressAsync("top-up-other");
        await WishAsync(phone, "300", "card_action");
        await AnswerBankAsync(phone, "Yes, pay");
        await phone.SeeAsync("available", "data-minor", 300_00);
        Assert.Empty(phone.Errors);
    }

    [SkippableFact]
    public async Task A_statement_begins_with_nothing_and_adds_up_on_the_page_and_in_the_file()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Devi Pal");
        await phone.PressAsync("nav-wallet");
        await phone.PressAsync("to-statement");
        await phone.SeeAsync("statement", "data-closing", 0);
        await phone.InspectAsync("app-statement-empty");
        await phone.TopUpAsync("500", 500_00);
        using (var till = new Till(server.Address, server.Demo))
            await till.AskAsync(await phone.PersonIdAsync(), 120_00);
        await phone.PressAsync("payment-confirm");
        await phone.SeeAsync("balance", "data-minor", 380_00);

        await phone.PressAsync("to-statement");
        await phone.SeeAsync("statement", "data-opening", 0);
        await phone.SeeAsync("statement", "data-closing", 380_00);
        await phone.SeeAsync("statement-line", "data-balance", 380_00);
        await phone.InspectAsync("app-statement");
        var file = await phone.Page.RunAndWaitForDownloadAsync(() => phone.PressAsync("statement-csv"));
        Assert.EndsWith(".csv", file.SuggestedFilename, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(await file.PathAsync());
        Assert.StartsWith("at,id,kind", lines[0], StringComparison.Ordinal);
        Assert.Contains("closing", lines[^1], StringComparison.Ordinal);
        Assert.Contains("38000", lines[^1], StringComparison.Ordinal);

        await phone.At("statement-span").GetByText("Last month").ClickAsync();
        await phone.SeeAsync("statement", "data-closing", 0);
        await phone.At("statement-span").GetByText("Other days").ClickAsync();
        await phone.FillAsync("statement-first", "2026-02-02");
        await phone.FillAsync("statement-last", "2026-02-01");
        await Assertions.Expect(phone.At("statement")).ToHaveCountAsync(0);
        await phone.InspectAsync("app-statement-no-period");
        Assert.Empty(phone.Errors);
    }

    [SkippableFact]
    public async Task What_was_not_spent_goes_back_to_its_card()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Rupa Nag");
        await phone.TopUpAsync("300", 300_00);
        await phone.PressAsync("to-top-ups");
        await phone.SeeAsync("top-up-row");
        await phone.InspectAsync("app-top-ups");
        await phone.PressAsync("top-up-row");
        await phone.FillAsync("send-back-amount", "301");
        await phone.PressAsync("send-back");
        await Assertions.Expect(phone.Page.Locator("main")).ToContainTextAsync("can go back");
        await phone.FillAsync("send-back-amount", "120");
        await phone.PressAsync("send-back");
        await phone.SeeAsync("top-up-refund", "data-state", "done");
        await phone.InspectAsync("app-top-up-sent-back");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("balance", "data-minor", 180_00);
        Assert.Empty(phone.Errors);
    }

    [SkippableFact]
    public async Task The_code_to_show_is_another_one_each_time()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Jaya Saha");
        await phone.PressAsync("to-code");
        await phone.SeeAsync("my-code");
        var first = await phone.At("my-code").InnerHTMLAsync();
        await phone.InspectAsync("app-code");
        await phone.PressAsync("nav-home");
        await phone.PressAsync("to-code");
        await phone.SeeAsync("my-code");
        Assert.NotEqual(first, await phone.At("my-code").InnerHTMLAsync());
        Assert.Empty(phone.Errors);
    }

    private static async Task WishAsync(Walker phone, string amount, string card)
    {
        await phone.PressAsync("nav-wallet");
        await phone.FillAsync("top-up-amount", amount);
        await phone.At($"top-up-{card}").CheckAsync();
        await phone.PressAsync("top-up");
    }

    /// <summary>To the bank's own page, and by its redirect back into the app.</summary>
    private static async Task AnswerBankAsync(Walker phone, string answer)
    {
        await phone.SeeAsync("top-up-progress", "data-state", "action_needed");
        await phone.InspectAsync("app-top-up-bank-asks");
        await phone.PressAsync("top-up-bank");
        await phone.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = answer }).ClickAsync();
        await phone.SeeAsync("available");
    }

    private async Task<Chromium> StartAsync()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        return await Chromium.StartAsync();
    }
}
