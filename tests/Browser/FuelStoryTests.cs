using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SightPay.Ledger;

namespace SightPay.Browser.Tests;

/// <summary>
/// Whole visits to a filling station, through pages alone: the customer's phone, the screen of the pump with its
/// camera, the board of the staff. What the camera shows is read by the real recognition.
/// </summary>
public sealed class FuelStoryTests
{
    private const string Plate = "MH12AB1234";

    /// <summary>What ten litres cost in the demo.</summary>
    private const long BillMinor = 1_054_10;

    private static DrawnCar Car { get; } = new("MH 12 AB 1234");

    [SkippableFact]
    public async Task A_car_is_seen_by_the_pumps_camera_fills_up_and_has_paid_when_its_nozzle_hangs()
    {
        Chromium.SkipWithoutBrowser();
        // A film that is no multiple of the looks, so that the camera seldom shows the same frame twice.
        using var film = CameraFilm.Of(Enumerable.Range(0, 11).Select(frame =>
            (Car with { Frame = frame, MetrePixels = 338 + 0.4f * frame }).Draw()));
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync(film.Path);
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync("Asha Roy");
        await phone.TopUpAsync("3000", 3_000_00);
        await phone.AddCarAsync(Plate, "The blue van", payByItself: "2000");
        await phone.PressAsync("nav-home");
        var pump = await OpenPumpAsync(chromium, server, address);

        // The car drives up. The bill opens on the phone by itself, and as soon as enough frames agree money is set
        // aside up to what she allows the plate.
        await pump.Page.GetByText("This camera").ClickAsync();
        await Assertions.Expect(pump.At("pump-look")).ToBeEnabledAsync(new() { Timeout = 60_000 });
        await pump.At("pump-look").CheckAsync(new() { Force = true });
        await pump.SeeAsync("pump-seen", "data-tone", "good");
        await phone.SeeAsync("bill");
        await phone.SeeAsync("bill", "data-state", "held");
        await phone.InspectAsync("app-bill-held");
        await pump.InspectAsync("pump-car-known");

        await pump.PressAsync("lift-1");
        await phone.SeeAsync("bill", "data-state", "fuelling");
        await pump.PressAsync("pump-pour-ten");
        await pump.SeeAsync("pump-display", "data-amount", BillMinor);
        await phone.InspectAsync("app-bill-fuelling");
        await pump.InspectAsync("pump-pouring");
        await pump.PressAsync("pump-hang-up");
        await phone.SeeAsync("bill", "data-state", "paid");
        await phone.SeeAsync("receipt", "data-kind", "fuel");
        await pump.SeeAsync("pump-said", "data-tone", "good");
        await phone.InspectAsync("app-bill-paid");
        await pump.InspectAsync("pump-paid");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 3_000_00 - BillMinor);
        await phone.SeeAsync("held", "data-minor", 0);
        Assert.Equal(BillMinor, await TakenAsync(server));
        foreach (var walker in new[] { phone, pump }) Assert.Empty(walker.Errors);
    }

    /// <summary>After five minutes the bill died in the app, the card was charged all the same, and the bill came back.
    /// </summary>
    [SkippableFact]
    public async Task S3_expiry_A_bill_that_nobody_paid_in_time_is_opened_again_and_paid_once_and_keeps_no_pump()
    {
        Chromium.SkipWithoutBrowser();
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        await using var server = await TestServer.StartAsync(
            replace: services => services.AddSingleton<TimeProvider>(clock));
        await using var chromium = await Chromium.StartAsync();
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync("Leela Nath");
        await phone.TopUpAsync("3000", 3_000_00);
        await phone.AddCarAsync(Plate, "", payByItself: null);
        var board = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await board.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        await board.GoAsync($"{address}/console/sites/F1");
        var pump = await OpenPumpAsync(chromium, server, address);

        await pump.At("pump-file").SetInputFilesAsync(Walks.Photo("car.jpg", Car.Jpeg()));
        await phone.SeeAsync("bill", "data-state", "offered");
        await phone.InspectAsync("app-bill-offered");
        await board.SeeAsync("board-1", "data-state", "offered");
        await pump.At("pump-look").UncheckAsync(new() { Force = true });
        clock.Advance(TimeSpan.FromSeconds(10));
        await pump.PressAsync("lift-1");
        await pump.PressAsync("pump-pour-ten");
        clock.Advance(TimeSpan.FromSeconds(10));
        await pump.PressAsync("pump-hang-up");
        await phone.SeeAsync("bill", "data-state", "delivered");
        await phone.SeeAsync("pay-bill");
        await phone.InspectAsync("app-bill-delivered");
        await board.SeeAsync("board-1", "data-state", "delivered");
        await board.SeeAsync("free-1");
        clock.Advance(TimeSpan.FromSeconds(10));
        // The pump serves the next one at once, whom nobody knows.
        await pump.PressAsync("lift-1");
        await board.SeeAsync("board-1", "data-state", "fuelling");
        await pump.InspectAsync("pump-next-car");
        await pump.PressAsync("pump-hang-up");

        // She is in the shop. Nothing is done to the page: it says by itself that it is late.
        clock.Advance(TimeSpan.FromMinutes(6));
        await phone.SeeAsync("bill", "data-state", "expired");
        await phone.InspectAsync("app-bill-expired");
        await board.SeeAsync("board-1", "data-state", "expired");
        await board.SeeAsync("free-1");
        await board.InspectAsync("console-board-expired");
        Assert.Equal(0, await TakenAsync(server));

        // The app was killed meanwhile; the bill is where it was.
        await phone.Page.ReloadAsync();
        await phone.PressAsync("reopen-bill");
        await phone.SeeAsync("bill", "data-state", "delivered");
        await phone.PressAsync("pay-bill");
        await phone.SeeAsync("bill", "data-state", "paid");
        await phone.SeeAsync("receipt", "data-kind", "fuel");
        await phone.InspectAsync("app-bill-paid-late");
        Assert.Equal(1, await phone.At("receipt").CountAsync());
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 3_000_00 - BillMinor);
        await phone.SeeAsync("held", "data-minor", 0);
        Assert.Equal(BillMinor, await TakenAsync(server));
        foreach (var walker in new[] { phone, pump, board }) Assert.Empty(walker.Errors);
    }

    private static async Task<Walker> OpenPumpAsync(Chromium chromium, TestServer server, string address)
    {
        var console = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        var pump = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await pump.GoAsync(await console.KioskLinkAsync("F1-P1"));
        await pump.SeeAsync("lift-1");
        await console.CloseAsync();
        return pump;
    }

    /// <summary>All that the ledger has ever booked to the site.</summary>
    private static async Task<long> TakenAsync(TestServer server) =>
        (await server.Services.GetRequiredService<GeneralLedger>().AccountAsync("site:F1", default))!.BalanceMinor;
}
