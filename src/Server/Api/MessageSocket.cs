using System.Net.WebSockets;

namespace SightPay.Server.Api;

internal enum SocketMessageKind
{
    Closed,
    Text,
    Picture,
    TooLarge,
}

internal readonly record struct SocketMessage(SocketMessageKind Kind, ReadOnlyMemory<byte> Bytes);

/// <summary>Whole messages of bounded length over a WebSocket; several may send, one receives.</summary>
internal sealed class MessageSocket(WebSocket socket, int pictureBytesMax) : IDisposable
{
    private const int TextBytesMax = 4096;
    private const int StepBytes = 64 * 1024;

    // Longer than this is no mistake any more: the connection ends instead of being read to its end.
    private const int DrainBytesMax = 64 * 1024 * 1024;

    /// <summary>How long a goodbye is waited for.</summary>
    public static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _buffer = new byte[StepBytes];
    private int _drained;
    private Task _overdue = Task.CompletedTask;

    /// <summary>The next message; null when none came in time. After that the socket is good for a goodbye alone.
    /// </summary>
    public async Task<SocketMessage?> ReceiveAsync(TimeSpan within, TimeProvider clock, CancellationToken ct)
    {
        var next = ReceiveAsync(ct);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (await Task.WhenAny(next, Task.Delay(within, clock, enough.Token)) != next && !ct.IsCancellationRequested)
        {
            _overdue = next;
            return null;
        }
        await enough.CancelAsync();
        return await next;
    }

    /// <summary>Waits a moment for a silent peer's goodbye, which may never come; then the socket may go.</summary>
    public Task GoodbyeAsync(CancellationToken ct) => Task.WhenAny(_overdue, Task.Delay(CloseWithin, ct));

    /// <summary>The next message. A picture's bytes are the caller's own; text is valid until the next call.</summary>
    public async Task<SocketMessage> ReceiveAsync(CancellationToken ct)
    {
        var length = 0;
        var tooLarge = false;
        while (true)
        {
            if (length == _buffer.Length) Grow();
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), ct);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await CloseAsync(WebSocketCloseStatus.NormalClosure, "bye");
                return new SocketMessage(SocketMessageKind.Closed, default);
            }
            length += part.Count;
            var isText = part.MessageType == WebSocketMessageType.Text;
            if (length > (isText ? TextBytesMax : pictureBytesMax)) tooLarge = true;
            if (part.EndOfMessage) return Whole(isText, tooLarge, length);
            if (!tooLarge) continue;
            // The rest is read and forgotten, so that the next message is understood.
            _drained += length;
            length = 0;
            if (_drained <= DrainBytesMax) continue;
            await CloseAsync(WebSocketCloseStatus.MessageTooBig, "message_too_large");
            return new SocketMessage(SocketMessageKind.Closed, default);
        }
    }

    /// <returns>False when the peer is gone.</returns>
    public async Task<bool> SendAsync(byte[] message, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return false;
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, ct);
            return true;
        }
        catch (WebSocketException)
        {
            return false;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says goodbye and does not wait long for the peer's.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        using var patience = new CancellationTokenSource(CloseWithin);
        try
        {
            await _sending.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            socket.Abort();
            return;
        }
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(status, reason, patience.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            socket.Abort();
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose() => _sending.Dispose();

    private SocketMessage Whole(bool isText, bool tooLarge, int length)
    {
        _drained = 0;
        if (tooLarge) return new SocketMessage(SocketMessageKind.TooLarge, default);
        if (isText) return new SocketMessage(SocketMessageKind.Text, _buffer.AsMemory(0, length));
        // The picture is decided while the next message is read: it leaves with a copy of its own.
        return new SocketMessage(SocketMessageKind.Picture, _buffer.AsSpan(0, length).ToArray());
    }

    private void Grow()
    {
        var size = Math.Min((long)_buffer.Length * 2, (long)pictureBytesMax + StepBytes);
        Array.Resize(ref _buffer, (int)Math.Max(size, _buffer.Length + StepBytes));
    }
}
