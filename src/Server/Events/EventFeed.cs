using System.Collections.Concurrent;
using System.Threading.Channels;
using Npgsql;

namespace SightPay.Server.Events;

/// <param name="Seq">Place in the outbox; grows in commit order.</param>
public sealed record FeedEvent(long Seq, string Topic, string Kind, string Payload, DateTimeOffset At);

/// <summary>
/// Follows the outbox (sequence number plus LISTEN/NOTIFY, catch-up on gaps) and hands events to subscribers. A
/// subscriber that cannot keep up loses its subscription (the reader completes), never slows others.
/// </summary>
/// <remarks>
/// A notification only says "look": what is read is everything beyond the last number seen. So a lost notification or
/// connection loses no event, and the look every few seconds is the net below.
/// </remarks>
public sealed partial class EventFeed(NpgsqlDataSource database, TimeProvider clock, ILogger<EventFeed> log)
    : BackgroundService
{
    private const int PageRows = 500;
    private const int LookEveryMs = 5_000;
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<FeedSubscription, byte> _subscriptions = new();
    private long _last;

    /// <summary>Events that are committed after this call, of these topics, in order.</summary>
    public FeedSubscription Subscribe(IReadOnlySet<string> topics)
    {
        var subscription = new FeedSubscription(topics, gone => _subscriptions.TryRemove(gone, out _));
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>The place to begin at is known before anybody can subscribe: nothing after a subscription is
    /// missed.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var end = new NpgsqlCommand("select coalesce(max(seq), 0) from outbox", connection))
            _last = (long)(await end.ExecuteScalarAsync(cancellationToken))!;
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                Interrupted(log, fault);
                await Task.Delay(ReconnectAfter, clock, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using (var listen = new NpgsqlCommand($"listen {Outbox.Channel}", connection))
            await listen.ExecuteNonQueryAsync(ct);
        // Listening comes before the first look, so that there is no gap between the two; a connection that follows a
        // lost one goes on from where that was.
        while (true)
        {
            while (await DeliverAsync(connection, ct) == PageRows)
            {
                // A full page: there may be more.
            }
            await connection.WaitAsync(LookEveryMs, ct);
        }
    }

    private async Task<int> DeliverAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select seq, topic, kind, payload::text, at from outbox where seq > $1 order by seq limit $2", connection)
        {
            Parameters = { new() { Value = _last }, new() { Value = PageRows } },
        };
        var count = 0;
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var happened = new FeedEvent(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4));
            foreach (var subscription in _subscriptions.Keys) subscription.Offer(happened);
            _last = happened.Seq;
            count++;
        }
        return count;
    }

    [LoggerMessage(1201, LogLevel.Warning, "The event feed lost its connection to the database; it reconnects.")]
    private static partial void Interrupted(ILogger log, Exception fault);
}

/// <summary>Disposing ends it.</summary>
public sealed class FeedSubscription : IDisposable
{
    /// <summary>Events that wait for a slow reader before it is given up.</summary>
    internal const int Capacity = 512;

    /// <summary>Hints about everybody are left out while so many events wait: a busy day closes no operator's page.
    /// </summary>
    internal const int HintsMax = 64;

    private readonly Channel<FeedEvent> _channel = Channel.CreateBounded<FeedEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = false });
    private readonly IReadOnlySet<string> _topics;
    private readonly HashSet<string> _kinds;
    private readonly Action<FeedSubscription> _end;

    internal FeedSubscription(IReadOnlySet<string> topics, Action<FeedSubscription> end)
    {
        _topics = topics;
        _kinds =
        [
            .. topics.Where(topic => topic.StartsWith(OutboxRow.EveryPrefix, StringComparison.Ordinal))
                .Select(topic => topic[OutboxRow.EveryPrefix.Length..]),
        ];
        _end = end;
    }

    public ChannelReader<FeedEvent> Reader => _channel.Reader;

    internal void Offer(FeedEvent happened)
    {
        if (_topics.Contains(happened.Topic))
        {
            if (!_channel.Writer.TryWrite(happened)) Dispose();
        }
        else if (_kinds.Contains(happened.Kind) && _channel.Reader.Count < HintsMax)
            _channel.Writer.TryWrite(happened);
    }

    public void Dispose()
    {
        _end(this);
        _channel.Writer.TryComplete();
    }
}
