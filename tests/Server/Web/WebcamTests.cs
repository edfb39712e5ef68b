using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Server.Web;
using SightPay.Tests.Support;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Web;

/// <summary>The server's own camera: a still picture stands in for the device, ffmpeg is real.</summary>
public sealed class WebcamTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestServer _server = null!;
    private HttpClient _operator = null!;

    public async Task InitializeAsync()
    {
        var camera = Path.Combine(_folder.Path, "camera.jpg");
        await File.WriteAllBytesAsync(camera, SampleFaces.PhotoOfNobody());
        _server = await TestServer.StartAsync(given => given with { Camera = camera });
        _operator = await _server.OperatorAsync();
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData("GET", "/webcam/test")]
    [InlineData("POST", "/webcam/capture")]
    public async Task A_picture_is_taken(string method, string path)
    {
        Skip.IfNot(HasFfmpeg(), "ffmpeg is not installed.");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _operator.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
        var picture = PictureCodec.Decode(await answer.Content.ReadAsByteArrayAsync(), new PictureLimits());
        Assert.Equal((640, 480), (picture.Width, picture.Height));
    }

    [SkippableFact]
    public async Task A_stream_sends_picture_after_picture_and_frees_the_camera_at_its_end()
    {
        Skip.IfNot(HasFfmpeg(), "ffmpeg is not installed.");
        using (var answer = await _operator.GetAsync("/webcam/stream", HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal("multipart/x-mixed-replace", answer.Content.Headers.ContentType!.MediaType);
            await using var stream = await answer.Content.ReadAsStreamAsync();
            var seen = new StringBuilder();
            var buffer = new byte[64 * 1024];
            while (seen.ToString().Split("image/jpeg").Length < 4)
                seen.Append(Encoding.Latin1.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        }
        using var after = await _operator.GetAsync("/webcam/test");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Without_ffmpeg_the_operator_is_told_to_install_it()
    {
        await using var server = await TestServer.StartAsync(
            given => given with { Camera = "/dev/video0" },
            services => services.AddSingleton(provider => new Webcam(
                provider.GetRequiredService<Settings>(), NullLogger<Webcam>.Instance)
            {
                Program = "/nowhere/ffmpeg",
            }));
        using var person = await server.OperatorAsync();
        using var answer = await person.PostAsync("/webcam/capture", null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("ffmpeg_missing", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Customers_may_not_look_through_it()
    {
        var email = "webcam@example.org";
        using var up = await _server.Http.PostAsJsonAsync(
            "/users", new { name = "Asha Sen", email, password = "river-boat-42" });
        using var tokens = await _server.Http.PostAsJsonAsync("/auth/token", new { email, password = "river-boat-42" });
        var token = (await tokens.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/webcam/test");
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await _server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("forbidden", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/dev/video0", "-f v4l2 -i /dev/video0")]
    [InlineData("rtsp://camera.example/1", "-rtsp_transport tcp -timeout 5000000 -i rtsp://camera.example/1")]
    [InlineData("http://camera.example/live", "-i http://camera.example/live")]
    [InlineData("film.mp4", "-re -stream_loop -1 -i film.mp4")]
    public void Each_kind_of_camera_is_read_as_it_needs(string camera, string arguments) =>
        Assert.Equal(arguments, string.Join(' ', Webcam.Input(camera)));

    private static bool HasFfmpeg() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")));
}
