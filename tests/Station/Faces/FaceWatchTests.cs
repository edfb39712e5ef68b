using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Station.Cameras;
using SightPay.Station.Faces;
using SightPay.Station.Sending;
using SightPay.Tests.Support;
using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Station.Tests.Faces;

/// <summary>The agent at a gate of the real server, over a line that can be cut.</summary>
public sealed class FaceWatchTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(60));
    private readonly Channel<JsonElement> _heard = Channel.CreateUnbounded<JsonElement>();
    private TestServer _server = null!;
    private Line _line = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _line = new Line(_server.Http.BaseAddress!);
    }

    public async Task DisposeAsync()
    {
        await _line.DisposeAsync();
        await _server.DisposeAsync();
        _end.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task A_known_face_opens_the_gate_and_no_picture_is_left_behind()
    {
        RequireFfmpeg();
        using var faces = new SampleFaces();
        var rider = await EnrolAsync(faces);
        using var watch = WatchTheGate(faces.Photo(SampleFaces.Asha, SampleFaces.AtTheGate));

        var answer = await HearAsync();

        Assert.Equal("open", answer.GetProperty("decision").GetString());
        Assert.Equal(rider, answer.GetProperty("person").GetProperty("id").GetGuid());
        Assert.Equal(["camera.jpg"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
    }

    [SkippableFact]
    public async Task A_cut_line_is_mended_and_the_next_picture_is_answered()
    {
        RequireFfmpeg();
        using var faces = new SampleFaces();
        await EnrolAsync(faces);
        using var watch = WatchTheGate(faces.Photo(SampleFaces.Asha, SampleFaces.AtTheGate));
        Assert.Equal("open", (await HearAsync()).GetProperty("decision").GetString());

        _line.Cut();
        while (_heard.Reader.TryRead(out _)) { }

        Assert.Equal("open", (await HearAsync()).GetProperty("decision").GetString());
    }

    [SkippableFact]
    public async Task A_station_that_the_server_does_not_know_is_told_so()
    {
        RequireFfmpeg();
        using var faces = new SampleFaces();
        using var watch = WatchTheGate(faces.Photo(SampleFaces.Asha, SampleFaces.AtTheGate), key: "wrong");

        var fault = await Assert.ThrowsAsync<AgentException>(() => watch.Watching);

        Assert.Contains("key", fault.Message, StringComparison.Ordinal);
    }

    private async Task<JsonElement> HearAsync() => await _heard.Reader.ReadAsync(_end.Token);

    private sealed class Watch(FaceFinder finder, FaceStream stream, HttpMessageInvoker server, Task watching)
        : IDisposable
    {
        public Task Watching => watching;

        public void Dispose()
        {
            finder.Dispose();
            stream.Dispose();
            server.Dispose();
        }
    }

    private Watch WatchTheGate(byte[] photo, string? key = null)
    {
        var file = Path.Combine(_folder.Path, "camera.jpg");
        File.WriteAllBytes(file, photo);
        var settings = new AgentSettings(
            _line.Address, "S1-in", key ?? _server.Demo.Stations["S1-in"], CameraAddress.Parse(file),
            SightPay.Station.Watching.Faces, "eu", _folder.Path, _folder.Path);
        var camera = new Camera(
            settings.Camera, settings.CameraSettings, TimeProvider.System, NullLogger<Camera>.Instance);
        _ = camera.RunAsync(_end.Token);
        var server = new HttpMessageInvoker(ServerConnection.Handler(settings));
        var stream = new FaceStream(
            settings, server, answer => _heard.Writer.TryWrite(answer), TimeProvider.System,
            NullLogger<FaceStream>.Instance);
        var finder = FaceFinder.Open(ModelPack.Load(EnginePaths.StandardPack), threads: 1);
        return new(
            finder, stream, server, new FaceWatch(camera, finder, stream, TimeProvider.System).RunAsync(_end.Token));
    }

    private async Task<Guid> EnrolAsync(SampleFaces faces)
    {
        const string email = "asha@example.org", password = "correct horse battery";
        var created = await PostAsync(_server.Http, "/users", new { name = "Asha", email, password });
        var id = created.GetProperty("id").GetGuid();
        var token = await PostAsync(_server.Http, "/auth/token", new { email, password });
        using var http = new HttpClient { BaseAddress = _server.Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", token.GetProperty("access_token").GetString());
        await PostAsync(http, $"/users/{id}/consents", new { purpose = "face" });
        using var form = new MultipartFormDataContent();
        form.Add(new ByteArrayContent(faces.Photo(SampleFaces.Asha, SampleFaces.AtHome)), "image", "photo.jpg");
        using var enrolled = await http.PutAsync($"/users/{id}/face", form);
        Assert.Equal(HttpStatusCode.OK, enrolled.StatusCode);
        http.DefaultRequestHeaders.Add("Idempotency-Key", "top-up");
        await PostAsync(http, "/wallet/top-ups", new { amount_minor = 100_00, currency = "INR" });
        while ((await http.GetFromJsonAsync<JsonElement>("/wallet")).GetProperty("balance_minor").GetInt64() == 0)
            await Task.Delay(20, _end.Token);
        return id;
    }

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, object body)
    {
        using var answer = await http.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static void RequireFfmpeg() => Skip.IfNot(Ffmpeg.IsInstalled, Ffmpeg.Missing);
}
