using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>A filling station is set up from nothing in the console; bad input is said at its field.</summary>
public sealed class SitePagesTests(RunningServer server) : IClassFixture<RunningServer>
{
    // What the server refuses is an answer, though the browser calls it an error of the network.
    private const string Refused = "status of 422";

    [SkippableFact]
    public async Task A_site_is_set_up_from_nothing_and_somebody_is_asked_to_work_there()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var farid = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await farid.SignUpAsync("Farid Khan");
        var console = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);

        await OpenAsync(console);
        await AddGradeAsync(console);
        await PriceAsync(console);
        await AddTankAsync(console);
        await AddPumpAsync(console);
        await SetHoursAsync(console);
        await AskToWorkAsync(console, farid);

        foreach (var page in (Walker[])[console, farid])
            Assert.DoesNotContain(page.Errors, error => !error.Contains(Refused, StringComparison.Ordinal));
    }

    private static async Task OpenAsync(Walker console)
    {
        await console.PressAsync("nav-sites");
        await console.SeeAsync("site");
        await console.InspectAsync("console-sites");
        await console.PressAsync("site-open");
        await console.FillAsync("site-id", "f-2");
        await console.PressAsync("site-save");
        await console.SeeFaultAsync("site-id", "capital letters and digits");
        await console.SeeFaultAsync("site-name", "1 to 60 characters");
        await console.InspectAsync("console-site-open");
        await console.FillAsync("site-id", "F2");
        await console.FillAsync("site-name", "Howrah Bridge");
        await console.At("site-region").SelectOptionAsync("in");
        await console.FillAsync("site-zone", "Asia/Kolkata");
        await console.PressAsync("site-save");
        await console.SeeTextAsync("Howrah Bridge");
        await console.SeeTextAsync("F2, Asia/Kolkata");
    }

    private static async Task AddGradeAsync(Walker console)
    {
        await console.PressAsync("tab-prices");
        await console.SeeTextAsync("This site sells nothing yet");
        await console.InspectAsync("console-site-empty");
        await console.PressAsync("grade-add");
        await console.FillAsync("grade-id", "super 95");
        await console.PressAsync("grade-save");
        await console.SeeFaultAsync("grade-id", "letters, digits and hyphens");
        await console.SeeFaultAsync("grade-name", "1 to 60 characters");
        await console.InspectAsync("console-grade-form");
        await console.FillAsync("grade-id", "super-95");
        await console.FillAsync("grade-name", "Super 95");
        await console.PressAsync("grade-save");
        await console.SeeAsync("grade-super-95", "data-price", "");
    }

    private static async Task PriceAsync(Walker console)
    {
        await console.PressAsync("price-super-95");
        await console.FillAsync("price-amount", "free");
        await console.PressAsync("price-save");
        await console.SeeFaultAsync("price-amount", "Write a price above zero");
        await console.FillAsync("price-amount", "105.41");
        await console.PressAsync("price-save");
        await console.SeeAsync("grade-super-95", "data-price", 10_541_000);

        await console.PressAsync("price-super-95");
        await console.FillAsync("price-amount", "99.95");
        await console.Page.GetByText("Later", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await console.FillAsync("price-from", "2020-01-01T06:00");
        await console.PressAsync("price-save");
        await console.SeeFaultAsync("price-from", "Choose a moment to come");
        await console.InspectAsync("console-price-form");
        await console.FillAsync("price-from", "2099-01-01T06:00");
        await console.PressAsync("price-save");
        await console.SeeFaultAsync("price-from", "within a year");
        await console.FillAsync("price-from", $"{TimeProvider.System.GetUtcNow().AddDays(30):yyyy-MM-dd}T06:00");
        await console.PressAsync("price-save");
        await console.SeeAsync("scheduled");
        await Assertions.Expect(console.At("scheduled")).ToContainTextAsync("99.95");
        await Assertions.Expect(console.At("price-row")).ToHaveCountAsync(2);
        await console.InspectAsync("console-site-prices");
    }

    private static async Task AddTankAsync(Walker console)
    {
        await console.PressAsync("tab-tanks");
        await console.PressAsync("tank-add");
        await console.PressAsync("tank-save");
        await console.SeeFaultAsync("tank-capacity", "Write how much it holds");
        await console.FillAsync("tank-capacity", "20000");
        await console.PressAsync("tank-save");
        await console.SeeAsync("tank-T1", "data-level", 0);
        await console.PressAsync("deliver-T1");
        await console.FillAsync("fill-amount", "25000");
        await console.PressAsync("fill-save");
        await console.SeeFaultAsync("fill-amount", "At most");
        await console.InspectAsync("console-tank-fill");
        await console.FillAsync("fill-amount", "12500.5");
        await console.FillAsync("fill-note", "Slip 4711");
        await console.PressAsync("fill-save");
        await console.SeeAsync("tank-T1", "data-level", 12_500_500);
        await console.PressAsync("entries-T1");
        await console.SeeAsync("tank-entry");
        await console.InspectAsync("console-site-tanks");
    }

    private static async Task AddPumpAsync(Walker console)
    {
        await console.PressAsync("tab-pumps");
        await console.PressAsync("pump-add");
        await console.FillAsync("pump-number", "0");
        await console.PressAsync("nozzle-add");
        await console.PressAsync("nozzle-add");
        await console.PressAsync("pump-save");
        await console.SeeFaultAsync("pump-number", "");
        await console.InspectAsync("console-pump-form");
        await console.FillAsync("pump-number", "1");
        await console.PressAsync("pump-save");
        await console.SeeAsync("pump-1");
        await Assertions.Expect(console.At("pump-1")).ToContainTextAsync("Super 95");
        await console.InspectAsync("console-site-pumps");
    }

    private static async Task SetHoursAsync(Walker console)
    {
        await console.PressAsync("tab-site");
        await console.At("always-open").ClickAsync(new() { Force = true });
        await console.Page.GetByLabel("Monday: add hours").ClickAsync();
        await console.PressAsync("details-save");
        await console.SeeTextAsync("Two spans cover the same time");
        await console.InspectAsync("console-site-hours");
        await console.Page.GetByLabel("Monday: remove these hours").Last.ClickAsync();
        await console.Page.GetByLabel("Monday to").FillAsync("23:30");
        await console.FillAsync("details-name", "");
        await console.PressAsync("details-save");
        await console.SeeFaultAsync("details-name", "1 to 60 characters");
        await console.FillAsync("details-name", "Howrah Bridge East");
        await console.PressAsync("details-save");
        await console.SeeTextAsync("Site saved");
        await console.Page.ReloadAsync();
        await Assertions.Expect(console.Page.GetByLabel("Monday to")).ToHaveValueAsync("23:30");
        await console.SeeTextAsync("Howrah Bridge East");
    }

    /// <summary>Who has no account and who has one get the same answer; who has one answers in the app.</summary>
    private static async Task AskToWorkAsync(Walker console, Walker asked)
    {
        await console.PressAsync("tab-staff");
        await console.FillAsync("staff-email", "farid");
        await console.PressAsync("staff-ask");
        await console.SeeFaultAsync("staff-email", "whole e-mail address");
        foreach (var email in (string[])["nobody@example.org", Walks.EmailOf("Farid Khan")])
        {
            await console.FillAsync("staff-email", email);
            await console.PressAsync("staff-ask");
            await console.SeeTextAsync($"If {email} has an account");
        }
        await asked.SeeAsync("site-invitation");
        await asked.InspectAsync("app-site-invitation");
        await asked.PressAsync("site-invitation-accept");
        await asked.SeeNoneAsync("site-invitation");
        await console.SeeAsync("site-staff");
        await Assertions.Expect(console.At("site-staff")).ToContainTextAsync("Farid K.");
        await console.InspectAsync("console-site-staff");
    }
}

internal static class FieldFaults
{
    /// <summary>The field is marked, and what is wrong is written at it.</summary>
    public static async Task SeeFaultAsync(this Walker page, string testId, string words)
    {
        var field = page.At(testId);
        await Assertions.Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
        var told = (await field.GetAttributeAsync("aria-describedby"))!.Split(' ')
            .Single(id => id.EndsWith("-error", StringComparison.Ordinal));
        await Assertions.Expect(page.Page.Locator($"[id='{told}']")).ToContainTextAsync(words);
    }
}
