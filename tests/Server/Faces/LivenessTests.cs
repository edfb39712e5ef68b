using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SightPay.Server.Faces;
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
    private static readonly Lazy<IReadOnlyList<byte[]>> Alive = new(() => Film(RenderedHead.Gestures(280)));

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock);

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Who_does_what_is_asked_has_proved_their_face_and_the_gate_knows_it()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        Assert.Equal("passed", (string)(await PlayAsync(rider, Alive.Value))["type"]!);
        Assert.Equal("challenge", await LivenessOfAsync(rider));
        var face = await _bed.Get<FaceRecogniser>().LookAsync(
            Photo(SampleFaces.Asha, SampleFaces.AtTheGate), FaceDemand.Recognise, default);
        Assert.True(_bed.Get<FaceRecogniser>().Identify(face.Reading.Target!.Template!).LivenessProved);
    }

    [Fact]
    public async Task A_photo_in_front_of_the_camera_fails_however_it_is_turned()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        var still = await PlayAsync(rider, Film(Still(60)), 0.3);
        Assert.Equal(("failed", "timed_out"), ((string)still["type"]!, (string)still["code"]!));
        var moved = await PlayAsync(rider, Film(Still(10).Concat(RenderedHead.HeldByHand(60))), 0.3);
        Assert.Equal("failed", (string)moved["type"]!);
        Assert.Equal("none", await LivenessOfAsync(rider));
    }

    [Fact]
    public async Task Somebody_elses_gestures_prove_nothing()
    {
        using var rider = await EnrolledAsync(SampleFaces.Ravi);
        var answer = await PlayAsync(rider, Alive.Value);
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
        var answer = await PlayAsync(socket, Alive.Value);
        Assert.Equal(("failed", "face_replaced"), ((string)answer["type"]!, (string)answer["code"]!));
        Assert.Equal("none", await LivenessOfAsync(rider));
    }

    [Fact]
    public async Task Frames_that_come_again_or_out_of_order_do_not_count()
    {
        using var rider = await EnrolledAsync(SampleFaces.Asha);
        using var socket = await ConnectAsync(await TicketAsync(rider));
        Assert.Equal("asks", (string)(await HearAsync(socket))["type"]!);
        var frames = Alive.Value;
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
        for (var i = 2; i < ChallengeTickets.PerHourMax; i++) await TicketAsync(rider);
        using var often = await rider.Http.PostAsync($"/users/{rider.Id}/face/challenges", null);
        Assert.Equal("too_many_challenges", await ServerBed.CodeAsync(often, HttpStatusCode.TooManyRequests));
    }

    [Theory]
    [InlineData(ChallengeStep.Blink)]
    [InlineData(ChallengeStep.TurnLeft)]
    [InlineData(ChallengeStep.TurnRight)]
    [InlineData(ChallengeStep.Nod)]
    [InlineData(ChallengeStep.Mouth)]
    public void Each_gesture_is_seen_in_its_own_time_and_in_no_other(ChallengeStep step)
    {
        using var pipeline = FacePipeline.Open(EnginePaths.StandardPack);
        var challenge = new LivenessChallenge([step], DateTimeOffset.UnixEpoch);
        var frame = 0;
        for (; challenge.Progress.State is ChallengeState.Settling or ChallengeState.Asking; frame++)
            challenge.Take(
                pipeline.Read(PictureCodec.Decode(Alive.Value[frame], new()), FaceDemand.Watch),
                DateTimeOffset.UnixEpoch.AddSeconds(0.1 * frame));
        Assert.Equal(ChallengeState.Passed, challenge.Progress.State);
        // In the order of the enum; the first one may fall into settling, and comes again.
        Assert.Equal((int)step, (frame - 1) / RenderedHead.GestureFrames % 5);
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
