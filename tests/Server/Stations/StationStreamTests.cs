using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

public sealed class StationStreamTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock);

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_stream_of_frames_opens_the_gate_as_a_POST_does()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.EnrolAsync(TestPhotos.AtHome(0));
        using var gate = await OpenAsync();
        var ready = await HelloAsync(gate, "S1-in");
        Assert.Equal(("ready", "S1-in", "gate", 1), (
            (string)ready["type"]!, (string)ready["station"]!["id"]!, (string)ready["station"]!["kind"]!,
            (int)ready["credits"]!));
        Assert.Equal("station:S1-in", Assert.Single(_bed.Get<Connections>().List()).Who);

        var (key, photo) = (Guid.CreateVersion7().ToString(), TestPhotos.AtTheGate(0));
        var seen = await FrameAsync(gate, "f1", key, photo);
        Assert.Equal(("sighting", "f1", 1), ((string)seen["type"]!, (string)seen["id"]!, (int)seen["credits"]!));
        var face = Assert.Single(seen["faces"]!.AsArray())!;
        Assert.Equal("accept", (string)face["band"]!);
        Assert.All(["x", "y", "width", "height"], side => Assert.True((double)face["box"]![side]! > 0));
        Assert.Equal(("open", rider.Id), (
            (string)seen["answer"]!["decision"]!, (Guid)seen["answer"]!["person"]!["id"]!));

        // The same key asks again what became of it, by frame or by POST.
        var again = await FrameAsync(gate, "f2", key, photo);
        Assert.Equal(seen["answer"]!.ToJsonString(), again["answer"]!.ToJsonString());
        Assert.Equal(seen["answer"]!.ToJsonString(), (await _bed.SeeAsync("S1-in", photo, key)).ToJsonString());
        Assert.Equal((10_000, 2000), await rider.WalletAsync());
    }

    [Fact]
    public async Task Frames_without_a_face_are_answered_and_not_recorded()
    {
        using var gate = await OpenAsync();
        await HelloAsync(gate, "S1-in");
        for (var i = 0; i < 3; i++)
        {
            byte[] photo = [.. SampleFaces.PhotoOfNobody(), (byte)i];
            var seen = await FrameAsync(gate, $"f{i}", Guid.CreateVersion7().ToString(), photo);
            Assert.Equal("no_face", (string)seen["answer"]!["reason"]!);
            Assert.Empty(seen["faces"]!.AsArray());
        }
        await using var count = _bed.Database.DataSource.CreateCommand("select count(*) from sighting");
        Assert.Equal(0L, await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task S2_lost_frames_Every_frame_is_answered_and_one_beyond_the_credit_is_told_that_it_was_dropped()
    {
        using var gate = await OpenAsync();
        await HelloAsync(gate, "S1-in");
        const int frames = 12;
        var photo = TestPhotos.AtTheGate(0);
        for (var i = 0; i < frames; i++)
            await SendFrameAsync(gate, $"f{i}", Guid.CreateVersion7().ToString(), [.. photo, (byte)i]);
        var answered = new List<(string Id, string What)>();
        for (var i = 0; i < frames; i++)
        {
            var said = await HearAsync(gate);
            answered.Add(((string)said["id"]!, (string?)said["problem"]?["code"] ?? (string)said["type"]!));
        }
        Assert.Equal(frames, answered.Select(answer => answer.Id).Distinct().Count());
        Assert.All(answered, answer => Assert.Contains(answer.What, (string[])["sighting", "no_credit"]));
        Assert.Contains(answered, answer => answer.What == "sighting");
        Assert.Contains(answered, answer => answer.What == "no_credit");
        // The stream lives on.
        Assert.Equal("sighting", (string)(await FrameAsync(
            gate, "last", Guid.CreateVersion7().ToString(), SampleFaces.PhotoOfNobody()))["type"]!);
    }

    [Fact]
    public async Task S2_dead_stream_One_that_never_says_who_it_is_is_closed_and_forgotten()
    {
        using var silent = await OpenAsync();
        await EventuallyAsync(() => _bed.Get<Connections>().Count == 1);
        await Task.Delay(200);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(4408, await ClosedAsync(silent));
        await EventuallyAsync(() => _bed.Get<Connections>().Count == 0);
    }

    [Theory]
    [InlineData("S1-in", "wrong", 4401, "station_key_invalid")]
    [InlineData("S1-in", "S2-in", 4403, "wrong_station")]
    public async Task A_bad_hello_is_told_and_closed(string station, string keyOf, int close, string code)
    {
        using var socket = await OpenAsync();
        var key = keyOf == "wrong" ? new string('x', 43) : _bed.StationKey(keyOf);
        await SayAsync(socket, new { type = "hello", station_id = station, station_key = key });
        Assert.Equal(code, (string)(await HearAsync(socket))["problem"]!["code"]!);
        Assert.Equal(close, await ClosedAsync(socket));
    }

    [Fact]
    public async Task A_first_message_that_is_no_hello_is_closed()
    {
        using var socket = await OpenAsync();
        await SayAsync(socket, new { type = "frame", id = "f", key = "k" });
        Assert.Equal("hello_expected", (string)(await HearAsync(socket))["problem"]!["code"]!);
        Assert.Equal(4400, await ClosedAsync(socket));
    }

    [Fact]
    public async Task Broken_messages_are_told_and_the_stream_lives_on()
    {
        using var gate = await OpenAsync();
        await HelloAsync(gate, "S1-in");
        await SendTextAsync(gate, "{broken");
        Assert.Equal("message_invalid", await ProblemAsync(gate));
        await SayAsync(gate, new { type = "dance" });
        Assert.Equal("message_type_unknown", await ProblemAsync(gate));
        await SayAsync(gate, new { type = "frame", id = "f0" });
        Assert.Equal("frame_invalid", await ProblemAsync(gate));
        await gate.SendAsync(TestPhotos.AtTheGate(0), WebSocketMessageType.Binary, true, default);
        Assert.Equal("frame_not_announced", await ProblemAsync(gate));
        await SayAsync(gate, new { type = "frame", id = "f1", key = "k1" });
        await SayAsync(gate, new { type = "frame", id = "f2", key = "k2" });
        Assert.Equal("picture_missing", await ProblemAsync(gate));
        await gate.SendAsync(Encoding.UTF8.GetBytes("no picture"), WebSocketMessageType.Binary, true, default);
        Assert.Equal("not_a_picture", await ProblemAsync(gate));
        await SendTextAsync(gate, new string(' ', 5000));
        Assert.Equal("message_too_large", await ProblemAsync(gate));
        await SendFrameAsync(gate, "f3", "k3", new byte[11 * 1024 * 1024]);
        Assert.Equal("message_too_large", await ProblemAsync(gate));
        Assert.Equal("sighting", (string)(await FrameAsync(
            gate, "f4", Guid.CreateVersion7().ToString(), SampleFaces.PhotoOfNobody()))["type"]!);
    }

    [Fact]
    public async Task A_key_with_another_picture_is_refused()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.EnrolAsync(TestPhotos.AtHome(0));
        using var gate = await OpenAsync();
        await HelloAsync(gate, "S1-in");
        var key = Guid.CreateVersion7().ToString();
        await FrameAsync(gate, "f1", key, TestPhotos.AtTheGate(0));
        await SendFrameAsync(gate, "f2", key, TestPhotos.AtTheGate(1));
        Assert.Equal("idempotency_key_reused", await ProblemAsync(gate));
    }

    [Fact]
    public async Task A_revoked_key_ends_its_stream_at_the_next_frame()
    {
        using var operators = await _bed.OperatorAsync();
        using var gate = await OpenAsync();
        await HelloAsync(gate, "S1-in");
        using var listed = await operators.GetAsync("/stations");
        var stations = (await ServerBed.ReadAsync(listed, HttpStatusCode.OK))["items"]!.AsArray();
        var keyId = (string)stations.Single(one => (string)one!["id"]! == "S1-in")!["keys"]![0]!["id"]!;
        using (var revoked = await operators.DeleteAsync($"/stations/S1-in/keys/{keyId}"))
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await SendFrameAsync(gate, "f1", "k", SampleFaces.PhotoOfNobody());
        Assert.Equal("station_key_invalid", await ProblemAsync(gate));
        Assert.Equal(4401, await ClosedAsync(gate));
        using var post = await _bed.ShowAsync("S1-in", SampleFaces.PhotoOfNobody());
        Assert.Equal(HttpStatusCode.Unauthorized, post.StatusCode);
    }

    [Fact]
    public async Task A_link_gives_a_key_once_and_only_in_time()
    {
        using var operators = await _bed.OperatorAsync();
        using var anybody = await _bed.Http.PostAsync("/stations/S1-in/links", null);
        Assert.Equal(HttpStatusCode.Unauthorized, anybody.StatusCode);
        var (first, late) = (await LinkAsync(operators), await LinkAsync(operators));
        using var redeemed = await _bed.Http.PostAsync($"/station-links/{first}", null);
        var station = await ServerBed.ReadAsync(redeemed, HttpStatusCode.OK);
        Assert.Equal(("S1-in", "gate", "S1"), (
            (string)station["station_id"]!, (string)station["kind"]!, (string)station["place"]!));
        using var seen = await _bed.ShowAsync(
            "S1-in", SampleFaces.PhotoOfNobody(), stationKey: (string)station["station_key"]!);
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
        using var twice = await _bed.Http.PostAsync($"/station-links/{first}", null);
        Assert.Equal("link_not_valid", await ServerBed.CodeAsync(twice, HttpStatusCode.NotFound));
        _clock.Advance(TimeSpan.FromMinutes(10));
        using var tooLate = await _bed.Http.PostAsync($"/station-links/{late}", null);
        Assert.Equal("link_not_valid", await ServerBed.CodeAsync(tooLate, HttpStatusCode.NotFound));
    }

    private static async Task<string> LinkAsync(HttpClient operators)
    {
        using var made = await operators.PostAsync("/stations/S1-in/links", null);
        var url = (string)(await ServerBed.ReadAsync(made, HttpStatusCode.Created))["url"]!;
        Assert.StartsWith("/station#link=", url, StringComparison.Ordinal);
        return url["/station#link=".Length..];
    }

    private Task<ClientWebSocket> OpenAsync() => StationSocket.ConnectAsync(_bed);

    private async Task<JsonObject> HelloAsync(ClientWebSocket socket, string station)
    {
        await SayAsync(socket, new { type = "hello", station_id = station, station_key = _bed.StationKey(station) });
        return await HearAsync(socket);
    }

    private static async Task<JsonObject> FrameAsync(ClientWebSocket socket, string id, string key, byte[] picture)
    {
        await SendFrameAsync(socket, id, key, picture);
        return await HearAsync(socket);
    }

    private static Task SendFrameAsync(ClientWebSocket socket, string id, string key, byte[] picture) =>
        StationSocket.SendAsync(socket, id, picture, key);

    private static Task SayAsync(ClientWebSocket socket, object message) => StationSocket.SayAsync(socket, message);

    private static Task SendTextAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    private static async Task<string> ProblemAsync(ClientWebSocket socket)
    {
        var said = await HearAsync(socket);
        Assert.Equal("problem", (string)said["type"]!);
        return (string)said["problem"]!["code"]!;
    }

    private static Task<JsonObject> HearAsync(ClientWebSocket socket) => StationSocket.HearAsync(socket);

    private static async Task<int> ClosedAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var part = await socket.ReceiveAsync(new byte[1024].AsMemory(), patience.Token);
        Assert.Equal(WebSocketMessageType.Close, part.MessageType);
        return (int)socket.CloseStatus!.Value;
    }

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        for (var tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 200, "It did not come true in time.");
            await Task.Delay(20);
        }
    }
}
