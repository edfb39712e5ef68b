using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Server.Api;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>A station that sends at the instant at which it hears its answer is never told that it was too early.
/// </summary>
public sealed class FrameCreditTests : IAsyncLifetime
{
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task S2_lost_frames_The_credit_is_back_when_the_answer_is_heard_however_long_its_sending_takes()
    {
        var (near, far) = await ConnectAsync();
        using var line = new SlowLine(far);
        using var gate = WebSocket.CreateFromStream(near, false, null, TimeSpan.FromMinutes(1));
        using var served = WebSocket.CreateFromStream(line, true, null, TimeSpan.FromMinutes(1));
        using var socket = new MessageSocket(served, 1 << 20);
        var connections = _bed.Get<Connections>();
        var stream = new StationStream(
            socket, _bed.Get<StationStore>(), _bed.Get<TakeSighting>(), _bed.Get<StationsSettings>(), connections,
            TimeProvider.System, NullLogger<StationStream>.Instance);
        using var ending = new CancellationTokenSource();
        var serving = stream.RunAsync(connections.Open("station", "anonymous")!, ending.Token);
        await StationSocket.SayAsync(
            gate, new { type = "hello", station_id = "S1-in", station_key = _bed.StationKey("S1-in") });
        Assert.Equal("ready", (string)(await StationSocket.HearAsync(gate))["type"]!);
        var connection = Assert.Single(connections.List());

        // What is sent arrives, and whoever sends it does not come back from it.
        line.Hold();
        await StationSocket.SendAsync(gate, "f1", [.. SampleFaces.PhotoOfNobody(), 1]);
        Assert.Equal("f1", (string)(await StationSocket.HearAsync(gate))["id"]!);
        await StationSocket.SendAsync(gate, "f2", [.. SampleFaces.PhotoOfNobody(), 2]);
        await StationSocket.SayAsync(gate, new { type = "frame", id = "f3", key = "k3" });
        // The server has heard f3 when it is done with f2: hello, two frames of two messages each, and a third's first.
        await Eventually.HoldsAsync(() => Task.FromResult(connection.MessagesReceived == 6));
        line.GoOn();
        var second = await StationSocket.HearAsync(gate);
        Assert.Equal(("f2", "sighting", 1), (
            (string)second["id"]!, (string)second["type"]!, (int)second["credits"]!));

        await gate.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
        await serving;
        Assert.Empty(connections.List());
    }

    private static async Task<(Stream Near, Stream Far)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndpoint);
        return (new NetworkStream(near, true), new NetworkStream(await listener.AcceptSocketAsync(), true));
    }

    /// <summary>A connection whose writes arrive at once and may return late.</summary>
    private sealed class SlowLine(Stream line) : Stream
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _held;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Hold() => _held = true;

        public void GoOn()
        {
            _held = false;
            _goOn.SetResult();
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await line.WriteAsync(buffer, cancellationToken);
            if (_held) await _goOn.Task;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            line.ReadAsync(buffer, cancellationToken);

        public override void Flush() => line.Flush();

        public override int Read(byte[] buffer, int offset, int count) => line.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => line.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) line.Dispose();
            base.Dispose(disposing);
        }
    }
}
