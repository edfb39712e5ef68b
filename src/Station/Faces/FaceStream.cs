using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace SightPay.Station.Faces;

/// <summary>
/// The station's connection: hello, then one picture at a time, as the station messages of the contract say. A lost
/// connection is made again; a picture whose answer was lost is shown again under the same key, while it is young
/// enough to be of use.
/// </summary>
/// <param name="heard">Given the object that the gate's or till's POST answers: decision, reason and so on.</param>
internal sealed partial class FaceStream(
    AgentSettings settings, HttpMessageInvoker server, Action<JsonElement> heard, TimeProvider clock,
    ILogger<FaceStream> log) : IDisposable
{
    private const int MessageMax = 1 << 20;

    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _usefulFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private ClientWebSocket? _socket;

    /// <summary>Shows a picture and waits for what comes of it.</summary>
    public async Task ShowAsync(byte[] picture, CancellationToken ct)
    {
        var (key, taken) = (RandomNumberGenerator.GetHexString(32, lowercase: true), clock.GetTimestamp());
        while (clock.GetElapsedTime(taken) < _usefulFor)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(_answerWithin);
            try
            {
                var socket = _socket ??= await ConnectAsync(patience.Token);
                await SayAsync(socket, new { type = "frame", id = key, key }, patience.Token);
                await socket.SendAsync(picture, WebSocketMessageType.Binary, true, patience.Token);
                using var message = await HearAsync(socket, patience.Token);
                if (IsSettled(message.RootElement)) return;
            }
            catch (Exception fault) when (fault is WebSocketException or IOException or JsonException
                || fault is OperationCanceledException && !ct.IsCancellationRequested)
            {
                LogLost(fault.Message);
                Forget();
            }
            await Task.Delay(_pause, clock, ct);
        }
    }

    public void Dispose() => Forget();

    /// <returns>False when the same picture should be shown again.</returns>
    private bool IsSettled(JsonElement message)
    {
        switch (message.GetProperty("type").GetString())
        {
            case "sighting":
                heard(message.GetProperty("answer").Clone());
                return true;
            case "problem":
                var problem = message.GetProperty("problem");
                LogProblem(problem.GetProperty("code").GetString() ?? "unknown");
                return !problem.GetProperty("retryable").GetBoolean();
            default:
                return false;
        }
    }

    private async Task<ClientWebSocket> ConnectAsync(CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            var address = new UriBuilder(new Uri(settings.Server, "ws/face-recognition"))
            {
                Scheme = settings.Server.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs,
            };
            await socket.ConnectAsync(address.Uri, server, ct);
            await SayAsync(
                socket, new { type = "hello", station_id = settings.Station, station_key = settings.Key }, ct);
            using var ready = await HearAsync(socket, ct);
            if (ready.RootElement.GetProperty("type").GetString() == "ready") return socket;
            throw new AgentException(
                "The server does not take this station: "
                + ready.RootElement.GetProperty("problem").GetProperty("detail").GetString());
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Task SayAsync(ClientWebSocket socket, object message, CancellationToken ct) =>
        socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, ct);

    private async Task<JsonDocument> HearAsync(ClientWebSocket socket, CancellationToken ct)
    {
        using var message = new MemoryStream();
        while (message.Length < MessageMax)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(), ct);
            if (part.MessageType == WebSocketMessageType.Close)
                throw new WebSocketException($"The server ended the connection: {socket.CloseStatusDescription}");
            message.Write(_buffer, 0, part.Count);
            if (part.EndOfMessage) return JsonDocument.Parse(message.ToArray());
        }
        throw new WebSocketException("The server's message does not end.");
    }

    private void Forget()
    {
        _socket?.Dispose();
        _socket = null;
    }

    [LoggerMessage(5030, LogLevel.Warning, "The connection to the server is lost: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(5031, LogLevel.Warning, "The server refused a picture: {Code}")]
    private partial void LogProblem(string code);
}
