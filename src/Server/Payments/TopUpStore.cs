using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Payments;

/// <summary>SQL of top-ups outside the ledger's commits.</summary>
internal sealed class TopUpStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        id, person_id, provider, provider_payment_id, amount_minor, currency, state, exception, polls, created_at,
        settled_at, method_type, method_token, action_url, failure_code, credit_transfer, dispute, dispute_minor
        """;

    public async Task<TopUp?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from top_up where id = $1");
        command.Parameters.Add(new() { Value = id });
        var found = await ReadAsync(command, ct);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Those whose provider is to be asked now: open ones, and those to which a bank objects.</summary>
    public async Task<IReadOnlyList<TopUp>> DueAsync(DateTimeOffset now, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select {Columns} from top_up
             where (state in ('created', 'provider_pending', 'action_needed') or dispute = 'open') and poll_at <= $1
             order by poll_at limit $2
             """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, ct);
    }

    /// <summary>The provider has the wish; what became of it is not decided yet.</summary>
    public async Task SetPendingAsync(Guid id, ProviderPayment payment, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update top_up set state = $4, provider_payment_id = $2, action_url = $3
            where id = $1 and state in ('created', 'provider_pending', 'action_needed')
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = payment.Id });
        command.Parameters.Add(new() { Value = (object?)payment.ActionUrl ?? DBNull.Value });
        command.Parameters.Add(new()
        {
            Value = payment.Status == ProviderPaymentStatus.ActionNeeded
                ? TopUpState.ActionNeeded
                : TopUpState.ProviderPending,
        });
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
            "update top_up set exception = $2 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = exception });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Ends an open top-up and tells the person; nothing happens to one that has ended already.</summary>
    public async Task FailAsync(
        Guid id, string? providerPaymentId, string? failureCode, OutboxRow told, DateTimeOffset at,
        CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            update top_up set state = 'failed', provider_payment_id = coalesce($2, provider_payment_id),
                settled_at = $3, failure_code = $4, action_url = null, method_token = null
            where id = $1 and state in ('created', 'provider_pending', 'action_needed')
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = (object?)providerPaymentId ?? DBNull.Value },
                new() { Value = at }, new() { Value = (object?)failureCode ?? DBNull.Value },
            },
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
                await reader.IsDBNullAsync(10, ct) ? null : reader.GetFieldValue<DateTimeOffset>(10))
            {
                Method = Text(reader, 11) is { } type && Text(reader, 12) is { } token ? new(type, token) : null,
                ActionUrl = Text(reader, 13),
                FailureCode = Text(reader, 14),
                CreditTransferId = reader.IsDBNull(15) ? null : reader.GetGuid(15),
                Dispute = Text(reader, 16) is { } dispute ? Words.Read<DisputeState>(dispute) : null,
                DisputeMinor = reader.IsDBNull(17) ? null : reader.GetInt64(17),
            });
        return found;
    }

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);
}
