using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>Cars in the app and claims in the console, against the real server.</summary>
public sealed class VehiclePagesTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Plate = "WB02AK1234";

    [SkippableFact]
    public async Task A_car_is_added_under_consent_driven_by_others_claimed_and_moved_by_an_operator()
    {
        await using var chromium = await StartAsync();
        var asha = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await asha.SignUpAsync("Asha Roy");
        var binod = await Walker.OpenAsync(chromium, server.Address, Walker.Phone);
        await binod.SignUpAsync("Binod Das");

        await AddAsync(asha);
        await NameDriverAsync(asha, binod);
        await ClaimAsync(binod);
        // Her page hears of it by itself.
        await asha.SeeTextAsync("Somebody claims this plate");
        await asha.InspectAsync("app-vehicle-claimed");

        var console = await Walker.OpenAsync(chromium, server.Address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        await console.PressAsync("nav-decisions");
        await console.SeeAsync("plate-claim", "data-plate", Plate);
        await console.InspectAsync("console-claims");
        await console.PressAsync("claim-uphold");
        await console.FillAsync("claim-decision", "The papers show the sale of last week.");
        await console.InspectAsync("console-claim-decide");
        await console.PressAsync("confirm");
        await console.SeeNoneAsync("plate-claim");

        await binod.SeeAsync("my-claim", "data-state", "upheld");
        await binod.SeeAsync("vehicle", "data-plate", Plate);
        await binod.InspectAsync("app-claim-upheld");
        await asha.GoAsync("/app/vehicles");
        await asha.SeeAsync("consent-given");
        await asha.SeeNoneAsync("vehicle");

        await WithdrawAsync(binod);
        // A plate that is taken or is none, and a car that was given away, are answers, though the browser calls them
        // errors of the network.
        foreach (var page in (Walker[])[asha, binod, console])
            Assert.DoesNotContain(page.Errors, error => !Answers.Any(error.Contains));
    }

    private static readonly string[] Answers = ["status of 404", "status of 409", "status of 422"];

    private static async Task AddAsync(Walker phone)
    {
        await phone.SeeAsync("home-vehicles");
        await phone.PressAsync("account");
        await phone.PressAsync("to-vehicles");
        await phone.SeeAsync("consent");
        await phone.InspectAsync("app-vehicles-consent");
        await phone.At("consent-read").CheckAsync();
        await phone.PressAsync("consent-give");
        await phone.SeeAsync("vehicle-add");
        await phone.InspectAsync("app-vehicles-empty");
        await phone.At("plate-region").SelectOptionAsync("in");
        await phone.FillAsync("plate-text", "DORADCA");
        await phone.PressAsync("vehicle-save");
        await phone.SeeTextAsync("No plate of this country");
        await phone.FillAsync("plate-text", "wb 02 ak 1234");
        await phone.At("vehicle-fuel").SelectOptionAsync("petrol");
        await phone.FillAsync("vehicle-name", "The blue van");
        await phone.FillAsync("vehicle-limit", "2000");
        await phone.FillAsync("vehicle-password", Walks.Password);
        await phone.InspectAsync("app-vehicle-add");
        await phone.PressAsync("vehicle-save");
        await phone.SeeAsync("vehicle", "data-plate", Plate);
        await phone.InspectAsync("app-vehicles");
    }

    private static async Task NameDriverAsync(Walker owner, Walker driver)
    {
        await owner.PressAsync("vehicle");
        await owner.PressAsync("driver-add");
        await owner.FillAsync("driver-email", Walks.EmailOf("Binod Das"));
        await owner.FillAsync("driver-max", "1500");
        await owner.FillAsync("driver-day", "3000");
        await owner.FillAsync("driver-password", Walks.Password);
        await owner.InspectAsync("app-vehicle-invite");
        await owner.PressAsync("driver-send");
        await owner.SeeAsync("driver", "data-accepted", "false");

        await driver.PressAsync("home-vehicles");
        await driver.SeeAsync("invitation");
        await driver.InspectAsync("app-vehicle-invitation");
        await driver.PressAsync("invitation-accept");
        await driver.SeeAsync("vehicle", "data-plate", Plate);
        await owner.SeeAsync("driver", "data-accepted", "true");
        await owner.InspectAsync("app-vehicle");
        await LimitAsync(owner);
        await driver.PressAsync("vehicle");
        await driver.SeeTextAsync("pays for this car");
        await driver.InspectAsync("app-vehicle-driving");
    }

    /// <summary>Less at once, more with the password: whoever finds the phone does not spend through others.</summary>
    private static async Task LimitAsync(Walker owner)
    {
        await owner.PressAsync("driver-limits");
        await Assertions.Expect(owner.At("driver-max")).ToHaveValueAsync("1500");
        await owner.FillAsync("driver-max", "900.50");
        await owner.SeeNoneAsync("driver-password");
        await owner.PressAsync("driver-send");
        await owner.SeeAsync("driver", "data-max", 90_050);
        await owner.PressAsync("driver-limits");
        await owner.FillAsync("driver-max", "5000");
        await owner.FillAsync("driver-password", Walks.Password);
        await owner.InspectAsync("app-vehicle-limits");
        await owner.PressAsync("driver-send");
        await owner.SeeTextAsync("From one fill up to");
        await owner.FillAsync("driver-max", "2000");
        await owner.PressAsync("driver-send");
        await owner.SeeAsync("driver", "data-max", 200_000);
    }

    private static async Task ClaimAsync(Walker phone)
    {
        await phone.GoAsync("/app/vehicles");
        await phone.At("consent-read").CheckAsync();
        await phone.PressAsync("consent-give");
        await phone.PressAsync("vehicle-add-open");
        await phone.At("plate-region").SelectOptionAsync("in");
        await phone.FillAsync("plate-text", Plate);
        await phone.PressAsync("vehicle-save");
        await phone.SeeAsync("plate-taken");
        await phone.FillAsync("claim-reason", "I bought this van from its owner last week and have the papers here.");
        await phone.InspectAsync("app-plate-taken");
        await phone.PressAsync("claim-send");
        await phone.SeeAsync("my-claim", "data-state", "open");
        await phone.InspectAsync("app-vehicles-claim");
    }

    private static async Task WithdrawAsync(Walker phone)
    {
        await phone.PressAsync("consent-withdraw");
        await phone.PressAsync("confirm");
        await phone.SeeAsync("consent");
        await phone.SeeNoneAsync("vehicle");
        await phone.SeeNoneAsync("my-claim");
    }

    private async Task<Chromium> StartAsync()
    {
        Chromium.SkipWithoutBrowser();
        await server.StartAsync();
        return await Chromium.StartAsync();
    }
}
