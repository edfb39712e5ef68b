using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using SightPay.Ledger;

namespace SightPay.Bench.Serving;

/// <summary>One decision as its station saw it; parts as the server measured them.</summary>
internal sealed record GateDecision(
    bool Opened, double TotalMs, double WaitMs, double DecodeMs, double DetectMs, double EmbedMs, double SearchMs,
    double LedgerMs)
{
    public double OverheadMs => TotalMs - WaitMs - DecodeMs - DetectMs - EmbedMs - LedgerMs;
}

/// <summary>A station: hello, then one picture after the other, each sent when the one before is answered.</summary>
internal sealed class GateClient(Uri server, string station, string key, BenchFace face, RiderQueue riders)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Guid? _rider;
    private long _seq;

    public List<GateDecision> Decisions { get; } = [];
    public int Errors { get; private set; }

    public void Forget()
    {
        Decisions.Clear();
        Errors = 0;
    }

    public async Task RunAsync(TimeSpan time, CancellationToken ct)
    {
        using var socket = new ClientWebSocket();
        var address = new UriBuilder(server) { Scheme = "ws", Path = "/ws/face-recognition" };
        await socket.ConnectAsync(address.Uri, ct);
        await SayAsync(socket, new { type = "hello", station_id = station, station_key = key }, ct);
        using (await HearAsync(socket, ct))
        {
            // The ready message grants the first picture.
        }
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time) await DecideAsync(socket, ct);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "done", ct);
    }

    private async Task DecideAsync(ClientWebSocket socket, CancellationToken ct)
    {
        _rider = riders.Next(face, _rider);
        var act = Ids.Next(TimeProvider.System);
        var id = act.ToString();
        // What follows a JPEG's end is not decoded; no camera gives the same picture twice, and the server takes none.
        byte[] photo = [.. face.Photo, .. act.ToByteArray()];
        var started = Stopwatch.GetTimestamp();
        await SayAsync(socket, new { type = "frame", id, key = id, seq = _seq++ }, ct);
        await socket.SendAsync(photo, WebSocketMessageType.Binary, true, ct);
        using var heard = await HearAsync(socket, ct);
        var totalMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var message = heard.RootElement;
        if (message.GetProperty("type").GetString() != "sighting")
        {
            Errors++;
            return;
        }
        var parts = message.GetProperty("timings_ms");
        Decisions.Add(new GateDecision(
            message.GetProperty("answer").GetProperty("decision").GetString() == "open", totalMs,
            Part(parts, "wait"), Part(parts, "decode"), Part(parts, "detect"), Part(parts, "embed"),
            Part(parts, "search"), Part(parts, "ledger")));
    }

    private static double Part(JsonElement parts, string name) => parts.GetProperty(name).GetDouble();

    private static Task SayAsync(ClientWebSocket socket, object message, CancellationToken ct) =>
        socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, ct);

    private async Task<JsonDocument> HearAsync(ClientWebSocket socket, CancellationToken ct)
    {
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), ct);
            if (part.MessageType == WebSocketMessageType.Close)
                throw new InvalidOperationException("The server closed a station's stream.");
            length += part.Count;
            if (part.EndOfMessage) return JsonDocument.Parse(_buffer.AsMemory(0, length));
        }
    }
}
