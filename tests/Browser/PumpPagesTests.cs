using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>A pump on a screen and the board of its staff, live beside each other.</summary>
public sealed class PumpPagesTests
{
    [SkippableFact]
    public async Task A_pump_whose_line_is_cut_tells_its_delivery_later_and_staff_take_the_money()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        var console = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        var pump = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await pump.GoAsync(await console.KioskLinkAsync("F1-P1"));
        await console.GoAsync($"{address}/console/sites/F1");
        await console.SeeAsync("live-state", "data-state", "live");
        await console.SeeAsync("board-1", "data-state", "free");

        await pump.PressAsync("lift-1");
        await console.SeeAsync("board-1", "data-state", "fuelling");
        await pump.PressAsync("pump-pour-ten");
        await pump.At("fault-cut").ClickAsync(new() { Force = true });
        await pump.At("fault-twice").ClickAsync(new() { Force = true });
        await pump.PressAsync("pump-hang-up");
        await pump.SeeAsync("pump-display", "data-amount", 105_410);
        await pump.SeeAsync("pump-waiting", "data-count", 3);
        await pump.InspectAsync("pump-cut");
        await console.SeeAsync("board-1", "data-state", "fuelling");

        // The screen is closed and opened again: what it had to say is said, and counted once.
        await pump.Page.ReloadAsync();
        await console.SeeAsync("board-1", "data-state", "unclaimed");
        await pump.SeeNoneAsync("pump-waiting");
        await Assertions.Expect(pump.At("pump-entry")).ToHaveCountAsync(3);
        await console.InspectAsync("console-board");
        await console.At("board-1").GetByTestId("act-cash").ClickAsync();
        await console.PressAsync("act-confirm");
        await console.SeeAsync("board-1", "data-state", "free");
        foreach (var walker in new[] { console, pump }) Assert.Empty(walker.Errors);
    }
}
