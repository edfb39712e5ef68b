using SightPay.Ledger;
using SightPay.Server.Events;
using Xunit;

namespace SightPay.Server.Tests.Events;

public sealed class EventFeedTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;
    private readonly EventFeed _feed = fixture.Server.Get<EventFeed>();

    [Fact]
    public async Task Events_of_acts_and_of_other_transactions_arrive_once_in_commit_order()
    {
        const int Writers = 8, Each = 25;
        var topic = $"person:{nameof(Events_of_acts_and_of_other_transactions_arrive_once_in_commit_order)}";
        using var subscription = _feed.Subscribe(new HashSet<string> { topic });
        var acts = Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var i = 0; i < Each; i++) await ActAsync(topic, $"act-{writer}-{i}");
        });
        var others = Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var i = 0; i < Each; i++) await WriteAsync(topic, $"other-{writer}-{i}");
        });
        await Task.WhenAll(acts.Concat(others));
        var events = await TakeAsync(subscription, Writers * Each * 2);
        Assert.Equal(events.Select(e => e.Seq).Order(), events.Select(e => e.Seq));
        Assert.Equal(Writers * Each * 2, events.Select(e => e.Kind).Distinct().Count());
        var stored = await _server.ScalarAsync<long[]>(
            "select array_agg(seq order by seq) from outbox where topic = $1", topic);
        Assert.Equal(stored, events.Select(e => e.Seq));
    }

    [Fact]
    public async Task A_transaction_that_is_rolled_back_tells_nobody()
    {
        using var subscription = _feed.Subscribe(new HashSet<string> { "person:rollback" });
        await using (var connection = await _server.Database.DataSource.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await Outbox.AddAsync(connection, transaction, new("person:rollback", "lost", "{}"), default);
            await transaction.RollbackAsync();
        }
        await WriteAsync("person:rollback", "kept");
        Assert.Equal(["kept"], (await TakeAsync(subscription, 1)).Select(e => e.Kind));
    }

    [Fact]
    public async Task A_subscriber_gets_its_own_topics_from_now_on()
    {
        await WriteAsync("person:mine", "before");
        await WriteAsync("person:mine", "also_before");
        using (var probe = _feed.Subscribe(new HashSet<string> { "person:probe" }))
        {
            await WriteAsync("person:probe", "seen");
            await TakeAsync(probe, 1);
        }
        using var subscription = _feed.Subscribe(new HashSet<string> { "person:mine", "operations" });
        await WriteAsync("person:other", "not_mine");
        await WriteAsync("operations", "stop");
        await WriteAsync("person:mine", "wallet");
        Assert.Equal(["stop", "wallet"], (await TakeAsync(subscription, 2)).Select(e => e.Kind));
    }

    [Fact]
    public async Task A_lost_connection_loses_no_event()
    {
        await using var server = await InnerServer.StartAsync();
        var feed = server.Get<EventFeed>();
        using var subscription = feed.Subscribe(new HashSet<string> { "person:x" });
        await WriteAsync(server, "person:x", "first");
        Assert.Equal("first", (await TakeAsync(subscription, 1))[0].Kind);
        await server.ExecuteAsync(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and query like '%outbox where seq%'
            """);
        await WriteAsync(server, "person:x", "while_away");
        await ComesBackAsync(1);
        await WriteAsync(server, "person:x", "after");
        // It may have heard the last one before its connection ended, and be away only now.
        await ComesBackAsync(2);
        Assert.Equal(["while_away", "after"], (await TakeAsync(subscription, 2)).Select(e => e.Kind));

        // The feed comes back after half a second of its clock.
        Task ComesBackAsync(int events) => Eventually.HoldsAsync(() =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(subscription.Reader.Count == events);
        });
    }

    [Fact]
    public async Task A_lost_notification_is_made_good_by_looking()
    {
        using var subscription = _feed.Subscribe(new HashSet<string> { "person:silent" });
        await _server.ExecuteAsync(
            "insert into outbox (topic, kind, payload, at) values ('person:silent', 'unannounced', '{}', now())");
        Assert.Equal("unannounced", (await TakeAsync(subscription, 1))[0].Kind);
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_given_up_and_others_are_not()
    {
        using var slow = _feed.Subscribe(new HashSet<string> { "person:busy" });
        using var quick = _feed.Subscribe(new HashSet<string> { "person:busy" });
        for (var round = 0; round < 8; round++)
        {
            await _server.ExecuteAsync(
                """
                insert into outbox (topic, kind, payload, at)
                select 'person:busy', 'tick', '{}', now() from generate_series(1, 99)
                """);
            await WriteAsync("person:busy", "tick");
            Assert.Equal(100, (await TakeAsync(quick, 100)).Count);
        }
        var left = 0;
        await foreach (var _ in slow.Reader.ReadAllAsync()) left++;
        Assert.Equal(FeedSubscription.Capacity, left);
    }

    [Fact]
    public async Task Hints_about_everybody_are_left_out_when_many_wait_and_end_no_subscription()
    {
        using var all = _feed.Subscribe(new HashSet<string> { OutboxRow.EveryTopic("paid"), "person:boss" });
        using var probe = _feed.Subscribe(new HashSet<string> { "person:last" });
        await WriteAsync("person:somebody", "paid");
        await WriteAsync("person:somebody", "walked");
        Assert.Equal(("person:somebody", "paid"), (await TakeAsync(all, 1)).Select(e => (e.Topic, e.Kind)).Single());
        for (var round = 0; round < 2; round++)
            await _server.ExecuteAsync(
                """
                insert into outbox (topic, kind, payload, at)
                select 'person:crowd', 'paid', '{}', now() from generate_series(1, 400)
                """);
        await WriteAsync("person:boss", "own");
        await WriteAsync("person:last", "seen");
        await TakeAsync(probe, 1);
        var waiting = await TakeAsync(all, FeedSubscription.HintsMax + 1);
        Assert.Equal("own", waiting[^1].Kind);
        Assert.All(waiting.SkipLast(1), hint => Assert.Equal("person:crowd", hint.Topic));
        await WriteAsync("person:somebody", "paid");
        Assert.Equal("paid", (await TakeAsync(all, 1))[0].Kind);
    }

    private Task WriteAsync(string topic, string kind) => WriteAsync(_server, topic, kind);

    private static async Task WriteAsync(InnerServer server, string topic, string kind)
    {
        await using var connection = await server.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Outbox.AddAsync(connection, transaction, new(topic, kind, """{"n":1}"""), default);
        await transaction.CommitAsync();
    }

    private async Task ActAsync(string topic, string kind)
    {
        var result = await _server.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = Ids.Next(TimeProvider.System),
            Fingerprint = new byte[32],
            Plans =
            [
                new Plan { Rows = [new OutboxRow(topic, kind, "{}")], Compose = _ => new Answer(200, "{}") },
            ],
            Refuse = refusal => new Answer(409, refusal.Code),
        }, default);
        Assert.Equal(ActEnd.Committed, result.End);
    }

    private static async Task<List<FeedEvent>> TakeAsync(FeedSubscription subscription, int count)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var events = new List<FeedEvent>();
        while (events.Count < count) events.Add(await subscription.Reader.ReadAsync(late.Token));
        return events;
    }
}
