using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SightPay.Server.Faces;

namespace SightPay.Browser.Tests;

/// <summary>Somebody stands before a gate with a picture of themself; an operator's console says so at once.</summary>
public sealed class StationAlertTests
{
    [SkippableFact]
    public async Task Operators_see_that_a_face_is_there_twice_until_they_have_seen_it()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        var console = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        var gate = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await gate.GoAsync(await console.KioskLinkAsync("S1-in"));
        await gate.At("station-mode").GetByText("Photo file").ClickAsync();
        var twice = faces.Photo(
            [
                (SampleFaces.Asha, SampleFaces.AtTheGate with { CentreX = 0.3f, FaceWidth = 170 }),
                (SampleFaces.Asha, SampleFaces.AtTheGate with { CentreX = 0.7f }),
            ],
            960, 540);
        await gate.At("photo-file").SetInputFilesAsync(Walks.Photo("gate.jpg", twice));

        await console.SeeAsync("station-alert", "data-what", "same_face_twice");
        await console.InspectAsync("console-alert");
        await console.PressAsync("station-alerts-seen");
        await Assertions.Expect(console.At("station-alerts")).ToHaveCountAsync(0);
        await console.PressAsync("nav-audit");
        await console.SeeAsync("audit-entry", "data-what", "same_face_twice");
        await console.InspectAsync("console-alert-audit");
        foreach (var walker in new[] { console, gate }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task Operators_see_that_more_people_are_enrolled_than_were_measured_for_as_long_as_it_lasts()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var console = await Walker.OpenAsync(
            chromium, server.Http.BaseAddress!.ToString().TrimEnd('/'), Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        await console.SeeAsync("live-state", "data-state", "live");
        await Assertions.Expect(console.At("gallery-outgrown")).ToHaveCountAsync(0);

        var recogniser = server.Services.GetRequiredService<FaceRecogniser>();
        var follower = server.Services.GetRequiredService<GalleryFollower>();
        var people = Enumerable.Range(0, recogniser.Evidence.CalibratedTo + 1).Select(_ => Guid.NewGuid()).ToArray();
        var numbers = new float[recogniser.Dimensions];
        numbers[0] = 1;
        foreach (var person in people) recogniser.Put(person, numbers, livenessProved: false);
        await follower.CatchUpAsync(default);
        await Assertions.Expect(console.At("gallery-outgrown")).ToContainTextAsync($"{people.Length} people");
        await console.InspectAsync("console-outgrown");

        recogniser.Remove(people[0]);
        await console.Page.ReloadAsync();
        await console.SeeAsync("live-state", "data-state", "live");
        await Assertions.Expect(console.At("gallery-outgrown")).ToHaveCountAsync(0);
        Assert.Empty(console.Errors);
    }
}
