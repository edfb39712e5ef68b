using System.Net.WebSockets;
using System.Text.Json;
using SightPay.Server.Api;
using SightPay.Server.Events;
using Xunit;

namespace SightPay.Server.Tests.Events;

public sealed class LiveTests
{
    [Fact]
    public async Task People_see_their_own_events_and_operators_the_operations_too()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        var boss = await server.PersonWithRolesAsync("manager");
        using var own = await ConnectAsync(server, person);
        using var all = await ConnectAsync(server, boss);
        await TellAsync(server, OutboxRow.PersonTopic(boss.Id), "wallet", """{"amount_minor":5}""");
        await TellAsync(server, OutboxRow.Operations, "stop", """{"stop":"S1"}""");
        await TellAsync(server, OutboxRow.PersonTopic(person.Id), "journey", """{"fare_minor":500}""");
        await TellAsync(server, OutboxRow.PersonTopic(person.Id), "payment", """{"status":"captured"}""");

        var journey = await ReadAsync(own);
        Assert.Equal("journey", journey.GetProperty("type").GetString());
        Assert.Equal($"person:{person.Id}", journey.GetProperty("topic").GetString());
        Assert.Equal(500, journey.GetProperty("data").GetProperty("fare_minor").GetInt32());
        Assert.True(journey.GetProperty("seq").GetInt64() > 0);
        Assert.True(journey.GetProperty("at").TryGetDateTimeOffset(out _));
        Assert.Equal("wallet", (await ReadAsync(all)).GetProperty("type").GetString());
        Assert.Equal("stop", (await ReadAsync(all)).GetProperty("type").GetString());
        // Of everybody's payments operators hear, of their journeys they do not.
        Assert.Equal("payment", (await ReadAsync(all)).GetProperty("type").GetString());
        Assert.Equal("payment", (await ReadAsync(own)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_ticket_opens_one_connection_within_30_seconds()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        var ticket = await TicketAsync(server, person);
        using (await ConnectAsync(server, ticket)) { }
        Assert.Equal(401, await RefusedAsync(server, ticket));
        var late = await TicketAsync(server, person);
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(401, await RefusedAsync(server, late));
        Assert.Equal(401, await RefusedAsync(server, "nonsense"));
        Assert.Equal(401, await RefusedAsync(server, new string('!', 43)));
        Assert.Equal(401, (await server.SendAsync(HttpMethod.Post, "/live/tickets")).Status);
        Assert.Equal("websocket_required", (await server.GetAsync("/ws/live?ticket=x")).Code);
    }

    [Fact]
    public async Task A_ticket_is_good_once_even_for_many_at_once()
    {
        await using var server = await InnerServer.StartAsync();
        var ticket = await TicketAsync(server, await server.PersonAsync());
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                using var socket = await ConnectAsync(server, ticket);
                return true;
            }
            catch (WebSocketException)
            {
                return false;
            }
        }));
        Assert.Single(tries, worked => worked);
    }

    [Fact]
    public async Task Connections_are_counted_and_limited()
    {
        await using var server = await InnerServer.StartAsync(new() { ConnectionsMax = 1 });
        var person = await server.PersonAsync();
        using (var socket = await ConnectAsync(server, person))
        {
            var open = Assert.Single(server.Get<Connections>().List());
            Assert.Equal(("live", $"person:{person.Id}"), (open.Kind, open.Who));
            Assert.Equal(503, await RefusedAsync(server, await TicketAsync(server, person)));
            await TellAsync(server, OutboxRow.PersonTopic(person.Id), "wallet", "{}");
            await ReadAsync(socket);
            await Eventually.HoldsAsync(() => Task.FromResult(open.MessagesSent == 1));
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }
        await Eventually.HoldsAsync(() => Task.FromResult(server.Get<Connections>().List().Count == 0));
        using var next = await ConnectAsync(server, person);
        Assert.Equal(WebSocketState.Open, next.State);
    }

    [Fact]
    public async Task A_connection_ends_with_its_life_and_with_the_server()
    {
        var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        using var old = await ConnectAsync(server, person);
        server.Clock.Advance(new LiveSettings().ConnectionLife);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "connect again"), await EndAsync(old));
        using var last = await ConnectAsync(server, await server.SignInAsync(person.Id, person.Email));
        var end = EndAsync(last);
        await server.DisposeAsync();
        Assert.Equal(((WebSocketCloseStatus)1013, "server stops"), await end);
    }

    [Fact]
    public async Task What_a_client_sends_is_dropped_and_the_feed_goes_on()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        using var socket = await ConnectAsync(server, person);
        await socket.SendAsync(new byte[100_000], WebSocketMessageType.Binary, true, default);
        await TellAsync(server, OutboxRow.PersonTopic(person.Id), "wallet", "{}");
        Assert.Equal("wallet", (await ReadAsync(socket)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task No_ticket_lies_in_the_database()
    {
        await using var server = await InnerServer.StartAsync();
        var ticket = await TicketAsync(server, await server.PersonAsync());
        var stored = await server.ScalarAsync<string>("select encode(hash, 'hex') from live_ticket");
        Assert.NotEqual(
            Convert.ToHexStringLower(System.Buffers.Text.Base64Url.DecodeFromChars(ticket)), stored);
    }

    private static async Task TellAsync(InnerServer server, string topic, string kind, string payload)
    {
        await using var connection = await server.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Outbox.AddAsync(connection, transaction, new(topic, kind, payload), default);
        await transaction.CommitAsync();
    }

    private static async Task<string> TicketAsync(InnerServer server, TestPerson person)
    {
        var answer = await server.SendAsync(HttpMethod.Post, "/live/tickets", by: person);
        Assert.Equal(201, answer.Status);
        Assert.Equal(30, answer.Json.GetProperty("expires_in").GetInt32());
        return answer.Json.GetProperty("ticket").GetString()!;
    }

    private static async Task<ClientWebSocket> ConnectAsync(InnerServer server, TestPerson person) =>
        await ConnectAsync(server, await TicketAsync(server, person));

    private static async Task<ClientWebSocket> ConnectAsync(InnerServer server, string ticket)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(AddressOf(server, ticket), default);
        return socket;
    }

    private static async Task<int> RefusedAsync(InnerServer server, string ticket)
    {
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(AddressOf(server, ticket), default));
        return (int)socket.HttpStatusCode;
    }

    private static Uri AddressOf(InnerServer server, string ticket) =>
        new($"ws://{server.Address.Authority}/ws/live?ticket={Uri.EscapeDataString(ticket)}");

    private static async Task<JsonElement> ReadAsync(ClientWebSocket socket)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[16_384];
        var message = await socket.ReceiveAsync(buffer, late.Token);
        Assert.Equal(WebSocketMessageType.Text, message.MessageType);
        return JsonDocument.Parse(buffer.AsMemory(0, message.Count)).RootElement;
    }

    private static async Task<(WebSocketCloseStatus?, string?)> EndAsync(ClientWebSocket socket)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var message = await socket.ReceiveAsync(new byte[1024], late.Token);
        Assert.Equal(WebSocketMessageType.Close, message.MessageType);
        return (socket.CloseStatus, socket.CloseStatusDescription);
    }
}
