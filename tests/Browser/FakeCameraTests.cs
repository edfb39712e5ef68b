using System.Globalization;
using Microsoft.Playwright;
using SightPay.Vision.Runtime;
using Xunit.Abstractions;

namespace SightPay.Browser.Tests;

/// <summary>The camera of the browser tests shows what we draw.</summary>
public sealed class FakeCameraTests(ITestOutputHelper output)
{
    private const string Page = """
        <video muted autoplay playsinline></video>
        <script>
        const colour = async () => {
          const video = document.querySelector("video");
          video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
          await video.play();
          await new Promise((done) => video.requestVideoFrameCallback(done));
          const context = document.createElement("canvas").getContext("2d");
          [context.canvas.width, context.canvas.height] = [video.videoWidth, video.videoHeight];
          context.drawImage(video, 0, 0);
          return [video.videoWidth, video.videoHeight, ...context.getImageData(320, 240, 1, 1).data].join(" ");
        };
        </script>
        """;

    [SkippableFact]
    public async Task The_camera_plays_our_film()
    {
        Chromium.SkipWithoutBrowser();
        using var film = CameraFilm.Of(Enumerable.Repeat(Plain(200, 40, 60), 10));
        await using var chromium = await Chromium.StartAsync(film.Path);
        var page = await chromium.Browser.NewPageAsync();
        await page.RouteAsync("http://localhost/", route => route.FulfillAsync(
            new RouteFulfillOptions { ContentType = "text/html", Body = Page }));
        await page.GotoAsync("http://localhost/");
        var seen = (await page.EvaluateAsync<string>("colour()")).Split(' ')
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        output.WriteLine(string.Join(' ', seen));
        Assert.Equal([640, 480], seen[..2]);
        Assert.InRange(seen[2], 175, 225);
        Assert.InRange(seen[3], 15, 65);
        Assert.InRange(seen[4], 35, 85);
    }

    private static Picture Plain(byte red, byte green, byte blue)
    {
        var pixels = new byte[640 * 480 * 3];
        for (var at = 0; at < pixels.Length; at += 3) (pixels[at], pixels[at + 1], pixels[at + 2]) = (red, green, blue);
        return new Picture(640, 480, pixels);
    }
}
