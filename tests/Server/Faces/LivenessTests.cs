using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Tests.Support;
using SightPay.Vision.Faces;
using SightPay.Vision.Liveness;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>A challenge over the real socket, by heads that the test renders out of photographs of the npm packages.
/// </summary>
public sealed class LivenessTests : IAsyncLifetime
{
    private const int RestFrames = 12;

    private static readonly Lazy<IReadOnlyList<byte[]>> Resting = new(() => Film(Still(RestFrames)));

    // Rendering is slow: only what is asked for, and once for all tests.
    private static readonly Lazy<IReadOnlyList<byte[]>>[] Gestures =
    [
        .. Enum.GetValues<ChallengeStep>().Select(step =>
            new Lazy<IReadOnlyList<byte[]>>(() => Film(RenderedHead.Gesture((int)step)))),
    ];

    /// <summary>Everything after one another, as the pipeline sees it.</summary>
    private static readonly Lazy<IReadOnlyList<FaceReading>> Readings = new(() =>
    {
        using var pipeline = FacePipeline.Open(EnginePaths.StandardPack);
        return
        [
            .. Resting.Value.Concat(Gestures.SelectMany(gesture => gesture.Value))
                .Select(frame => pipeline.Read(PictureCodec.Decode(frame, new()), FaceDemand.Watch)),
        ];
    });

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    /// <summary>A face from photos may spend nothing here.</summary>
    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock, payments: settings => settings with
    {
        Spending = settings.Spending with { Face = new(SpentBy.Face, 19_99, 19_99, 50) },
    });

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Above_the_cap_a_gate_asks_until_the_challenge_is_passed_and_then_opens()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        await rider.TopUpAsync(10_000);
        var atTheGate = Photo(SampleFaces.Asha, SampleFaces.AtTheGate);
        var asked = await _bed.SeeAsync("S1-in", atTheGate);
        Assert.Equal(("ask", "step_up_required"), ((string)asked["decision"]!, (string)asked["reason"]!));
        Assert.Null(asked["person"]);
        Assert.Equal(1, await CountAsync(
            $"select count(*) from outbox where topic = 'person:{rider.Id}' and kind = 'face_limit'"));

        Assert.Equal("passed", (string)(await ObeyAsync(rider))["type"]!);
        Assert.Equal("challenge", await LivenessOfAsync(rider));
        // At once, although an ask is repeated to the same face for some seconds.
        var opened = await _bed.SeeAsync("S1-in", atTheGate);
        Assert.Equal(("open", "ok"), ((string)opened["decision"]!, (string)opened["reason"]!));
        Assert.Equal((10_000, 2000), await rider.WalletAsync());

        // Another face of theirs begins anew.
        await rider.EnrolAsync(Photo(SampleFaces.Asha, SampleFaces.AtHome));
        Assert.Equal("none", await LivenessOfAsync(rider));
    }

    [Fact]
    public async Task A_photo_in_front_of_the_camera_fails_however_it_is_turned()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        // The gesture's time, and a second a frame.
        var still = await PlayAsync(rider, Film(Still(20)), 1);
        Assert.Equal(("failed", "timed_out"), ((string)still["type"]!, (string)still["code"]!));
        // Long enough for two gestures: a hand may turn a photograph, should that be the first that is drawn.
        var moved = await PlayAsync(rider, Film(Still(10).Concat(RenderedHead.HeldByHand(60))), 0.45);
        Assert.Equal("failed", (string)moved["type"]!);
        Assert.Equal("none", await LivenessOfAsync(rider));
    }

    [Fact]
    public async Task Somebody_elses_gestures_prove_nothing()
    {
        using var rider = await EnrolledAsync(SampleFaces.Ravi);
        var answer = await ObeyAsync(rider);
        Assert.Equal(("failed", "not_the_enrolled_face"), ((string)answer["type"]!, (string)answer["code"]!));
        Assert.Equal("none", await LivenessOfAsync(rider));
    }

    [Fact]
    public async Task A_face_that_is_replaced_during_its_challenge_is_not_proved()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        using var socket = await ConnectAsync(await TicketAsync(rider));
        await HearAsync(socket);
        await rider.EnrolAsync(Photo(SampleFaces.Asha, SampleFaces.AtHome));
        var answer = await ObeyAsync(socket);
        Assert.Equal(("failed", "face_replaced"), ((string)answer["type"]!, (string)answer["code"]!));
        Assert.Equal("none", await LivenessOfAsync(rider));
    }

    [Fact]
    public async Task Frames_that_come_again_or_out_of_order_do_not_count()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        using var socket = await ConnectAsync(await TicketAsync(rider));
        Assert.Equal("asks", (string)(await HearAsync(socket))["type"]!);
        var frames = Resting.Value;
        Assert.Equal("asks", (string)(await ShowAsync(socket, 5, frames[0]))["type"]!);
        Assert.Equal("frame_out_of_order", await RefusalAsync(ShowAsync(socket, 5, frames[1])));
        Assert.Equal("frame_out_of_order", await RefusalAsync(ShowAsync(socket, 4, frames[1])));
        Assert.Equal("frame_repeated", await RefusalAsync(ShowAsync(socket, 6, frames[0])));
        Assert.Equal("not_a_picture", await RefusalAsync(ShowAsync(socket, 7, [1, 2, 3])));
        Assert.Equal("message_too_large", await RefusalAsync(ShowAsync(socket, 8, new byte[3 * 1024 * 1024])));
        await socket.SendAsync(frames[2], WebSocketMessageType.Binary, true, default);
        Assert.Equal("frame_not_announced", await RefusalAsync(HearAsync(socket)));
        await socket.SendAsync(Encoding.UTF8.GetBytes("{}"), WebSocketMessageType.Text, true, default);
        Assert.Equal("message_invalid", await RefusalAsync(HearAsync(socket)));
        Assert.Equal("asks", (string)(await ShowAsync(socket, 9, frames[1]))["type"]!);
        // Frames that do not count give no more time either.
        for (var seq = 10; seq < 12; seq++)
        {
            _clock.Advance(TimeSpan.FromSeconds(9));
            Assert.Equal("frame_repeated", await RefusalAsync(ShowAsync(socket, seq, frames[1])));
        }
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal("timed_out", (string)(await ShowAsync(socket, 12, frames[1]))["code"]!);
    }

    [Fact]
    public async Task Who_shows_nothing_for_a_while_is_told_that_it_is_over()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        using var socket = await ConnectAsync(await TicketAsync(rider));
        await HearAsync(socket);
        var over = HearAsync(socket);
        while (!over.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(over, Task.Delay(100));
        }
        Assert.Equal("timed_out", (string)(await over)["code"]!);
    }

    [Fact]
    public async Task A_ticket_is_for_the_person_alone_with_a_face_and_opens_once()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        using var early = await rider.Http.PostAsync($"/users/{rider.Id}/face/challenges", null);
        Assert.Equal("face_missing", await ServerBed.CodeAsync(early, HttpStatusCode.Conflict));
        await rider.ConsentAsync();
        await rider.EnrolAsync(Photo(SampleFaces.Asha, SampleFaces.AtHome));
        using var other = await TestRider.SignUpAsync(_bed, "Ravi Das");
        using var foreign = await other.Http.PostAsync($"/users/{rider.Id}/face/challenges", null);
        Assert.Equal("forbidden", await ServerBed.CodeAsync(foreign, HttpStatusCode.Forbidden));
        var ticket = await TicketAsync(rider);
        using (await ConnectAsync(ticket)) { }
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(ticket));
        var stale = await TicketAsync(rider);
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(stale));
        var perHour = RateLimits.OfStepUp.Single(limit => limit.Name == RateLimits.Challenge).Permits;
        for (var i = 2; i < perHour; i++) await TicketAsync(rider);
        using var often = await rider.Http.PostAsync($"/users/{rider.Id}/face/challenges", null);
        Assert.Equal("too_many_requests", await ServerBed.CodeAsync(often, HttpStatusCode.TooManyRequests));
    }

    [Theory]
    [InlineData(ChallengeStep.Blink)]
    [InlineData(ChallengeStep.TurnLeft)]
    [InlineData(ChallengeStep.TurnRight)]
    [InlineData(ChallengeStep.Nod)]
    [InlineData(ChallengeStep.Mouth)]
    public void Each_gesture_is_seen_in_its_own_time_and_in_no_other(ChallengeStep step)
    {
        var challenge = new LivenessChallenge([step], DateTimeOffset.UnixEpoch);
        var frame = 0;
        for (; challenge.Progress.State is ChallengeState.Settling or ChallengeState.Asking; frame++)
            challenge.Take(Readings.Value[frame], DateTimeOffset.UnixEpoch.AddSeconds(0.1 * frame));
        Assert.Equal(ChallengeState.Passed, challenge.Progress.State);
        // In the order of the enum.
        Assert.Equal((int)step, (frame - 1 - RestFrames) / RenderedHead.GestureFrames);
    }

    private async Task<TestRider> EnrolledAsync(SamplePerson person)
    {
        var rider = await TestRider.SignUpAsync(_bed, "Asha Roy");
        await rider.EnrolAsync(Photo(person, SampleFaces.AtHome));
        return rider;
    }

    private async Task<JsonObject> PlayAsync(TestRider rider, IReadOnlyList<byte[]> film, double seconds = 0.1)
    {
        using var socket = await ConnectAsync(await TicketAsync(rider));
        await HearAsync(socket);
        return await PlayAsync(socket, film, seconds);
    }

    private async Task<JsonObject> ObeyAsync(TestRider rider)
    {
        using var socket = await ConnectAsync(await TicketAsync(rider));
        await HearAsync(socket);
        return await ObeyAsync(socket);
    }

    /// <summary>Rests, and then does what is asked until the challenge is over.</summary>
    private async Task<JsonObject> ObeyAsync(ClientWebSocket socket)
    {
        var (answer, seq) = (new JsonObject(), 0L);
        IReadOnlyList<byte[]> film = Resting.Value;
        for (var frame = 0; frame < film.Count; frame++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            var before = (string?)answer["step"];
            answer = await ShowAsync(socket, seq++, film[frame]);
            if ((string)answer["type"]! is "passed" or "failed") break;
            if ((string?)answer["step"] is not { } step || step == before) continue;
            var asked = Enum.GetValues<ChallengeStep>().Single(each => Words.Of(each) == step);
            (film, frame) = (Gestures[(int)asked].Value, -1);
        }
        return answer;
    }

    /// <summary>Frame after frame, so many seconds apart, until the challenge is over.</summary>
    private async Task<JsonObject> PlayAsync(
        ClientWebSocket socket, IReadOnlyList<byte[]> film, double seconds = 0.1)
    {
        var answer = new JsonObject();
        for (var seq = 0; seq < film.Count; seq++)
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds));
            answer = await ShowAsync(socket, seq, film[seq]);
            if ((string)answer["type"]! is "passed" or "failed") break;
        }
        return answer;
    }

    private static async Task<JsonObject> ShowAsync(ClientWebSocket socket, long seq, byte[] picture)
    {
        await socket.SendAsync(
            Encoding.UTF8.GetBytes($$"""{"type":"frame","seq":{{seq}}}"""), WebSocketMessageType.Text, true, default);
        await socket.SendAsync(picture, WebSocketMessageType.Binary, true, default);
        return await HearAsync(socket);
    }

    private static async Task<string> RefusalAsync(Task<JsonObject> answer)
    {
        var refused = await answer;
        Assert.Equal("refused", (string)refused["type"]!);
        return (string)refused["code"]!;
    }

    private static async Task<JsonObject> HearAsync(ClientWebSocket socket)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[16_384];
        var message = await socket.ReceiveAsync(buffer, late.Token);
        Assert.Equal(WebSocketMessageType.Text, message.MessageType);
        return JsonNode.Parse(buffer.AsSpan(0, message.Count))!.AsObject();
    }

    private async Task<string> TicketAsync(TestRider rider)
    {
        using var answer = await rider.Http.PostAsync($"/users/{rider.Id}/face/challenges", null);
        return (string)(await ServerBed.ReadAsync(answer, HttpStatusCode.Created))["ticket"]!;
    }

    private async Task<ClientWebSocket> ConnectAsync(string ticket)
    {
        var socket = new ClientWebSocket();
        var address = _bed.Http.BaseAddress!;
        await socket.ConnectAsync(new Uri($"ws://{address.Authority}/ws/liveness?ticket={ticket}"), default);
        return socket;
    }

    private async Task<string> LivenessOfAsync(TestRider rider)
    {
        using var shown = await rider.Http.GetAsync($"/users/{rider.Id}/face");
        return (string)(await ServerBed.ReadAsync(shown, HttpStatusCode.OK))["liveness"]!;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Somebody who does nothing; no two frames are the very same.</summary>
    private static IEnumerable<Pose> Still(int frames) =>
        Enumerable.Range(0, frames).Select(frame => new Pose(0.01f * frame));

    private static byte[] Photo(SamplePerson person, Look look)
    {
        using var faces = new SampleFaces();
        return faces.Photo(person, look);
    }

    private static List<byte[]> Film(IEnumerable<Pose> poses)
    {
        using var faces = new SampleFaces();
        var head = new RenderedHead(faces.Draw(SampleFaces.Asha, SampleFaces.AtHome));
        return [.. poses.AsParallel().AsOrdered().Select(pose => PictureCodec.EncodeJpeg(head.Draw(pose), 92))];
    }
}
