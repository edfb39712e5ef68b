using SightPay.Vision.Runtime;

namespace SightPay.Browser.Tests;

/// <summary>A camera that is not sure asks; the customer says who they are, and then whether they pay.</summary>
public sealed class TillStepUpTests
{
    [SkippableFact]
    public async Task Who_is_not_told_for_sure_says_it_with_the_PIN_and_pays()
    {
        Chromium.SkipWithoutBrowser();
        // So strict that the right face is not enough by itself.
        await using var server = await TestServer.StartAsync(
            with: settings => settings with { FaceRecognitionThreshold = 1 });
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync("Nila Rao");
        await phone.TopUpAsync("100", 100_00);
        await phone.EnrolByPhotoAsync(faces, SampleFaces.Asha);
        await phone.ChoosePinAsync("8392");
        var console = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        var till = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await till.GoAsync(await console.KioskLinkAsync("canteen-till"));

        await till.FillAsync("till-amount-entry", "40");
        await till.PressAsync("till-continue");
        await till.At("station-mode").GetByText("Photo file").ClickAsync();
        var photo = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Asha, SampleFaces.AtTheGate), 90);
        await till.At("photo-file").SetInputFilesAsync(Walks.Photo("till.jpg", photo));
        await till.SeeAsync("step-up");
        await till.InspectAsync("till-step-up");
        await till.EnterPinAsync("7146");
        await till.SeeAsync("step-up-wrong");
        await till.EnterPinAsync("8392");
        await till.SeeAsync("agree-name");
        await till.PressAsync("agree-yes");
        await till.SeeAsync("verdict", "data-decision", "open");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("available", "data-minor", 60_00);
        Assert.Empty(till.Errors);
    }

    [SkippableFact]
    public async Task The_code_of_the_app_agrees_to_what_a_face_may_not_spend()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync();
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        var phone = await Walker.OpenAsync(chromium, address, Walker.Phone);
        await phone.SignUpAsync("Nila Rao");
        await phone.TopUpAsync("500", 500_00);
        await phone.EnrolByPhotoAsync(faces, SampleFaces.Asha);
        var console = await Walker.OpenAsync(chromium, address, Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        using var film = CameraFilm.Of(Enumerable.Repeat(await phone.PictureOfCodeAsync(), 30));
        // However long this machine takes to start another browser.
        await using (var command = server.Database.DataSource.CreateCommand(
            "update person_code set expires_at = expires_at + interval '1 hour'"))
            Assert.Equal(1, await command.ExecuteNonQueryAsync());

        await using var atTheTill = await Chromium.StartAsync(film.Path);
        var till = await Walker.OpenAsync(atTheTill, address, Walker.Desktop);
        await till.GoAsync(await console.KioskLinkAsync("canteen-till"));
        await till.FillAsync("till-amount-entry", "250");
        await till.PressAsync("till-continue");
        await till.At("station-mode").GetByText("Photo file").ClickAsync();
        var photo = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Asha, SampleFaces.AtTheGate), 90);
        await till.At("photo-file").SetInputFilesAsync(Walks.Photo("till.jpg", photo));
        await till.PressAsync("agree-yes");
        await till.SeeAsync("pay-way");
        await till.InspectAsync("till-pay-way");
        await till.At("pay-way").GetByText("App code").ClickAsync();
        await till.SeeAsync("verdict", "data-decision", "open");
        await phone.SeeAsync("balance", "data-minor", 250_00);
        foreach (var walker in new[] { phone, till }) Assert.Empty(walker.Errors);
    }
}
