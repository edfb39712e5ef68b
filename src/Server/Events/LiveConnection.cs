using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using SightPay.Server.Api;

namespace SightPay.Server.Events;

/// <summary>
/// WS /ws/live?ticket=…: pushes what happens to the visitor. The feed is a hint and starts at the connection; pages
/// connect first and then read the present state by HTTP.
/// </summary>
internal sealed class LiveConnection(
    LiveTickets tickets, EventFeed feed, Connections connections, LiveSettings settings, TimeProvider clock,
    IHostApplicationLifetime lifetime)
{
    /// <summary>1013, "try again later": the framework's enum does not name it.</summary>
    private const WebSocketCloseStatus TryAgainLater = (WebSocketCloseStatus)1013;

    public async Task<IResult> RunAsync(HttpContext http, string? ticket, CancellationToken ct)
    {
        if (!http.WebSockets.IsWebSocketRequest)
            return Problems.Of(400, "websocket_required", "Open this address as a WebSocket.");
        if (await tickets.RedeemAsync(ticket, ct) is not { } visitor)
            return Problems.Of(401, "ticket_invalid",
                "The ticket is unknown, used or too old. Get a new one from POST /live/tickets.");
        using var connection = connections.Open("live", $"person:{visitor.PersonId}");
        if (connection is null)
            return Problems.Of(503, "too_many_connections", "Too many connections are open. Try again soon.", true);

        // Subscribed before the handshake ends: what happens from the client's view after it connected is not missed.
        using var subscription = feed.Subscribe(visitor.Topics);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = settings.PingEvery,
            KeepAliveTimeout = settings.PongWithin,
        });
        await ServeAsync(socket, subscription, connection, ct);
        return Results.Empty;
    }

    private async Task ServeAsync(
        WebSocket socket, FeedSubscription subscription, Connection connection, CancellationToken ct)
    {
        using var life = new CancellationTokenSource(settings.ConnectionLife, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            ct, life.Token, lifetime.ApplicationStopping);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sending = SendAsync(socket, subscription, connection, stop.Token);
        var receiving = ReceiveAsync(socket, connection, gone.Token);
        await Task.WhenAny(sending, receiving);
        var (status, why) =
            lifetime.ApplicationStopping.IsCancellationRequested ? (TryAgainLater, "server stops")
            : sending.IsFaulted || subscription.Reader.Completion.IsCompleted ? (TryAgainLater, "too slow")
            : life.IsCancellationRequested ? (WebSocketCloseStatus.NormalClosure, "connect again")
            : (WebSocketCloseStatus.NormalClosure, "");
        await CloseAsync(socket, status, why);
        // The close frame is lost if the socket goes before the client took it, so its answer is waited for a moment.
        await Task.WhenAny(receiving, Task.Delay(settings.CloseWithin, ct));
        await stop.CancelAsync();
        await gone.CancelAsync();
        await Task.WhenAll(sending, receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SendAsync(
        WebSocket socket, FeedSubscription subscription, Connection connection, CancellationToken ct)
    {
        await foreach (var happened in subscription.Reader.ReadAllAsync(ct))
        {
            await socket.SendAsync(MessageOf(happened), WebSocketMessageType.Text, true, ct)
                .WaitAsync(settings.SendWithin, clock, ct);
            connection.Sent();
        }
    }

    /// <summary>Nothing is expected from the client but its close; what it sends is read and dropped.</summary>
    private static async Task ReceiveAsync(WebSocket socket, Connection connection, CancellationToken ct)
    {
        var buffer = new byte[1024];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer.AsMemory(), ct);
            if (message.MessageType == WebSocketMessageType.Close) return;
            if (message.EndOfMessage) connection.Received();
        }
    }

    private async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status, string why)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var patience = new CancellationTokenSource(settings.CloseWithin);
        try
        {
            await socket.CloseOutputAsync(status, why, patience.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or WebSocketException)
        {
            socket.Abort();
        }
    }

    internal static byte[] MessageOf(FeedEvent happened)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", happened.Kind);
            json.WriteString("topic", happened.Topic);
            json.WriteNumber("seq", happened.Seq);
            json.WriteString("at", happened.At);
            json.WritePropertyName("data");
            json.WriteRawValue(Encoding.UTF8.GetBytes(happened.Payload));
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
