using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace SightPay.Bench.Serving;

/// <summary>
/// One HTTP/1.1 connection that sends bytes made beforehand and reads no more of an answer than its end. The clients
/// share the cores with the server they measure, so they must cost as little as they can.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _received = new byte[16 * 1024];

    /// <summary>The body of the last answer, as it came.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    public ValueTask ConnectAsync(Uri server, CancellationToken ct) =>
        _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), ct);

    /// <summary>Sends a whole request; returns the status once all of the answer is there.</summary>
    public async ValueTask<int> AskAsync(ReadOnlyMemory<byte> request, CancellationToken ct)
    {
        for (var sent = 0; sent < request.Length;)
            sent += await _socket.SendAsync(request[sent..], SocketFlags.None, ct);
        for (var length = 0; ;)
        {
            if (length == _received.Length) Array.Resize(ref _received, length * 2);
            var count = await _socket.ReceiveAsync(_received.AsMemory(length), SocketFlags.None, ct);
            if (count == 0) throw new IOException("The server closed a connection.");
            length += count;
            if (!IsWhole(_received.AsSpan(0, length), out var head)) continue;
            Body = _received.AsMemory(head, length - head);
            return Number(_received.AsSpan("HTTP/1.1 ".Length));
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer, out int head)
    {
        head = answer.IndexOf("\r\n\r\n"u8) + 4;
        if (head < 4) return false;
        var lengthAt = answer[..head].IndexOf("\r\nContent-Length: "u8);
        return lengthAt < 0
            ? answer.EndsWith("0\r\n\r\n"u8)
            : answer.Length == head + Number(answer[(lengthAt + "\r\nContent-Length: ".Length)..]);
    }

    private static int Number(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out int number, out _) ? number : throw new IOException("Not an HTTP answer.");
}
