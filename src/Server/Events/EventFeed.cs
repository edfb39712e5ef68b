using System.Threading.Channels;

namespace SightPay.Server.Events;

/// <param name="Seq">Place in the outbox; grows in commit order.</param>
public sealed record FeedEvent(long Seq, string Topic, string Kind, string Payload, DateTimeOffset At);

/// <summary>
/// Follows the outbox (sequence number plus LISTEN/NOTIFY, catch-up on gaps) and hands events to subscribers. A
/// subscriber that cannot keep up loses its subscription (the reader completes), never slows others.
/// </summary>
public sealed class EventFeed
{
    public FeedSubscription Subscribe(IReadOnlySet<string> topics) => throw new NotImplementedException();
}

/// <summary>Disposing ends it.</summary>
public sealed class FeedSubscription : IDisposable
{
    public ChannelReader<FeedEvent> Reader => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
