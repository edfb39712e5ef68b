using System.Net;
using System.Net.Sockets;

namespace SightPay.Station.Tests;

/// <summary>The line between a station and its server, which a test can cut, or let lose the answers alone.</summary>
internal sealed class Line : IAsyncDisposable
{
    private readonly TcpListener _door = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<TcpClient> _ends = [];
    private readonly Lock _lock = new();
    private readonly int _serverPort;
    private readonly Task _open;

    public Line(Uri server)
    {
        _serverPort = server.Port;
        _door.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_door.LocalEndpoint).Port}/");
        _open = AcceptAsync();
    }

    /// <summary>Where the station finds the server.</summary>
    public Uri Address { get; }

    /// <summary>Requests arrive, answers do not: the connection breaks with the first byte of one.</summary>
    public bool LosesAnswers { get; set; }

    public bool IsDown { get; set; }

    /// <summary>How often the answer was lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Breaks all connections.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            foreach (var end in _ends) end.Dispose();
            _ends.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _door.Dispose();
        Cut();
        await _open;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var station = await _door.AcceptTcpClientAsync(_end.Token);
                if (IsDown)
                {
                    station.Dispose();
                    continue;
                }
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _end.Token);
                lock (_lock) _ends.AddRange([station, server]);
                _ = CarryAsync(station, server, isAnswer: false);
                _ = CarryAsync(server, station, isAnswer: true);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await from.GetStream().ReadAsync(buffer, _end.Token) is > 0 and var count)
            {
                if (isAnswer && LosesAnswers)
                {
                    Lost++;
                    break;
                }
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException
            or OperationCanceledException)
        {
            // It was cut.
        }
        from.Dispose();
        to.Dispose();
    }
}
