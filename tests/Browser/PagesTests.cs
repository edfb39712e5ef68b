using SightPay.Vision.Runtime;

namespace SightPay.Browser.Tests;

/// <summary>The main job in the pages: real server, real models, real money; only the camera plays a film.</summary>
public sealed class PagesTests(RunningServer server) : IClassFixture<RunningServer>
{
    [SkippableFact]
    public async Task A_face_opens_a_gate_and_pays_the_fare()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        using var faces = new SampleFaces();
        using var home = CameraFilm.Of(faces.Film(SampleFaces.Asha, SampleFaces.AtHome));
        using var street = CameraFilm.Of(faces.Film(SampleFaces.Asha, SampleFaces.AtTheGate));
        await using var atHome = await Chromium.StartAsync(home.Path);
        await using var atTheGate = await Chromium.StartAsync(street.Path);

        var phone = await Walker.OpenAsync(atHome, server.Address, Walker.Phone);
        await SignUpAsync(phone, "Asha Sen");
        await ConsentAsync(phone);
        await EnrolByCameraAsync(phone);
        await TopUpAsync(phone, "100", 10_000);

        var console = await Walker.OpenAsync(atHome, server.Address, Walker.Desktop);
        await SignInAsOperatorAsync(console);
        var entryLink = await KioskLinkAsync(console, "S1-in");
        var exitLink = await KioskLinkAsync(console, "S2-out");
        await console.PressAsync("nav-line");
        await console.SeeAsync("inside-total", "data-count", 0);

        var entry = await PassAsync(atTheGate, entryLink, "entry");
        await console.SeeAsync("inside-total", "data-count", 1);
        await console.SeeAsync("stop-S1", "data-inside", 1);
        await phone.SeeAsync("held", "data-minor", 2_000);
        await phone.PressAsync("nav-journeys");
        await phone.SeeAsync("journey", "data-state", "open");

        var exit = await PassAsync(atTheGate, exitLink, "exit");
        await console.SeeAsync("inside-total", "data-count", 0);
        await phone.SeeAsync("journey", "data-state", "completed");
        await phone.InspectAsync("app-journeys");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 9_500);
        await phone.SeeAsync("held", "data-minor", 0);
        await console.InspectAsync("console-line");

        foreach (var walker in new[] { phone, console, entry, exit }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task A_face_is_added_from_photo_files_and_a_bad_photo_is_named()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        using var faces = new SampleFaces();
        await using var chromium = await Chromium.StartAsync();
        var phone = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await SignUpAsync(phone, "Ravi Das");
        await ConsentAsync(phone);
        await phone.At("enrol-way").GetByText("Choose photos").ClickAsync();

        var good = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Ravi, SampleFaces.AtHome), 90);
        var empty = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Ravi, new Look(4)), 90);
        await phone.At("enrol-files").SetInputFilesAsync([Photo("good.jpg", good), Photo("wall.jpg", empty)]);
        await phone.PressAsync("enrol-send");
        await phone.SeeAsync("problem");
        await phone.InspectAsync("app-bad-photo");
        await phone.Page.GetByLabel("Remove photo 2").ClickAsync();
        await phone.PressAsync("enrol-send");
        await phone.SeeAsync("face-enrolled");
    }

    [SkippableTheory]
    [InlineData("/", "start")]
    [InlineData("/app", "app-sign-in")]
    [InlineData("/app/sign-up", "app-sign-up")]
    [InlineData("/station", "station-unlinked")]
    [InlineData("/console", "console-sign-in")]
    [InlineData("/verify", "verify")]
    public async Task A_page_fits_phone_and_desktop_without_errors(string path, string name)
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var walker = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await walker.GoAsync(path);
        await walker.Page.GetByRole(Microsoft.Playwright.AriaRole.Heading).First.WaitForAsync();
        await walker.InspectAsync(name);
        Assert.Empty(walker.Errors);
    }

    private static async Task SignUpAsync(Walker phone, string name)
    {
        await phone.GoAsync("/app");
        await phone.PressAsync("to-sign-up");
        await phone.FillAsync("name", name);
        await phone.FillAsync("email", $"{name.Split(' ')[0].ToLowerInvariant()}@example.org");
        await phone.FillAsync("password", "river-boat-42");
        await phone.PressAsync("sign-up");
        await phone.SeeAsync("available", "data-minor", 0);
        await phone.InspectAsync("app-home");
    }

    private static async Task ConsentAsync(Walker phone)
    {
        await phone.PressAsync("nav-face");
        await phone.SeeAsync("consent");
        await phone.InspectAsync("app-consent");
        await phone.At("consent-read").CheckAsync();
        await phone.PressAsync("consent-give");
        await phone.SeeAsync("enrol");
    }

    private static async Task EnrolByCameraAsync(Walker phone)
    {
        await phone.PressAsync("enrol-start");
        await phone.PressAsync("enrol-take");
        await Microsoft.Playwright.Assertions.Expect(phone.At("enrol-photo")).ToHaveCountAsync(
            3, new Microsoft.Playwright.LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
        await phone.InspectAsync("app-enrol");
        await phone.PressAsync("enrol-send");
        await phone.SeeAsync("face-enrolled");
    }

    private static async Task TopUpAsync(Walker phone, string amount, long availableMinor)
    {
        await phone.PressAsync("nav-wallet");
        await phone.FillAsync("top-up-amount", amount);
        await phone.PressAsync("top-up");
        await phone.SeeAsync("available", "data-minor", availableMinor);
        await phone.InspectAsync("app-wallet");
    }

    private async Task SignInAsOperatorAsync(Walker console)
    {
        await console.GoAsync("/console");
        await console.FillAsync("email", server.Demo.Operator.Email);
        await console.FillAsync("password", server.Demo.Operator.Password);
        await console.PressAsync("sign-in");
        await console.SeeAsync("inside-total");
    }

    private static async Task<string> KioskLinkAsync(Walker console, string gate)
    {
        await console.PressAsync("nav-stations");
        await console.PressAsync($"open-kiosk-{gate}");
        var link = await console.At("kiosk-link").InputValueAsync();
        await console.InspectAsync("console-kiosk-link");
        await console.Page.Keyboard.PressAsync("Escape");
        return link;
    }

    /// <summary>Opens the gate's kiosk by its link, on a device of its own, and lets the camera look.</summary>
    private async Task<Walker> PassAsync(Chromium chromium, string link, string name)
    {
        var kiosk = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await kiosk.GoAsync(link);
        await kiosk.SeeAsync("verdict", "data-decision", "open");
        await kiosk.InspectAsync($"station-{name}");
        await kiosk.CloseAsync();
        return kiosk;
    }

    private static Microsoft.Playwright.FilePayload Photo(string name, byte[] picture) =>
        new() { Name = name, MimeType = "image/jpeg", Buffer = picture };
}
