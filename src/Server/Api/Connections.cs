namespace SightPay.Server.Api;

/// <summary>
/// Open WebSocket connections: counted, listed for operators (GET /connections), limited by
/// MAX_CONCURRENT_CONNECTIONS.
/// </summary>
public sealed class Connections
{
    /// <summary>Registers a connection until disposed; null when the limit is reached (answer 503).</summary>
    /// <param name="kind">For instance <c>station</c>, <c>live</c>.</param>
    /// <param name="who">Caller name, never an e-mail address.</param>
    public Connection? Open(string kind, string who) => throw new NotImplementedException();

    public IReadOnlyList<Connection> List() => throw new NotImplementedException();
}

/// <summary>One open WebSocket connection and its counters.</summary>
public sealed class Connection : IDisposable
{
    /// <summary>Counts a message received from the peer.</summary>
    public void Received() => throw new NotImplementedException();

    /// <summary>Counts a message sent to the peer.</summary>
    public void Sent() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
