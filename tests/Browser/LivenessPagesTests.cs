using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>The challenge in the app, by a head that the test renders for the camera.</summary>
public sealed class LivenessPagesTests
{
    [SkippableFact]
    public async Task Who_blinks_turns_nods_and_speaks_as_asked_lifts_their_limit()
    {
        Chromium.SkipWithoutBrowser();
        using var faces = new SampleFaces();
        var head = new RenderedHead(faces.Draw(SampleFaces.Asha, SampleFaces.AtHome));
        // Thirty frames a second: each pose stays for a tenth of one.
        using var film = CameraFilm.Of(
            RenderedHead.Gestures(300).Select(head.Draw).SelectMany(picture => Enumerable.Repeat(picture, 3)));
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync(film.Path);
        var phone = await PhoneAsync(server, chromium, faces);
        await phone.InspectAsync("face-not-proved");
        await phone.PressAsync("prove-start");
        await phone.SeeAsync("prove-advice");
        await phone.InspectAsync("prove-asked");
        // A draw may come when its gesture has just passed in the film: then it is tried again, as anybody would.
        for (var attempt = 1; await EndAsync(phone) == "prove-failed"; attempt++)
        {
            Assert.True(attempt < 10, await phone.At("prove-failed").InnerTextAsync());
            await phone.PressAsync("prove-again");
            await Assertions.Expect(phone.At("prove-failed")).ToBeHiddenAsync();
        }
        await Assertions.Expect(phone.At("proof")).ToContainTextAsync("You proved that it is you");
        await phone.InspectAsync("face-proved");
        Assert.Empty(phone.Errors);
    }

    [SkippableFact]
    public async Task A_photo_before_the_camera_lifts_nothing()
    {
        Chromium.SkipWithoutBrowser();
        using var faces = new SampleFaces();
        var head = new RenderedHead(faces.Draw(SampleFaces.Asha, SampleFaces.AtHome));
        using var film = CameraFilm.Of(Enumerable.Range(0, 60).Select(frame => head.Draw(new Pose(0.01f * frame))));
        await using var server = await TestServer.StartAsync();
        await using var chromium = await Chromium.StartAsync(film.Path);
        var phone = await PhoneAsync(server, chromium, faces);
        await phone.PressAsync("prove-start");
        Assert.Equal("prove-failed", await EndAsync(phone));
        await phone.InspectAsync("prove-failed");
        await phone.Page.ReloadAsync();
        await Assertions.Expect(phone.At("proof")).ToContainTextAsync("Spend more with your face");
        Assert.Empty(phone.Errors);
    }

    private static async Task<Walker> PhoneAsync(TestServer server, Chromium chromium, SampleFaces faces)
    {
        var address = server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync("Asha Sen");
        await phone.EnrolByPhotoAsync(faces, SampleFaces.Asha);
        return phone;
    }

    private static async Task<string> EndAsync(Walker phone)
    {
        var (failed, over) = (phone.At("prove-failed"), phone.At("proof"));
        await Assertions.Expect(failed.Or(over)).ToBeVisibleAsync(new() { Timeout = 90_000 });
        return await failed.IsVisibleAsync() ? "prove-failed" : "proof";
    }
}
