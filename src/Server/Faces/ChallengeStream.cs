using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using SightPay.Vision.Liveness;

namespace SightPay.Server.Faces;

/// <summary>
/// WS /ws/liveness?ticket=: the person does what the server draws at random, and the server looks at every frame
/// (contracts/liveness-messages.md). Passed, their template counts as proved: its spending limit rises.
/// </summary>
/// <remarks>The next frame is taken after the answer to the one before, so a slow server sees fewer frames, not older
/// ones.</remarks>
internal sealed partial class ChallengeStream(
    ChallengeTickets tickets, FaceRecogniser recogniser, ProveFace prove, FacesSettings settings,
    Connections connections, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<ChallengeStream> log)
{
    private static readonly TimeSpan FrameWithin = TimeSpan.FromSeconds(10);

    private sealed record Says(string? Type, long? Seq);

    /// <summary>One challenge under way, and what of its frames must not come again.</summary>
    private sealed class Attempt(ChallengeTickets.Ticket ticket, LivenessChallenge challenge)
    {
        private readonly HashSet<string> _seen = [];
        private long _lastSeq = -1;

        public ChallengeTickets.Ticket Ticket { get; } = ticket;
        public LivenessChallenge Challenge { get; } = challenge;

        /// <summary>No camera gives the same picture twice to the last bit, and none gives an older one after a newer
        /// one.</summary>
        public string? RefusalOf(long seq, ReadOnlySpan<byte> picture)
        {
            if (seq <= _lastSeq) return "frame_out_of_order";
            _lastSeq = seq;
            return _seen.Add(Convert.ToHexString(SHA256.HashData(picture))) ? null : "frame_repeated";
        }
    }

    public async Task<IResult> RunAsync(HttpContext http, string? ticket, CancellationToken ct)
    {
        if (!http.WebSockets.IsWebSocketRequest)
            return Problems.Of(400, "websocket_expected", "Connect to this address with a WebSocket.");
        if (tickets.Redeem(ticket) is not { } redeemed)
            return Problems.Of(401, "ticket_invalid", "The ticket is unknown, used or too old. Ask for a new one.");
        using var connection = connections.Open("liveness", $"person:{redeemed.Person}");
        if (connection is null)
            return Problems.Of(503, "too_many_connections", "Too many connections are open. Try again soon.", true);
        using var webSocket = await http.WebSockets.AcceptWebSocketAsync();
        using var socket = new MessageSocket(webSocket, settings.FrameBytesMax);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        var steps = LivenessChallenge.Draw(RandomNumberGenerator.GetInt32);
        try
        {
            await ServeAsync(
                socket, connection, new Attempt(redeemed, new LivenessChallenge(steps, clock.GetUtcNow())),
                ending.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "over");
        }
        catch (OperationCanceledException)
        {
            await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "server_stopping");
        }
        catch (WebSocketException)
        {
            // The person left; nothing is proved.
        }
        return Results.Empty;
    }

    private async Task ServeAsync(
        MessageSocket socket, Connection connection, Attempt attempt, CancellationToken ct)
    {
        await SayAsync(socket, connection, Standing(attempt.Challenge.Progress), ct);
        long? announced = null;
        while (await socket.ReceiveAsync(FrameWithin, clock, ct) is { } message)
        {
            connection.Received();
            if (message.Kind == SocketMessageKind.Closed) return;
            if (message.Kind == SocketMessageKind.Text)
            {
                announced = SeqOf(message.Bytes.Span);
                if (announced is null) await RefuseAsync(socket, connection, "message_invalid", ct);
                continue;
            }
            if (attempt.Challenge.At(clock.GetUtcNow()) is { State: ChallengeState.Failed } late)
            {
                await SayAsync(socket, connection, Standing(late), ct);
                return;
            }
            var refusal = message.Kind == SocketMessageKind.TooLarge ? "message_too_large"
                : announced is not { } seq ? "frame_not_announced"
                : attempt.RefusalOf(seq, message.Bytes.Span);
            announced = null;
            if (refusal is not null) await RefuseAsync(socket, connection, refusal, ct);
            else if (await JudgeAsync(socket, connection, attempt, message.Bytes, ct)) return;
        }
        await SayAsync(socket, connection, new { Type = "failed", Code = "timed_out" }, ct);
    }

    /// <returns>True when the challenge is over.</returns>
    private async Task<bool> JudgeAsync(
        MessageSocket socket, Connection connection, Attempt attempt, ReadOnlyMemory<byte> picture,
        CancellationToken ct)
    {
        FaceReading reading;
        try
        {
            reading = (await recogniser.LookAsync(picture, FaceDemand.Watch, ct)).Reading;
        }
        catch (ProblemException problem)
        {
            await RefuseAsync(socket, connection, problem.Code, ct);
            return false;
        }
        var progress = attempt.Challenge.Take(reading, clock.GetUtcNow());
        if (progress.State == ChallengeState.Passed)
            await SayAsync(socket, connection, await ProveAsync(attempt, ct), ct);
        else
            await SayAsync(socket, connection, Standing(progress), ct);
        return progress.State is ChallengeState.Passed or ChallengeState.Failed;
    }

    /// <summary>Whoever passed must be the one whose face is enrolled.</summary>
    private async Task<object> ProveAsync(Attempt attempt, CancellationToken ct)
    {
        var identity = recogniser.Identify(attempt.Challenge.Template!, ProbeEvidence.Clear);
        if (identity.Band != FaceBand.Accept || identity.PersonId != attempt.Ticket.Person)
            return new { Type = "failed", Code = "not_the_enrolled_face" };
        try
        {
            return await prove.RunAsync(attempt.Ticket, ct)
                ? new { Type = "passed", Code = (string?)null }
                : new { Type = "failed", Code = (string?)"face_replaced" };
        }
        catch (NpgsqlException fault)
        {
            NotStored(log, fault);
            return new { Type = "failed", Code = "unavailable" };
        }
    }

    private static object Standing(ChallengeProgress progress) => progress.State == ChallengeState.Failed
        ? new { Type = "failed", Code = Words.Of(progress.Failure) }
        : new
        {
            Type = "asks",
            Step = progress.Asked,
            progress.Done,
            Hint = progress.Hint == ChallengeHint.None ? (ChallengeHint?)null : progress.Hint,
            WithinMs = (int)(progress.Asked is null ? LivenessChallenge.SettleWithin : LivenessChallenge.StepWithin)
                .TotalMilliseconds,
        };

    private static long? SeqOf(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<Says>(utf8, ApiJson.Options) is { Type: "frame", Seq: >= 0 } says
                ? says.Seq
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task RefuseAsync(MessageSocket socket, Connection connection, string code, CancellationToken ct) =>
        SayAsync(socket, connection, new { Type = "refused", Code = code }, ct);

    private static async Task SayAsync(
        MessageSocket socket, Connection connection, object message, CancellationToken ct)
    {
        if (await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, ApiJson.Options), ct))
            connection.Sent();
    }

    [LoggerMessage(3201, LogLevel.Warning, "A passed challenge could not be stored; it has to be done again.")]
    private static partial void NotStored(ILogger log, Exception fault);
}
