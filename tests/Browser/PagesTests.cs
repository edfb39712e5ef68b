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
        await phone.SignUpAsync("Asha Sen");
        await phone.ConsentAsync();
        await EnrolByCameraAsync(phone);
        await phone.TopUpAsync("100", 10_000);

        var console = await Walker.OpenAsync(atHome, server.Address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        var entryLink = await console.KioskLinkAsync("S1-in");
        var exitLink = await console.KioskLinkAsync("S2-out");
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
        await phone.SignUpAsync("Ravi Das");
        await phone.ConsentAsync();
        await phone.At("enrol-way").GetByText("Choose photos").ClickAsync();

        var good = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Ravi, SampleFaces.AtHome), 90);
        var empty = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Ravi, new Look(4)), 90);
        await phone.At("enrol-files").SetInputFilesAsync(
            [Walks.Photo("good.jpg", good), Walks.Photo("wall.jpg", empty)]);
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
}
