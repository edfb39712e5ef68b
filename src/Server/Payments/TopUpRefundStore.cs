using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>SQL of refunds of top-ups outside the ledger's commits.</summary>
internal sealed class TopUpRefundStore(NpgsqlDataSource database)
{
    internal const string Columns =
        """
        id, top_up, person, provider, amount_minor, currency, state, asked_by, reason, provider_refund_id,
        failure_code, polls, poll_at, created_at, settled_at
        """;

    public async Task<TopUpRefund?> FindAsync(Guid id, CancellationToken ct) =>
        (await ListAsync("id = $1", ct, id)).FirstOrDefault();

    /// <summary>Oldest first.</summary>
    public Task<IReadOnlyList<TopUpRefund>> OfTopUpAsync(Guid topUp, CancellationToken ct) =>
        ListAsync("top_up = $1 order by created_at, id", ct, topUp);

    /// <summary>Those under way whose provider is to be asked now.</summary>
    public Task<IReadOnlyList<TopUpRefund>> DueAsync(DateTimeOffset now, int limit, CancellationToken ct) => ListAsync(
        "state in ('created', 'provider_pending') and poll_at <= $1 order by poll_at limit $2", ct, now, limit);

    public async Task SetPolledAsync(Guid id, DateTimeOffset next, CancellationToken ct) => await ExecuteAsync(
        "update top_up_refund set polls = polls + 1, poll_at = $2 where id = $1", ct, id, next);

    /// <summary>The provider has it; whether it arrives is not sure yet.</summary>
    public async Task SetPendingAsync(Guid id, string providerRefundId, CancellationToken ct) => await ExecuteAsync(
        """
        update top_up_refund set state = 'provider_pending', provider_refund_id = $2 where id = $1 and state = 'created'
        """, ct, id, providerRefundId);

    /// <summary>The provider says that it has arrived; nothing moves here any more.</summary>
    public async Task SetDoneAsync(Guid id, string providerRefundId, DateTimeOffset at, CancellationToken ct) =>
        await ExecuteAsync(
            """
            update top_up_refund set state = 'done', provider_refund_id = $2, settled_at = $3
            where id = $1 and state in ('created', 'provider_pending')
            """, ct, id, providerRefundId, at);

    internal static TopUpRefund Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3),
        new Money(reader.GetInt64(4), reader.GetString(5)), Words.Read<TopUpRefundState>(reader.GetString(6)),
        Text(reader, 7), Text(reader, 8))
    {
        ProviderRefundId = Text(reader, 9),
        FailureCode = Text(reader, 10),
        Polls = reader.GetInt32(11),
        PollAt = reader.GetFieldValue<DateTimeOffset>(12),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(13),
        SettledAt = reader.IsDBNull(14) ? null : reader.GetFieldValue<DateTimeOffset>(14),
    };

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);

    private async Task<IReadOnlyList<TopUpRefund>> ListAsync(
        string where, CancellationToken ct, params object[] values)
    {
        await using var command = database.CreateCommand($"select {Columns} from top_up_refund where {where}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        var found = new List<TopUpRefund>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(Read(reader));
        return found;
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }
}
