using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Events;

/// <param name="ExpiresIn">Seconds.</param>
internal sealed record LiveTicketAnswer(string Ticket, int ExpiresIn)
{
    public override string ToString() => nameof(LiveTicketAnswer);
}

/// <summary>Whom a used ticket let in, and what they may follow.</summary>
internal sealed record LiveVisitor(Guid PersonId, IReadOnlySet<string> Topics);

/// <summary>
/// POST /live/tickets. A browser cannot send a header with a WebSocket, and an access token in an address would end up
/// in logs; so the signed-in caller gets a ticket that opens one connection within 30 seconds.
/// </summary>
internal sealed class LiveTickets(NpgsqlDataSource database, LiveSettings settings, TimeProvider clock)
{
    /// <summary>Payments tell their payer. Whoever reads all hears of them too, without a second row for each.
    /// </summary>
    private static readonly string[] TopicsOfStaff = [OutboxRow.EveryTopic("payment")];

    public async Task<IResult> IssueAsync(HttpContext http, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var own = OutboxRow.PersonTopic(caller.PersonId!.Value);
        string[] topics = caller.ReadsAll ? [own, OutboxRow.Operations, .. TopicsOfStaff] : [own];
        var ticket = RandomNumberGenerator.GetBytes(32);
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
                new() { Value = SHA256.HashData(ticket) }, new() { Value = caller.PersonId.Value },
                new() { Value = topics }, new() { Value = now + settings.TicketLife },
            },
        });
        await batch.ExecuteNonQueryAsync(ct);
        return Results.Json(
            new LiveTicketAnswer(Base64Url.EncodeToString(ticket), (int)settings.TicketLife.TotalSeconds),
            ApiJson.Options, statusCode: 201);
    }

    /// <summary>Uses the ticket up; null when it is unknown, used or too old.</summary>
    public async Task<LiveVisitor?> RedeemAsync(string? ticket, CancellationToken ct)
    {
        var bytes = new byte[32];
        if (ticket?.Length != 43
            || Base64Url.DecodeFromChars(ticket, bytes, out _, out var count) != OperationStatus.Done
            || count != bytes.Length) return null;
        await using var command = database.CreateCommand(
            "delete from live_ticket where hash = $1 returning person_id, topics, expires_at");
        command.Parameters.Add(new() { Value = SHA256.HashData(bytes) });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        return reader.GetFieldValue<DateTimeOffset>(2) > clock.GetUtcNow()
            ? new(reader.GetGuid(0), reader.GetFieldValue<string[]>(1).ToHashSet())
            : null;
    }
}
