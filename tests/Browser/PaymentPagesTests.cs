using Microsoft.Playwright;
using SightPay.Vision.Runtime;

namespace SightPay.Browser.Tests;

/// <summary>Paying, giving back, objecting and deciding in the pages, against the real server.</summary>
public sealed class PaymentPagesTests(RunningServer server) : IClassFixture<RunningServer>
{
    [SkippableFact]
    public async Task A_payment_is_agreed_to_in_the_app_receipted_refunded_and_objected_to()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Mira Sen");
        await phone.TopUpAsync("500", 50_000);
        var payment = await AskAsync(phone, 120_00);

        await phone.SeeAsync("payment-waiting");
        await phone.InspectAsync("app-payment-asked");
        await phone.PressAsync("payment-look");
        await phone.SeeAsync("time-left");
        await phone.InspectAsync("app-payment-waiting");
        await phone.PressAsync("pay");
        await phone.SeeAsync("payment-details", "data-status", "captured");
        await phone.SeeAsync("receipt", "data-kind", "purchase");
        await phone.InspectAsync("app-payment-paid");
        await ReadReceiptAsync(phone);

        var console = await OperatorAsync(chromium);
        await console.PressAsync("nav-payments");
        await console.FillAsync("filter-user", payment);
        await console.PressAsync("filter-open");
        await console.FillAsync("refund-amount", "20");
        await console.FillAsync("refund-reason", "The soup was cold");
        await console.InspectAsync("console-payment");
        await console.PressAsync("refund-send");
        await console.SeeAsync("payment-details", "data-refunded", 20_00);
        await phone.SeeAsync("payment-details", "data-refunded", 20_00);
        await phone.SeeAsync("refund", "data-state", "done");

        await phone.PressAsync("not-me");
        await phone.FillAsync("not-me-reason", "I was not at this shop on that day.");
        await phone.InspectAsync("app-not-me");
        await phone.PressAsync("not-me-send");
        await console.PressAsync("nav-decisions");
        await console.SeeAsync("dispute");
        await console.InspectAsync("console-decisions");
        await console.At("dispute").GetByText("Decide").ClickAsync();
        await console.InspectAsync("console-dispute");
        await console.PressAsync("dispute-customer");
        await console.PressAsync("confirm");
        await console.SeeAsync("payment-details", "data-status", "refunded");
        await phone.SeeAsync("payment-details", "data-status", "refunded");
        await phone.PressAsync("nav-payments");
        await phone.SeeAsync("payment", "data-status", "refunded");
        await phone.InspectAsync("app-payments");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 500_00);
        await phone.SeeAsync("entry");
        await phone.InspectAsync("app-wallet-entries");
        foreach (var walker in new[] { phone, console }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task An_open_list_of_the_console_shows_a_payment_and_what_becomes_of_it()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Isha Basu");
        await phone.TopUpAsync("200", 200_00);
        var person = await phone.PersonIdAsync();
        var console = await OperatorAsync(chromium);
        await console.GoAsync($"/console/payments?user={person}");
        await Assertions.Expect(console.Page.Locator("main")).ToContainTextAsync("No payment matches");
        await console.SeeAsync("live-state", "data-state", "live");
        // Sooner than the page would look by itself, so it heard of it.
        await AskAsync(phone, 50_00);
        await console.SeeAsync("payment", "data-status", "awaiting_confirmation");
        await phone.PressAsync("payment-confirm");
        await console.SeeAsync("payment", "data-status", "captured");
        foreach (var walker in new[] { phone, console }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task A_large_refund_waits_for_a_second_operator()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Tara Roy");
        await phone.TopUpAsync("900", 900_00);
        var payment = await AskAsync(phone, 600_00);
        await phone.PressAsync("payment-confirm");
        await phone.SeeAsync("balance", "data-minor", 300_00);
        var colleague = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await colleague.SignUpAsync("Bela Dey");

        var first = await OperatorAsync(chromium);
        await first.GiveRoleAsync("Bela", "manager");
        await first.GoAsync($"/console/payments/{payment}");
        await first.FillAsync("refund-reason", "Everything was returned");
        await first.PressAsync("refund-send");
        await first.PressAsync("nav-decisions");
        await first.SeeAsync("own-wish");
        await first.InspectAsync("console-own-wish");
        await Assertions.Expect(first.At("approve")).ToHaveCountAsync(0);

        var second = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await second.SignInAsync(Walks.EmailOf("Bela Dey"), Walks.Password);
        await second.PressAsync("nav-decisions");
        await second.SeeAsync("approve");
        await second.InspectAsync("console-approval");
        await second.PressAsync("approve");
        await phone.SeeAsync("available", "data-minor", 900_00);
        await second.PressAsync("nav-audit");
        await second.SeeAsync("audit-entry");
        await second.InspectAsync("console-audit");
        foreach (var walker in new[] { phone, first, second }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task A_cashier_gives_back_a_little_alone_and_asks_for_more()
    {
        await using var chromium = await StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Payal Shah");
        await phone.TopUpAsync("400", 400_00);
        await AskAsync(phone, 300_00);
        await phone.PressAsync("payment-confirm");
        await phone.SeeAsync("balance", "data-minor", 100_00);
        var colleague = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await colleague.SignUpAsync("Chitra Lal");
        var console = await OperatorAsync(chromium);
        await console.GiveRoleAsync("Chitra", "cashier");

        var cashier = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await cashier.SignInAsync(Walks.EmailOf("Chitra Lal"), Walks.Password, sees: "nav-payments");
        await Assertions.Expect(cashier.Page.Locator("main")).ToContainTextAsync("You work at no merchant yet");
        await cashier.InspectAsync("cashier-nowhere");
        await console.PressAsync("workplace");
        await console.Page.GetByRole(AriaRole.Option, new PageGetByRoleOptions { Name = "Canteen" }).ClickAsync();
        await Assertions.Expect(console.At("toasts")).ToContainTextAsync("Workplace saved");
        await console.InspectAsync("console-cashier");
        await cashier.Page.ReloadAsync();
        await cashier.SeeAsync("payment");
        await cashier.InspectAsync("cashier-payments");
        await Assertions.Expect(cashier.At("nav-people")).ToHaveCountAsync(0);

        await cashier.At("payment").First.ClickAsync();
        await cashier.FillAsync("refund-amount", "100");
        await cashier.FillAsync("refund-reason", "One dish was missing");
        await cashier.InspectAsync("cashier-payment");
        await cashier.PressAsync("refund-send");
        await cashier.SeeAsync("payment-details", "data-refunded", 100_00);
        await phone.SeeAsync("balance", "data-minor", 200_00);
        await console.PressAsync("nav-decisions");
        await console.SeeAsync("approval-state");
        await cashier.FillAsync("refund-amount", "20");
        await cashier.FillAsync("refund-reason", "A cold tea");
        await cashier.PressAsync("refund-send");
        await Assertions.Expect(cashier.At("toasts")).ToContainTextAsync("An operator has to agree");
        await console.PressAsync("approve");
        await phone.SeeAsync("balance", "data-minor", 220_00);
        Assert.Empty(phone.Errors);
        // While they worked nowhere the server refused its list of merchants, and the browser notes it.
        Assert.All(cashier.Errors, error => Assert.Contains("403", error, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_face_is_not_enough_for_a_larger_sum_and_the_PIN_at_the_till_pays_it()
    {
        await using var chromium = await StartAsync();
        using var faces = new SampleFaces();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await phone.SignUpAsync("Kiran Bose");
        await phone.TopUpAsync("500", 500_00);
        await phone.EnrolByPhotoAsync(faces, SampleFaces.Asha);
        await phone.ChoosePinAsync("8392");
        var console = await OperatorAsync(chromium);
        var till = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await till.GoAsync(await console.KioskLinkAsync("canteen-till"));

        await till.FillAsync("till-amount-entry", "250");
        await till.PressAsync("till-continue");
        await till.At("station-mode").GetByText("Photo file").ClickAsync();
        var photo = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Asha, SampleFaces.AtTheGate), 90);
        await till.At("photo-file").SetInputFilesAsync(Walks.Photo("till.jpg", photo));
        await till.SeeAsync("agree-name");
        await till.InspectAsync("till-agree");
        await till.PressAsync("agree-yes");
        await till.EnterPinAsync("7146");
        await Assertions.Expect(till.At("problem")).ToContainTextAsync("4 tries are left");
        await till.InspectAsync("till-pin");
        await till.EnterPinAsync("8392");
        await till.SeeAsync("verdict", "data-decision", "open");
        await till.InspectAsync("till-paid");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 250_00);

        await till.PressAsync("verdict-next");
        await till.PressAsync("last-sales");
        await till.PressAsync("sale-refund");
        await till.FillAsync("sale-reason", "Wrong dish");
        await till.InspectAsync("till-last-sales");
        await till.PressAsync("sale-refund-send");
        await till.SeeAsync("sale", "data-status", "refunded");
        await phone.SeeAsync("available", "data-minor", 500_00);
        // The browser notes the one answer that was a refusal.
        Assert.Single(till.Errors, error => error.Contains("403", StringComparison.Ordinal));
        Assert.Single(till.Errors);
        Assert.Empty(phone.Errors);
    }

    /// <summary>The printed page opens beside the app, the proof can be kept, and anybody's check agrees.</summary>
    private static async Task ReadReceiptAsync(Walker phone)
    {
        var printed = await phone.Page.Context.RunAndWaitForPageAsync(() => phone.PressAsync("receipt-print"));
        await Assertions.Expect(printed.Locator("body")).ToContainTextAsync("canteen");
        await printed.CloseAsync();
        var proof = await phone.Page.RunAndWaitForDownloadAsync(() => phone.PressAsync("receipt-download"));
        Assert.EndsWith(".json", proof.SuggestedFilename, StringComparison.Ordinal);
        var check = await phone.Page.Context.RunAndWaitForPageAsync(() => phone.PressAsync("receipt-check"));
        await Assertions.Expect(check.GetByTestId("receipt-verdict")).ToHaveAttributeAsync("data-verdict", "holds");
        await check.CloseAsync();
    }

    private async Task<Chromium> StartAsync()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        return await Chromium.StartAsync();
    }

    private async Task<Walker> OperatorAsync(Chromium chromium)
    {
        var console = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        return console;
    }

    private async Task<string> AskAsync(Walker payer, long amountMinor)
    {
        using var till = new Till(server.Address, server.Demo);
        return await till.AskAsync(await payer.PersonIdAsync(), amountMinor);
    }
}
