using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>The books in the console: what differs is named, and who only reads finds nothing to press.</summary>
public sealed class BooksPagesTests
{
    [SkippableFact]
    public async Task A_reconciliation_runs_on_demand_and_names_what_was_tampered_with()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var payment = await PayAsync(server, chromium, "Rima Dutta", 120_00);
        var console = await OperatorAsync(server, chromium);
        await console.PressAsync("nav-books");
        await console.PressAsync("reconcile");
        await console.SeeAsync("reconciliation", "data-differences", 0);
        await console.InspectAsync("console-books");

        await using (var command = server.Database.DataSource.CreateCommand(
            $"update payment set captured_minor = captured_minor + 1 where id = '{payment}'"))
            await command.ExecuteNonQueryAsync();
        await console.PressAsync("reconcile");
        await Assertions.Expect(console.At("reconciliation")).ToHaveCountAsync(
            2, new LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
        await Assertions.Expect(console.At("reconciliation").First).ToContainTextAsync(
            "differences", new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });
        await console.At("reconciliation").First.ClickAsync();
        await console.SeeAsync("reconciliation-details", "data-state", "done");
        await Assertions.Expect(console.At("difference").First).ToContainTextAsync("canteen");
        await console.InspectAsync("console-differences");
        Assert.Empty(console.Errors);
    }

    [SkippableFact]
    public async Task A_merchants_days_add_up_on_the_page_and_in_the_file()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        await PayAsync(server, chromium, "Shila Jana", 120_00);
        var console = await OperatorAsync(server, chromium);
        await console.PressAsync("nav-merchants");
        await console.SeeAsync("merchant-statement", "data-closing", 120_00);
        await console.SeeAsync("merchant-day", "data-net", 120_00);
        await console.InspectAsync("console-merchant");
        var file = await console.Page.RunAndWaitForDownloadAsync(() => console.PressAsync("merchant-csv"));
        Assert.StartsWith("canteen-", file.SuggestedFilename, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(await file.PathAsync());
        Assert.StartsWith("date,merchant,gross", lines[0], StringComparison.Ordinal);
        Assert.Contains("12000", lines[1], StringComparison.Ordinal);
        await console.At("statement-span").GetByText("Last month").ClickAsync();
        await console.SeeAsync("merchant-statement", "data-closing", 0);
        await console.InspectAsync("console-merchant-empty");
        Assert.Empty(console.Errors);
    }

    [SkippableFact]
    public async Task An_auditor_sees_all_of_it_and_has_nothing_to_press()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var payment = await PayAsync(server, chromium, "Uma Kar", 600_00);
        var reader = await Walker.OpenAsync(chromium, server.Http.BaseAddress!.ToString(), Walker.Phone);
        await reader.SignUpAsync("Noor Ali");
        var console = await OperatorAsync(server, chromium);
        await console.GiveRoleAsync("Noor", "auditor");
        await console.GoAsync($"/console/payments/{payment}");
        await console.FillAsync("refund-reason", "Everything was returned");
        await console.PressAsync("refund-send");
        await Assertions.Expect(console.At("toasts")).ToContainTextAsync("A second operator has to agree");

        var auditor = await Walker.OpenAsync(chromium, server.Http.BaseAddress!.ToString(), Walker.Desktop);
        await auditor.SignInAsync(Walks.EmailOf("Noor Ali"), Walks.Password);
        await auditor.InspectAsync("auditor-line");
        await Assertions.Expect(auditor.At("nav-stations")).ToHaveCountAsync(0);
        await auditor.PressAsync("nav-decisions");
        await auditor.SeeAsync("approval");
        await Assertions.Expect(auditor.At("approve")).ToHaveCountAsync(0);
        await Assertions.Expect(auditor.At("nav-decisions")).Not.ToContainTextAsync("waiting");
        await auditor.InspectAsync("auditor-decisions");
        await auditor.PressAsync("nav-payments");
        await auditor.At("payment").First.ClickAsync();
        await auditor.SeeAsync("payment-details", "data-status", "captured");
        await Assertions.Expect(auditor.At("refund-send")).ToHaveCountAsync(0);
        await auditor.PressAsync("nav-books");
        await auditor.Page.GetByRole(AriaRole.Heading).First.WaitForAsync();
        await Assertions.Expect(auditor.At("reconcile")).ToHaveCountAsync(0);
        await auditor.PressAsync("nav-people");
        await auditor.At("person").GetByRole(AriaRole.Link).Last.ClickAsync();
        await auditor.SeeAsync("person-name");
        await Assertions.Expect(auditor.At("correction-send")).ToHaveCountAsync(0);
        await auditor.InspectAsync("auditor-person");
        await auditor.PressAsync("nav-audit");
        await auditor.SeeAsync("audit-entry");
        Assert.Empty(auditor.Errors);
    }

    /// <summary>Somebody tops up and pays at the canteen.</summary>
    /// <returns>The payment's id.</returns>
    private static async Task<string> PayAsync(
        TestServer server, Chromium chromium, string name, long amountMinor)
    {
        var address = server.Http.BaseAddress!.ToString();
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync(name);
        await phone.TopUpAsync("900", 900_00);
        using var till = new Till(address, server.Demo);
        var payment = await till.AskAsync(await phone.PersonIdAsync(), amountMinor);
        await phone.PressAsync("payment-confirm");
        // The balance, not what is available: that is less from the moment in which somebody asks.
        await phone.SeeAsync("balance", "data-minor", 900_00 - amountMinor);
        await phone.CloseAsync();
        return payment;
    }

    private static async Task<Walker> OperatorAsync(TestServer server, Chromium chromium)
    {
        var console = await Walker.OpenAsync(chromium, server.Http.BaseAddress!.ToString(), Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        return console;
    }
}
