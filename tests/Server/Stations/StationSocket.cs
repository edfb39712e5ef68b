using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>A station's stream: hello is said, every frame has its own key.</summary>
internal sealed class StationSocket : IDisposable
{
    private readonly ClientWebSocket _socket;
    private int _frames;

    private StationSocket(ClientWebSocket socket) => _socket = socket;

    public static async Task<StationSocket> OpenAsync(ServerBed bed, string station)
    {
        var socket = await ConnectAsync(bed);
        await SayAsync(socket, new { type = "hello", station_id = station, station_key = bed.StationKey(station) });
        Assert.Equal("ready", (string)(await HearAsync(socket))["type"]!);
        return new StationSocket(socket);
    }

    /// <summary>The next frame and what is said to it.</summary>
    /// <param name="key">A new one when null.</param>
    /// <param name="seq">Not sent when null.</param>
    public async Task<JsonObject> ShowAsync(byte[] picture, string? key = null, long? seq = null)
    {
        await SendAsync(_socket, $"f{_frames++}", picture, key, seq);
        return await HearAsync(_socket);
    }

    public Task<JsonObject> HearAsync() => HearAsync(_socket);

    public static async Task SendAsync(
        WebSocket socket, string id, byte[] picture, string? key = null, long? seq = null)
    {
        key ??= Guid.CreateVersion7().ToString();
        await SayAsync(socket, seq is null ? new { type = "frame", id, key } : new { type = "frame", id, key, seq });
        await socket.SendAsync(picture, WebSocketMessageType.Binary, true, default);
    }

    public static async Task<ClientWebSocket> ConnectAsync(ServerBed bed)
    {
        var socket = new ClientWebSocket();
        var address = new UriBuilder(bed.Http.BaseAddress!) { Scheme = "ws", Path = "/ws/face-recognition" };
        await socket.ConnectAsync(address.Uri, default);
        return socket;
    }

    public static Task SayAsync(WebSocket socket, object message) =>
        socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, default);

    public static async Task<JsonObject> HearAsync(WebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            Assert.NotEqual(WebSocketMessageType.Close, part.MessageType);
            length += part.Count;
            if (part.EndOfMessage) return JsonNode.Parse(buffer.AsSpan(0, length))!.AsObject();
        }
    }

    public void Dispose() => _socket.Dispose();
}
