using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Events;

/// <summary>Whom a used ticket let in, and what they may follow.</summary>
internal sealed record LiveVisitor(Guid PersonId, IReadOnlySet<string> Topics);

/// <summary>Topics that a trade adds to those of a caller.</summary>
public interface ILiveTopics
{
    Task<IEnumerable<string>> OfAsync(Caller caller, CancellationToken ct);
}

/// <summary>POST /live/tickets: the signed-in caller gets a ticket that opens one connection within 30 seconds.
/// </summary>
internal sealed class LiveTickets(
    NpgsqlDataSource database, LiveSettings settings, IEnumerable<ILiveTopics> trades, TimeProvider clock)
{
    /// <summary>Payments tell their payer, pumps and tanks the staff of their site. Whoever reads all hears of them
    /// too, without a second row for each.</summary>
    private static readonly string[] TopicsOfStaff =
        [.. ((string[])["payment", "pump", "tank", "site"]).Select(OutboxRow.EveryTopic)];

    public async Task<IResult> IssueAsync(HttpContext http, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var own = OutboxRow.PersonTopic(caller.PersonId!.Value);
        var topics = new HashSet<string> { own };
        // Whoever reads all follows the sites by the kinds of their events; twice would be once too often.
        if (caller.ReadsAll) topics.UnionWith([OutboxRow.Operations, .. TopicsOfStaff]);
        else foreach (var trade in trades) topics.UnionWith(await trade.OfAsync(caller, ct));
        var ticket = OneTimeTicket.Mint(settings.TicketLife, out var hash);
        var now = clock.GetUtcNow();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("delete from live_ticket where expires_at < $1")
        {
            Parameters = { new() { Value = now } },
        });
        batch.BatchCommands.Add(new(
            "insert into live_ticket (hash, person_id, topics, expires_at) values ($1, $2, $3, $4)")
        {
            Parameters =
            {
                new() { Value = hash }, new() { Value = caller.PersonId.Value },
                new() { Value = topics.ToArray() }, new() { Value = now + settings.TicketLife },
            },
        });
        await batch.ExecuteNonQueryAsync(ct);
        return Results.Json(ticket, ApiJson.Options, statusCode: 201);
    }

    /// <summary>Uses the ticket up; null when it is unknown, used or too old.</summary>
    public async Task<LiveVisitor?> RedeemAsync(string? ticket, CancellationToken ct)
    {
        if (OneTimeTicket.HashOf(ticket) is not { } hash) return null;
        await using var command = database.CreateCommand(
            "delete from live_ticket where hash = $1 returning person_id, topics, expires_at");
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        return reader.GetFieldValue<DateTimeOffset>(2) > clock.GetUtcNow()
            ? new(reader.GetGuid(0), reader.GetFieldValue<string[]>(1).ToHashSet())
            : null;
    }
}
