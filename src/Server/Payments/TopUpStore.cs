using Npgsql;

namespace SightPay.Server.Payments;

/// <summary>Reads top-ups; but for when they are asked about, the ledger's writer alone writes them.</summary>
internal sealed class TopUpStore(NpgsqlDataSource database)
{
    /// <summary>What <see cref="TopUpDetails"/> holds.</summary>
    internal const string Columns =
        """
        provider_payment_id, method_type, method_token, needs_action, action_url, failure_code, failed_at, note,
        cleared, dispute_minor, polls
        """;

    private const string Select =
        $"select {PaymentStore.Columns}, {Columns} from top_up t join payment p on p.id = t.payment";

    public async Task<TopUp?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Select} where p.id = $1");
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, ct)).FirstOrDefault();
    }

    /// <summary>Those whose provider is to be asked now: open ones, and those to which a bank objects.</summary>
    public async Task<IReadOnlyList<TopUp>> DueAsync(DateTimeOffset now, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Select} where t.poll_at <= $1 order by t.poll_at limit $2");
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, ct);
    }

    /// <summary>Those that people have to look at, oldest first.</summary>
    public async Task<IReadOnlyList<TopUp>> NotedAsync(int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"{Select} where t.note is not null order by p.seq limit $1");
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, ct);
    }

    /// <summary>Nothing happens to one that is over meanwhile.</summary>
    public async Task SetPolledAsync(Guid id, DateTimeOffset next, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update top_up set polls = polls + 1, poll_at = $2 where payment = $1 and poll_at is not null");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = next.ToUniversalTime() });
        await command.ExecuteNonQueryAsync(ct);
    }

    internal static TopUpDetails Read(NpgsqlDataReader reader, int first) => new()
    {
        ProviderPaymentId = Text(reader, first),
        Method = Text(reader, first + 1) is { } type && Text(reader, first + 2) is { } token ? new(type, token) : null,
        NeedsAction = reader.GetBoolean(first + 3),
        ActionUrl = Text(reader, first + 4),
        FailureCode = Text(reader, first + 5),
        FailedAt = reader.IsDBNull(first + 6) ? null : reader.GetFieldValue<DateTimeOffset>(first + 6),
        Note = Text(reader, first + 7),
        Cleared = Text(reader, first + 8),
        DisputeMinor = reader.IsDBNull(first + 9) ? null : reader.GetInt64(first + 9),
        Polls = reader.GetInt32(first + 10),
    };

    private static async Task<IReadOnlyList<TopUp>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var found = new List<TopUp>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new(PaymentStore.Read(reader, 0), Read(reader, PaymentStore.ColumnCount)));
        return found;
    }

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);
}
