using System.Diagnostics;
using Microsoft.Playwright;
using SightPay.Server.Payments;
using SightPay.Vision.Runtime;

namespace SightPay.Browser.Tests;

/// <summary>A gate that is not sure asks; the rider answers on its screen, which shows nothing of anybody.</summary>
public sealed class GateStepUpTests
{
    private const string Pin = "8392";
    private const string Wrong = "7146";

    [SkippableFact]
    public async Task The_PIN_opens_the_gate_after_a_wrong_one_and_three_wrong_ones_are_for_the_staff()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await StrictServerAsync();
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        var phone = await RiderAsync(server, chromium, faces);
        var console = await OperatorAsync(server, chromium);
        var gate = await GateAsync(server, chromium, await console.KioskLinkAsync("S1-in"));

        await LookAsync(gate, faces);
        await gate.SeeAsync("step-up", "data-state", "asking");
        await gate.InspectAsync("gate-step-up");
        await Assertions.Expect(gate.At("step-up")).Not.ToContainTextAsync("Nila");
        await gate.EnterPinAsync(Wrong);
        await gate.SeeAsync("step-up", "data-state", "wrong");
        await gate.InspectAsync("gate-step-up-wrong");
        await gate.EnterPinAsync(Wrong);
        await gate.EnterPinAsync(Wrong);
        await gate.SeeAsync("verdict", "data-reason", "step_up_failed");
        await gate.InspectAsync("gate-step-up-failed");
        await gate.PressAsync("verdict-next");

        await LookAsync(gate, faces);
        await gate.SeeAsync("step-up", "data-state", "asking");
        await gate.EnterPinAsync(Pin);
        await gate.SeeAsync("verdict", "data-decision", "open");
        await gate.InspectAsync("gate-step-up-open");
        await phone.PressAsync("nav-wallet");
        await phone.SeeAsync("held", "data-minor", 20_00);
        foreach (var walker in new[] { phone, gate }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task The_camera_looks_on_until_the_screen_is_touched_and_then_waits()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await StrictServerAsync();
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        using var street = CameraFilm.Of(faces.Film(SampleFaces.Asha, SampleFaces.AtTheGate));
        await RiderAsync(server, chromium, faces);
        var console = await OperatorAsync(server, chromium);
        await using var atTheGate = await Chromium.StartAsync(street.Path);
        var gate = await Walker.OpenAsync(atTheGate, AddressOf(server), Walker.Desktop);
        await gate.GoAsync(await console.KioskLinkAsync("S1-in"));
        await gate.SeeAsync("step-up", "data-state", "asking");
        await AskedAsync(server, 2);
        await gate.EnterPinAsync(Pin);
        await gate.SeeAsync("verdict", "data-decision", "open");
        await gate.InspectAsync("gate-step-up-camera");
        Assert.Empty(gate.Errors);
    }

    [SkippableFact]
    public async Task An_answer_that_comes_too_late_is_told_so_and_the_camera_looks_again()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await StrictServerAsync();
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        await RiderAsync(server, chromium, faces);
        var console = await OperatorAsync(server, chromium);
        var gate = await GateAsync(server, chromium, await console.KioskLinkAsync("S1-in"));
        await LookAsync(gate, faces);
        await gate.SeeAsync("step-up", "data-state", "asking");
        await ExecuteAsync(server, "update sighting_ask set at = at - interval '2 minutes'");
        await gate.At("step-up-way").GetByText("Phone").ClickAsync();
        await gate.InspectAsync("gate-step-up-phone");
        await gate.EnterPinAsync("2345");
        await gate.SeeAsync("step-up", "data-state", "over");
        await gate.InspectAsync("gate-step-up-over");
        // By itself or by the button, whichever comes first.
        await Assertions.Expect(gate.At("step-up")).ToHaveCountAsync(
            0, new LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
        await gate.SeeAsync("photo-ask");
        // The browser notes the answer that was a refusal.
        Assert.Single(gate.Errors, error => error.Contains("409", StringComparison.Ordinal));
        Assert.Single(gate.Errors);
    }

    [SkippableFact]
    public async Task The_code_that_the_app_shows_is_read_by_the_gates_camera()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await StrictServerAsync();
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        var phone = await RiderAsync(server, chromium, faces);
        var console = await OperatorAsync(server, chromium);
        using var film = CameraFilm.Of(Enumerable.Repeat(await phone.PictureOfCodeAsync(), 30));
        // However long this machine takes to start another browser.
        await ExecuteAsync(server, "update person_code set expires_at = expires_at + interval '1 hour'");

        await using var atTheGate = await Chromium.StartAsync(film.Path);
        var gate = await GateAsync(server, atTheGate, await console.KioskLinkAsync("S1-in"));
        await LookAsync(gate, faces);
        await gate.At("step-up-way").GetByText("App code").ClickAsync();
        await gate.SeeAsync("verdict", "data-decision", "open");
        await phone.SeeAsync("held", "data-minor", 20_00);
        foreach (var walker in new[] { phone, gate }) Assert.Empty(walker.Errors);
    }

    [SkippableFact]
    public async Task Above_the_limit_of_a_face_the_gate_says_what_to_do_and_so_does_the_app()
    {
        Chromium.SkipWithoutBrowser();
        await using var server = await TestServer.StartAsync(with: settings => settings with
        {
            Limits = settings.Limits with
            {
                Spending = settings.Limits.Spending with { Face = new(SpentBy.Face, 19_99, 19_99, 50) },
            },
        });
        await using var chromium = await Chromium.StartAsync();
        using var faces = new SampleFaces();
        var phone = await RiderAsync(server, chromium, faces);
        var console = await OperatorAsync(server, chromium);
        var gate = await GateAsync(server, chromium, await console.KioskLinkAsync("S1-in"));
        await LookAsync(gate, faces);
        await gate.SeeAsync("step-up", "data-over-limit", "true");
        await Assertions.Expect(gate.At("step-up-way")).Not.ToContainTextAsync("Phone");
        await gate.InspectAsync("gate-over-limit");
        await Assertions.Expect(phone.At("toasts")).ToContainTextAsync("Your face has spent its limit");
        await phone.InspectAsync("app-over-limit");
        await gate.EnterPinAsync(Wrong);
        await gate.SeeAsync("step-up", "data-state", "wrong");
        await gate.SeeAsync("step-up", "data-over-limit", "true");
        await gate.EnterPinAsync(Pin);
        await gate.SeeAsync("verdict", "data-decision", "open");
        foreach (var walker in new[] { phone, gate }) Assert.Empty(walker.Errors);
    }

    /// <summary>So strict that the right face is not enough by itself.</summary>
    private static Task<TestServer> StrictServerAsync() =>
        TestServer.StartAsync(with: settings => settings with { FaceRecognitionThreshold = 1 });

    private static async Task<Walker> RiderAsync(TestServer server, Chromium chromium, SampleFaces faces)
    {
        var phone = await Walker.OpenAsync(chromium, AddressOf(server), Walker.Phone);
        await phone.SignUpAsync("Nila Rao");
        await phone.TopUpAsync("100", 100_00);
        await phone.EnrolByPhotoAsync(faces, SampleFaces.Asha);
        await phone.ChoosePinAsync(Pin);
        return phone;
    }

    private static async Task<Walker> OperatorAsync(TestServer server, Chromium chromium)
    {
        var console = await Walker.OpenAsync(chromium, AddressOf(server), Walker.Desktop);
        await console.SignInAsync(server.Demo.Operator.Email, server.Demo.Operator.Password);
        return console;
    }

    private static async Task<Walker> GateAsync(TestServer server, Chromium chromium, string link)
    {
        var gate = await Walker.OpenAsync(chromium, AddressOf(server), Walker.Desktop);
        await gate.GoAsync(link);
        await gate.At("station-mode").GetByText("Photo file").ClickAsync();
        return gate;
    }

    private static async Task LookAsync(Walker gate, SampleFaces faces)
    {
        var photo = PictureCodec.EncodeJpeg(faces.Draw(SampleFaces.Asha, SampleFaces.AtTheGate), 90);
        await gate.At("photo-file").SetInputFilesAsync(Walks.Photo("gate.jpg", photo));
        await gate.SeeAsync("step-up");
    }

    /// <summary>Waits until the gate has asked so often.</summary>
    private static async Task AskedAsync(TestServer server, long times)
    {
        var waited = Stopwatch.StartNew();
        await using var command = server.Database.DataSource.CreateCommand("select count(*) from sighting_ask");
        while ((long)(await command.ExecuteScalarAsync())! < times)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"The gate did not ask {times} times.");
            await Task.Delay(100);
        }
    }

    private static async Task ExecuteAsync(TestServer server, string sql)
    {
        await using var command = server.Database.DataSource.CreateCommand(sql);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    private static string AddressOf(TestServer server) => server.Http.BaseAddress!.ToString().TrimEnd('/');
}
