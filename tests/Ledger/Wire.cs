using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SightPay.Ledger.Tests;

/// <summary>Where the connection is reset while a message is on its way.</summary>
public enum Cut
{
    /// <summary>Nothing of it arrives.</summary>
    BeforeTheStore,

    /// <summary>Half of it arrives.</summary>
    InHalf,

    /// <summary>All of it arrives and is done; its answer does not come back.</summary>
    AfterTheStore,
}

/// <summary>A network between the ledger and its PostgreSQL that resets a connection at a chosen message.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly UnixDomainSocketEndPoint _store;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private Cut? _next;

    public Wire(string storeConnectionString)
    {
        var store = new NpgsqlConnectionStringBuilder(storeConnectionString);
        _store = new UnixDomainSocketEndPoint(Path.Combine(store.Host!, $".s.PGSQL.{store.Port}"));
        _listener.Start();
        store.Host = IPAddress.Loopback.ToString();
        store.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = store.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    public int Resets { get; private set; }

    /// <summary>The next message to the store meets this.</summary>
    public void CutNext(Cut cut) => _next = cut;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(CarryAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(Socket ledger)
    {
        using var ledgerEnd = ledger;
        using var store = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await store.ConnectAsync(_store, _stopping.Token);
            var deaf = new TaskCompletionSource();
            await await Task.WhenAny(ToStoreAsync(ledger, store, deaf), FromStoreAsync(store, ledger, deaf.Task));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Either end is gone, so the other goes too.
        }
        // A reset, not an orderly end.
        ledger.LingerState = new LingerOption(enable: true, seconds: 0);
    }

    private async Task ToStoreAsync(Socket ledger, Socket store, TaskCompletionSource deaf)
    {
        var buffer = new byte[1 << 20];
        while (await ledger.ReceiveAsync(buffer, _stopping.Token) is var length and > 0)
        {
            var cut = _next;
            _next = null;
            if (cut is not null) Resets++;
            if (cut == Cut.BeforeTheStore) return;
            if (cut == Cut.AfterTheStore) deaf.SetResult();
            await store.SendAsync(buffer.AsMemory(0, cut == Cut.InHalf ? length / 2 : length), _stopping.Token);
            if (cut == Cut.InHalf) return;
        }
    }

    private async Task FromStoreAsync(Socket store, Socket ledger, Task deaf)
    {
        var buffer = new byte[1 << 20];
        while (await store.ReceiveAsync(buffer, _stopping.Token) is var length and > 0)
        {
            if (deaf.IsCompleted) return;
            await ledger.SendAsync(buffer.AsMemory(0, length), _stopping.Token);
        }
    }
}
