using Microsoft.Playwright;
using SightPay.Vision.Runtime;

namespace SightPay.Browser.Tests;

/// <summary>Ways through the pages that several stories take.</summary>
internal static class Walks
{
    public const string Password = "river-boat-42";

    public static async Task SignUpAsync(this Walker phone, string name)
    {
        await phone.GoAsync("/app");
        await phone.PressAsync("to-sign-up");
        await phone.FillAsync("name", name);
        await phone.FillAsync("email", EmailOf(name));
        await phone.FillAsync("password", Password);
        await phone.PressAsync("sign-up");
        await phone.SeeAsync("available", "data-minor", 0);
        await phone.InspectAsync("app-home");
    }

    public static string EmailOf(string name) => $"{name.Split(' ')[0].ToLowerInvariant()}@example.org";

    public static async Task ConsentAsync(this Walker phone)
    {
        await phone.PressAsync("nav-face");
        await phone.SeeAsync("consent");
        await phone.InspectAsync("app-consent");
        await phone.At("consent-read").CheckAsync();
        await phone.PressAsync("consent-give");
        await phone.SeeAsync("enrol");
    }

    public static async Task EnrolByPhotoAsync(this Walker phone, SampleFaces faces, SamplePerson person)
    {
        await phone.ConsentAsync();
        await phone.At("enrol-way").GetByText("Choose photos").ClickAsync();
        var photo = PictureCodec.EncodeJpeg(faces.Draw(person, SampleFaces.AtHome), 90);
        await phone.At("enrol-files").SetInputFilesAsync(Photo("me.jpg", photo));
        await phone.PressAsync("enrol-send");
        await phone.SeeAsync("face-enrolled");
    }

    public static async Task TopUpAsync(this Walker phone, string amount, long availableMinor)
    {
        await phone.PressAsync("nav-wallet");
        await phone.FillAsync("top-up-amount", amount);
        await phone.PressAsync("top-up");
        await phone.SeeAsync("available", "data-minor", availableMinor);
        await phone.InspectAsync("app-wallet");
    }

    /// <summary>Agrees to plates and registers one.</summary>
    /// <param name="payByItself">What it may spend without a tap; null: nothing.</param>
    public static async Task AddCarAsync(this Walker phone, string plate, string name, string? payByItself)
    {
        await phone.PressAsync("account");
        await phone.PressAsync("to-vehicles");
        await phone.At("consent-read").CheckAsync();
        await phone.PressAsync("consent-give");
        await phone.At("plate-region").SelectOptionAsync("in");
        await phone.FillAsync("plate-text", plate);
        await phone.At("vehicle-fuel").SelectOptionAsync("petrol");
        await phone.FillAsync("vehicle-name", name);
        if (payByItself is not null)
        {
            await phone.FillAsync("vehicle-limit", payByItself);
            await phone.FillAsync("vehicle-password", Password);
        }

        await phone.PressAsync("vehicle-save");
        await phone.SeeAsync("vehicle", "data-plate", plate);
    }

    /// <summary>Somebody signs in at the console.</summary>
    /// <param name="sees">What stands on the first page of theirs.</param>
    public static async Task SignInAsync(
        this Walker console, string email, string password, string sees = "inside-total")
    {
        await console.GoAsync("/console");
        await console.FillAsync("email", email);
        await console.FillAsync("password", password);
        await console.PressAsync("sign-in");
        await console.SeeAsync(sees);
    }

    /// <summary>An admin gives somebody a role; the page of that person is left open.</summary>
    public static async Task GiveRoleAsync(this Walker console, string search, string role)
    {
        await console.PressAsync("nav-people");
        await console.FillAsync("people-search", search);
        await console.At("person").Filter(new LocatorFilterOptions { HasText = search })
            .GetByRole(AriaRole.Link).First.ClickAsync();
        await console.At($"role-{role}").CheckAsync();
        await console.InspectAsync("console-person");
        await console.PressAsync("roles-save");
        await Assertions.Expect(console.At("toasts")).ToContainTextAsync("Roles saved");
    }

    public static async Task<string> KioskLinkAsync(this Walker console, string station)
    {
        await console.PressAsync("nav-stations");
        await console.PressAsync($"open-kiosk-{station}");
        var link = await console.At("kiosk-link").InputValueAsync();
        await console.InspectAsync("console-kiosk-link");
        await console.Page.Keyboard.PressAsync("Escape");
        return link;
    }

    /// <summary>A PIN that is guessed too easily is refused on the way.</summary>
    public static async Task ChoosePinAsync(this Walker phone, string pin)
    {
        await phone.PressAsync("account");
        await phone.PressAsync("to-security");
        await phone.SeeAsync("pin-card", "data-set", "false");
        await phone.FillAsync("pin", "1234");
        await phone.FillAsync("pin-password", Password);
        await phone.PressAsync("pin-save");
        await phone.InspectAsync("app-security");
        await phone.FillAsync("pin", pin);
        await phone.PressAsync("pin-save");
        await phone.SeeAsync("pin-card", "data-set", "true");
    }

    /// <summary>Digits on the keys of a till's screen.</summary>
    public static async Task EnterPinAsync(this Walker till, string pin)
    {
        await till.SeeAsync("pin-pad");
        foreach (var digit in pin) await till.PressAsync($"pin-key-{digit}");
        await till.PressAsync("pin-send");
    }

    /// <summary>What a camera sees when the phone is held before it.</summary>
    public static async Task<byte[]> PictureOfCodeAsync(this Walker phone)
    {
        await phone.Page.SetViewportSizeAsync(640, 900);
        await phone.PressAsync("to-code");
        await phone.SeeAsync("my-code");
        var box = (await phone.At("my-code").BoundingBoxAsync())!;
        var picture = await phone.Page.ScreenshotAsync(new PageScreenshotOptions
        {
            Type = ScreenshotType.Jpeg, Quality = 90,
            Clip = new Clip { X = 0, Y = box.Y - (480 - box.Height) / 2, Width = 640, Height = 480 },
        });
        // Elsewhere in the app, so that no newer code takes its place.
        await phone.PressAsync("nav-home");
        return picture;
    }

    public static FilePayload Photo(string name, byte[] picture) =>
        new() { Name = name, MimeType = "image/jpeg", Buffer = picture };
}
