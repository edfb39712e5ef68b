using System.Collections.Concurrent;
using SightPay.Ledger;

namespace SightPay.Server.Api;

/// <summary>
/// Open WebSocket connections: counted, listed for operators (GET /connections), limited by
/// MAX_CONCURRENT_CONNECTIONS.
/// </summary>
public sealed class Connections(int max, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, Connection> _open = new();
    private int _count;

    /// <summary>Most connections at once.</summary>
    public int Max { get; } = max;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Registers a connection until disposed; null when the limit is reached (answer 503).</summary>
    /// <param name="kind">For instance <c>station</c>, <c>live</c>.</param>
    /// <param name="who">Caller name, never an e-mail address.</param>
    public Connection? Open(string kind, string who)
    {
        if (Interlocked.Increment(ref _count) > Max)
        {
            Interlocked.Decrement(ref _count);
            Telemetry.ConnectionsRefused.Add(1);
            return null;
        }
        var connection = new Connection(this, Ids.Next(clock), kind, who, clock.GetUtcNow());
        _open[connection.Id] = connection;
        Telemetry.ConnectionsOpen.Add(1, KeyValuePair.Create<string, object?>("kind", kind));
        return connection;
    }

    public IReadOnlyList<Connection> List() => [.. _open.Values.OrderBy(connection => connection.OpenedAt)];

    internal void Close(Connection connection)
    {
        if (!_open.TryRemove(connection.Id, out _))
            return;
        Interlocked.Decrement(ref _count);
        Telemetry.ConnectionsOpen.Add(-1, KeyValuePair.Create<string, object?>("kind", connection.Kind));
    }
}

/// <summary>One open WebSocket connection and its counters.</summary>
public sealed class Connection : IDisposable
{
    private readonly Connections _registry;
    private long _received;
    private long _sent;

    internal Connection(Connections registry, Guid id, string kind, string who, DateTimeOffset openedAt)
    {
        _registry = registry;
        (Id, Kind, Who, OpenedAt) = (id, kind, who, openedAt);
    }

    public Guid Id { get; }
    public string Kind { get; }
    public string Who { get; }
    public DateTimeOffset OpenedAt { get; }
    public long MessagesReceived => Interlocked.Read(ref _received);
    public long MessagesSent => Interlocked.Read(ref _sent);

    /// <summary>Counts a message received from the peer.</summary>
    public void Received() => Interlocked.Increment(ref _received);

    /// <summary>Counts a message sent to the peer.</summary>
    public void Sent() => Interlocked.Increment(ref _sent);

    public void Dispose() => _registry.Close(this);
}
