using System.Net.WebSockets;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Vision.Visits;

namespace SightPay.Server.Stations;

/// <summary>
/// One station's socket on /ws/face-recognition: hello, then frames, each answered in turn. One frame is in flight at a
/// time; the next is granted with the answer, so a slow recogniser never fills a queue and a lost frame is always told.
/// </summary>
internal sealed partial class StationStream(
    MessageSocket socket, StationStore stations, TakeSighting takeSighting, StationsSettings settings,
    Connections connections, TimeProvider clock, ILogger<StationStream> log)
{
    private readonly FaceVisit _visit = new() { GoesOn = true };
    private readonly FrameOrder _order = new();
    private Task _frameInFlight = Task.CompletedTask;
    private StationSays? _announced;

    // 1 when the station may send a frame. Its answer gives it back before it is sent: a station that sends at the
    // instant at which it hears it is never too early.
    private int _credit = 1;

    public static async Task Handle(
        HttpContext http, StationStore stations, TakeSighting takeSighting, StationsSettings settings,
        Connections connections, TimeProvider clock, IHostApplicationLifetime life, ILogger<StationStream> log)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await Problems.Of(400, "websocket_expected", "Connect to this address with a WebSocket.")
                .ExecuteAsync(http);
            return;
        }
        using var waiting = connections.Open("station", "anonymous");
        if (waiting is null)
        {
            await Problems.Of(
                503, "too_many_connections", "The server has no room for another connection.", retryable: true)
                .ExecuteAsync(http);
            return;
        }
        // Pings find a peer that went away without a word; its connection is then given up, not kept for ever.
        using var webSocket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = TimeSpan.FromSeconds(15),
            KeepAliveTimeout = TimeSpan.FromSeconds(15),
        });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, life.ApplicationStopping);
        using var socket = new MessageSocket(webSocket, settings.PictureBytesMax);
        var stream = new StationStream(socket, stations, takeSighting, settings, connections, clock, log);
        await stream.RunAsync(waiting, ending.Token);
    }

    internal async Task RunAsync(Connection waiting, CancellationToken ct)
    {
        try
        {
            var greeted = await GreetAsync(ct);
            waiting.Received();
            waiting.Dispose();
            if (greeted is not { } hello) return;
            using var connection = connections.Open("station", $"station:{hello.Station.Id}");
            if (connection is null)
            {
                await socket.CloseAsync(StationClose.NoRoom, "too_many_connections");
                return;
            }
            connection.Received();
            await SayAsync(connection, ServerSays.Ready(hello.Station), ct);
            await ListenAsync(hello.Station, hello.Key, connection, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await socket.CloseAsync(StationClose.Stopping, "server_stopping");
        }
        catch (WebSocketException)
        {
            // The peer left in the middle of a message; what it asked for is still decided below.
        }
        finally
        {
            // Money may be in flight: its act is carried through and can be asked for again with its key.
            await _frameInFlight;
        }
    }

    private async Task<(Station Station, StationKey Key)?> GreetAsync(CancellationToken ct)
    {
        if (await socket.ReceiveAsync(settings.HelloWithin, clock, ct) is not { } message)
        {
            await socket.CloseAsync(StationClose.HelloMissing, "hello_missing");
            await socket.GoodbyeAsync(ct);
            return null;
        }
        if (message.Kind == SocketMessageKind.Closed) return null;
        var says = message.Kind == SocketMessageKind.Text ? StationSays.Read(message.Bytes.Span) : null;
        if (says is not { Type: "hello", StationId: { } id, StationKey: { } key })
        {
            await RefuseAsync(400, "hello_expected", "Say hello with station_id and station_key first.", ct);
            await socket.CloseAsync(StationClose.HelloExpected, "hello_expected");
            return null;
        }
        return await AuthenticateAsync(id, StationKey.Of(key), ct);
    }

    private async Task<(Station, StationKey)?> AuthenticateAsync(string id, StationKey key, CancellationToken ct)
    {
        var station = await stations.OfKeyAsync(key, ct);
        if (station is null)
        {
            await RefuseAsync(401, StationProblems.KeyInvalidCode, "The station key is unknown or revoked.", ct);
            await socket.CloseAsync(StationClose.KeyInvalid, StationProblems.KeyInvalidCode);
            return null;
        }
        if (station.Id != id)
        {
            await RefuseAsync(403, "wrong_station", "The station key belongs to another station.", ct);
            await socket.CloseAsync(StationClose.WrongStation, "wrong_station");
            return null;
        }
        return (station, key);
    }

    private async Task ListenAsync(Station station, StationKey key, Connection connection, CancellationToken ct)
    {
        while (true)
        {
            var message = await socket.ReceiveAsync(ct);
            if (message.Kind == SocketMessageKind.Closed) return;
            connection.Received();
            switch (message.Kind)
            {
                case SocketMessageKind.Text:
                    await HearAsync(message.Bytes, connection, ct);
                    break;
                case SocketMessageKind.Picture:
                    await SeeAsync(station, key, message.Bytes, connection, ct);
                    break;
                default:
                    await TellAsync(connection, _announced, new ProblemException(
                        413, "message_too_large", "The message is longer than the limit; send a smaller picture."), ct);
                    _announced = null;
                    break;
            }
        }
    }

    private async Task HearAsync(ReadOnlyMemory<byte> text, Connection connection, CancellationToken ct)
    {
        var says = StationSays.Read(text.Span);
        var problem = says switch
        {
            { Type: "frame", Id.Length: > 0 and <= 100, Key.Length: > 0 and <= 255, Seq: null or >= 0 } => null,
            { Type: "frame" } => new ProblemException(
                400, "frame_invalid",
                "A frame needs an id and a key that you keep for retries; its seq, if any, is 0 or more."),
            { Type: "hello" } => new ProblemException(409, "hello_repeated", "This stream has said hello already."),
            { Type: not null } => new ProblemException(
                400, "message_type_unknown", "This message type is not known; see the station messages."),
            _ => new ProblemException(400, "message_invalid", "The message is not a JSON object with a type."),
        };
        if (problem is not null)
        {
            await TellAsync(connection, says, problem, ct);
            return;
        }
        if (_announced is { } lost)
            await TellAsync(connection, lost, new ProblemException(
                400, "picture_missing", "The frame was announced and its picture did not follow."), ct);
        _announced = says;
    }

    private async Task SeeAsync(
        Station station, StationKey key, ReadOnlyMemory<byte> picture, Connection connection, CancellationToken ct)
    {
        if (_announced is not { } frame)
        {
            await TellAsync(connection, null, new ProblemException(
                400, "frame_not_announced", "A picture follows its frame message; this one came without."), ct);
            return;
        }
        _announced = null;
        if (Interlocked.Exchange(ref _credit, 0) == 0)
        {
            await TellAsync(connection, frame, new ProblemException(
                429, "no_credit", "The frame was dropped: wait for the answer to the one before.", retryable: true),
                ct);
            return;
        }
        // Off the reading loop, which must go on to hear frames beyond the credit and the peer's leaving.
        var before = _frameInFlight;
        _frameInFlight = Task.Run(
            () => AnswerAsync(before, station, key, frame, picture, connection, ct), CancellationToken.None);
    }

    private async Task AnswerAsync(
        Task before, Station station, StationKey key, StationSays frame, ReadOnlyMemory<byte> picture,
        Connection connection, CancellationToken ct)
    {
        // Its answer may still be on its way out.
        await before;
        try
        {
            if (await DecideAsync(station, key, frame, picture) is { } answer)
            {
                Volatile.Write(ref _credit, 1);
                await SayAsync(connection, answer, ct);
                return;
            }
            await TellAsync(connection, frame, new ProblemException(
                401, StationProblems.KeyInvalidCode, "The station key was revoked."), ct);
            await socket.CloseAsync(StationClose.KeyInvalid, StationProblems.KeyInvalidCode);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // The peer is gone; the act, if there was one, stands and its answer waits under its key.
        }
    }

    /// <returns>The answer with the credit for the next frame; null when the key is revoked.</returns>
    private async Task<byte[]?> DecideAsync(
        Station station, StationKey key, StationSays frame, ReadOnlyMemory<byte> picture)
    {
        try
        {
            if (await stations.OfKeyAsync(key, CancellationToken.None) is null) return null;
            var taken = await TakeAsync(station, frame, picture);
            if (taken.Result.End == ActEnd.OtherBody)
                throw new ProblemException(
                    422, "idempotency_key_reused", "This key was used with another picture; use a new one.");
            return taken.Result.Answer.Status >= 400
                ? ServerSays.Refusal(taken.Result.Answer, frame.Id!)
                : ServerSays.Sighting(frame.Id!, taken);
        }
        catch (ProblemException problem)
        {
            return ServerSays.Problem(problem, frame.Id, credits: 1);
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or NpgsqlException)
        {
            return ServerSays.Problem(new ProblemException(
                503, "unavailable", "The store is away for a moment; send the same frame with the same key again.",
                retryable: true), frame.Id, credits: 1);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or WebSocketException))
        {
            LogFailed(exception, station.Id);
            return ServerSays.Problem(new ProblemException(
                500, "internal_error", "The frame could not be decided. Try again.", retryable: true),
                frame.Id, credits: 1);
        }
    }

    private async Task<SightingAnswer> TakeAsync(Station station, StationSays frame, ReadOnlyMemory<byte> picture)
    {
        var place = _order.PlaceOf(frame.Seq, Idempotency.ActIdOf(frame.Key!), picture.Span);
        if (place == FramePlace.Repeated)
            throw new ProblemException(
                409, "frame_repeated", "This very picture came before under another key; no camera gives it twice.");
        if (place == FramePlace.Next)
            return await takeSighting.RunAsync(station, picture, _visit, frame.Key!, CancellationToken.None);
        // An answer may be asked for again at any time. What was never decided is too old to be, now that newer
        // frames were: whoever is in it may have walked on.
        return await takeSighting.RecallAsync(station, picture, frame.Key!, CancellationToken.None)
            ?? throw new ProblemException(
                409, "frame_out_of_order", "A newer frame came before this one; seq rises with every frame.");
    }

    /// <param name="frame">The frame that is refused, if it named one. It was not taken, so that its credit, unless
    /// another frame has it, is there still and comes back.</param>
    private Task TellAsync(
        Connection connection, StationSays? frame, ProblemException problem, CancellationToken ct)
    {
        var credits = frame is { Type: "frame", Id: not null } ? Volatile.Read(ref _credit) : 0;
        return SayAsync(connection, ServerSays.Problem(problem, frame?.Id, credits), ct);
    }

    private Task RefuseAsync(int status, string code, string detail, CancellationToken ct) =>
        socket.SendAsync(ServerSays.Problem(new ProblemException(status, code, detail), null, 0), ct);

    private async Task SayAsync(Connection connection, byte[] message, CancellationToken ct)
    {
        if (await socket.SendAsync(message, ct)) connection.Sent();
    }

    [LoggerMessage(3101, LogLevel.Error, "A frame of station {Station} failed.")]
    private partial void LogFailed(Exception exception, string station);
}
