using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>One headless Chromium; its camera plays a file when one is given.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _driver;

    private Chromium(IPlaywright driver, IBrowser browser) => (_driver, Browser) = (driver, browser);

    public IBrowser Browser { get; }

    private static string Program =>
        Environment.GetEnvironmentVariable("CHROMIUM_PATH") is { Length: > 0 } path ? path : "/usr/bin/chromium";

    /// <summary>
    /// Skips the calling test by name where there is no browser, unless BROWSER_TESTS=required makes that a failure.
    /// </summary>
    public static void SkipWithoutBrowser()
    {
        if (Environment.GetEnvironmentVariable("BROWSER_TESTS") == "required")
            Assert.True(File.Exists(Program), $"BROWSER_TESTS=required, but there is no Chromium at {Program}.");
        Skip.IfNot(File.Exists(Program), $"There is no Chromium at {Program}; set CHROMIUM_PATH to one.");
    }

    /// <param name="cameraFile">An MJPEG file that plays in a loop; null: the browser's own test picture.</param>
    public static async Task<Chromium> StartAsync(string? cameraFile = null)
    {
        var driver = await Playwright.CreateAsync();
        var browser = await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                .. cameraFile is null ? Array.Empty<string>() : [$"--use-file-for-fake-video-capture={cameraFile}"],
            ],
        });
        return new Chromium(driver, browser);
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _driver.Dispose();
    }
}
