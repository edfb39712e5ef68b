using System.Threading.Channels;
using Npgsql;

namespace SightPay.Server.Payments;

internal sealed record InboxMessage(string Source, string EventId, byte[] Raw, int Attempts);

/// <summary>SQL of what providers sent.</summary>
internal sealed class InboxStore(NpgsqlDataSource database)
{
    /// <summary>Stores a message; one that came before stays as it was.</summary>
    public async Task AddAsync(
        string source, string eventId, ReadOnlyMemory<byte> raw, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into provider_inbox (source, event_id, raw, received_at, next_at) values ($1, $2, $3, $4, $4)
            on conflict do nothing
            """);
        command.Parameters.Add(new() { Value = source });
        command.Parameters.Add(new() { Value = eventId });
        command.Parameters.Add(new() { Value = raw.ToArray() });
        command.Parameters.Add(new() { Value = at });
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<IReadOnlyList<InboxMessage>> DueAsync(DateTimeOffset now, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select source, event_id, raw, attempts from provider_inbox
            where state = 'new' and next_at <= $1 order by received_at limit $2
            """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = limit });
        var due = new List<InboxMessage>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            due.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.GetInt32(3)));
        return due;
    }

    /// <param name="state"><c>done</c>, <c>ignored</c> or <c>exception</c>.</param>
    public async Task SetProcessedAsync(
        InboxMessage message, string state, string note, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update provider_inbox set state = $3, note = $4, processed_at = $5 where source = $1 and event_id = $2
            """);
        command.Parameters.Add(new() { Value = message.Source });
        command.Parameters.Add(new() { Value = message.EventId });
        command.Parameters.Add(new() { Value = state });
        command.Parameters.Add(new() { Value = note });
        command.Parameters.Add(new() { Value = at });
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task SetLaterAsync(InboxMessage message, DateTimeOffset next, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update provider_inbox set attempts = attempts + 1, next_at = $3 where source = $1 and event_id = $2
            """);
        command.Parameters.Add(new() { Value = message.Source });
        command.Parameters.Add(new() { Value = message.EventId });
        command.Parameters.Add(new() { Value = next });
        await command.ExecuteNonQueryAsync(ct);
    }
}

/// <summary>Wakes a worker; many wishes while it works are one.</summary>
internal class WorkSignal
{
    private readonly Channel<bool> _wish = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _wish.Writer.TryWrite(true);

    /// <summary>Returns at a wish, or after the time at the latest.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider clock, CancellationToken ct)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var late = new CancellationTokenSource(atMost, clock);
        await using var registration = late.Token.Register(wait.Cancel);
        try
        {
            await _wish.Reader.ReadAsync(wait.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time is over: look anyway.
        }
    }
}

internal sealed class InboxSignal : WorkSignal;
