using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Events;

namespace SightPay.Server.Payments;

/// <summary>SQL of top-ups outside the ledger's commits.</summary>
internal sealed class TopUpStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        id, person_id, provider, provider_payment_id, amount_minor, currency, state, exception, polls, created_at,
        settled_at
        """;

    public async Task<TopUp?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from top_up where id = $1");
        command.Parameters.Add(new() { Value = id });
        var found = await ReadAsync(command, ct);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Open top-ups whose provider is to be asked now.</summary>
    public async Task<IReadOnlyList<TopUp>> DueAsync(DateTimeOffset now, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select {Columns} from top_up
             where state in ('created', 'provider_pending') and poll_at <= $1 order by poll_at limit $2
             """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, ct);
    }

    public async Task SetPendingAsync(Guid id, string providerPaymentId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update top_up set state = 'provider_pending', provider_payment_id = $2 where id = $1 and state = 'created'
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = providerPaymentId });
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task SetPolledAsync(Guid id, DateTimeOffset next, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update top_up set polls = polls + 1, poll_at = $2 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = next });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>For people to look at; money is not moved.</summary>
    public async Task SetExceptionAsync(Guid id, string exception, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update top_up set exception = $2 where id = $1 and state <> 'credited'");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = exception });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Ends an open top-up and tells the person; nothing happens to one that has ended already.</summary>
    public async Task FailAsync(
        Guid id, string providerPaymentId, OutboxRow told, DateTimeOffset at, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            update top_up set state = 'failed', provider_payment_id = $2, settled_at = $3
            where id = $1 and state in ('created', 'provider_pending')
            """, connection, transaction)
        {
            Parameters = { new() { Value = id }, new() { Value = providerPaymentId }, new() { Value = at } },
        };
        if (await command.ExecuteNonQueryAsync(ct) == 0) return;
        await Outbox.AddAsync(connection, transaction, told, ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task<IReadOnlyList<TopUp>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var found = new List<TopUp>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2),
                await reader.IsDBNullAsync(3, ct) ? null : reader.GetString(3),
                new Money(reader.GetInt64(4), reader.GetString(5)), reader.GetString(6),
                await reader.IsDBNullAsync(7, ct) ? null : reader.GetString(7), reader.GetInt32(8),
                reader.GetFieldValue<DateTimeOffset>(9),
                await reader.IsDBNullAsync(10, ct) ? null : reader.GetFieldValue<DateTimeOffset>(10)));
        return found;
    }
}
