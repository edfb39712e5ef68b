using Microsoft.Extensions.DependencyInjection;

namespace SightPay.Browser.Tests;

/// <summary>A payment that nobody agreed to in time is no error: it is opened again and paid once.</summary>
public sealed class ExpiredPaymentTests
{
    [SkippableFact]
    public async Task S3_error_page_An_expired_payment_is_opened_again_and_paid_once()
    {
        Chromium.SkipWithoutBrowser();
        // The real server on a clock that the story moves, so that nobody waits five minutes.
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        await using var server = await TestServer.StartAsync(
            replace: services => services.AddSingleton<TimeProvider>(clock));
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        await using var chromium = await Chromium.StartAsync();
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync("Leela Nath");
        await phone.TopUpAsync("300", 300_00);
        using var till = new Till(address, server.Demo);
        var payment = await till.AskAsync(await phone.PersonIdAsync(), 120_00);
        await phone.PressAsync("payment-look");
        await phone.SeeAsync("pay");

        clock.Advance(TimeSpan.FromMinutes(6));
        await phone.GoAsync($"/app/payments/{payment}");
        await phone.SeeAsync("payment-details", "data-status", "expired");
        await phone.InspectAsync("app-payment-expired");
        await phone.PressAsync("reopen");
        await phone.SeeAsync("payment-details", "data-status", "awaiting_confirmation");
        await phone.PressAsync("pay");
        await phone.SeeAsync("payment-details", "data-status", "captured");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 180_00);
        await phone.SeeAsync("held", "data-minor", 0);
        Assert.Empty(phone.Errors);
    }
}
