using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Events;

namespace SightPay.Server.Books;

internal enum ReconciliationState
{
    Waiting,
    Done,
}

/// <summary>One run of the reconciliation.</summary>
/// <param name="Found">How many differences there were; null while it waits.</param>
/// <param name="Differences">The first thousand of them.</param>
internal sealed record Reconciliation(
    Guid Id, long Seq, string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset From, DateTimeOffset To,
    ReconciliationState State, long? Found, IReadOnlyList<Difference>? Differences, long? DurationMs,
    DateTimeOffset? EndedAt);

/// <summary>SQL of the runs.</summary>
internal sealed class ReconciliationStore(NpgsqlDataSource database, AuditLog audit)
{
    private const string Columns =
        """
        id, seq, requested_by, requested_at, from_at, to_at, state, found, differences, duration_ms, ended_at
        """;

    /// <summary>Records a wish. The id is the client's key, so a wish that is repeated is one wish.</summary>
    /// <returns>False when it was there already.</returns>
    public async Task<bool> AddAsync(
        Guid id, string by, DateTimeOffset at, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            insert into reconciliation (id, requested_by, requested_at, from_at, to_at) values ($1, $2, $3, $4, $5)
            on conflict (id) do nothing
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = by }, new() { Value = at.ToUniversalTime() },
                new() { Value = from.ToUniversalTime() }, new() { Value = to.ToUniversalTime() },
            },
        };
        if (await command.ExecuteNonQueryAsync(ct) == 0) return false;
        await audit.WriteAsync(connection, transaction, by, "reconciliation_requested", id.ToString(), ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Keeps what was found and tells the operators, in one transaction.</summary>
    public async Task EndAsync(Guid id, OpenBooks books, TimeSpan took, DateTimeOffset at, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            update reconciliation set state = 'done', found = $2, differences = $3, duration_ms = $4, ended_at = $5
            where id = $1
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = books.Found },
                new() { Value = ApiJson.Write(books.Differences), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = (long)took.TotalMilliseconds }, new() { Value = at.ToUniversalTime() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
        var told = ApiJson.Write(new { ReconciliationId = id, Differences = books.Found });
        await Outbox.AddAsync(
            connection, transaction, new OutboxRow(OutboxRow.Operations, "reconciliation", told), ct);
        await transaction.CommitAsync(ct);
    }

    public Task<Reconciliation?> FindAsync(Guid id, CancellationToken ct) => OneAsync("id = $1", id, ct);

    /// <summary>The oldest that was not run yet.</summary>
    public Task<Reconciliation?> WaitingAsync(CancellationToken ct) =>
        OneAsync("state = $1 order by seq", Words.Of(ReconciliationState.Waiting), ct);

    /// <summary>The newest that was run.</summary>
    public Task<Reconciliation?> LatestAsync(CancellationToken ct) =>
        OneAsync("state = $1 order by seq desc", Words.Of(ReconciliationState.Done), ct);

    /// <summary>The newest that the server asked of itself.</summary>
    public Task<Reconciliation?> LatestByAsync(string by, CancellationToken ct) =>
        OneAsync("requested_by = $1 order by seq desc", by, ct);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<Reconciliation>> ListAsync(long? before, int most, CancellationToken ct) =>
        ReadAsync("seq < $1 order by seq desc", before ?? long.MaxValue, most, ct);

    private async Task<Reconciliation?> OneAsync(string where, object value, CancellationToken ct) =>
        (await ReadAsync(where, value, 1, ct)).FirstOrDefault();

    private async Task<IReadOnlyList<Reconciliation>> ReadAsync(
        string where, object value, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from reconciliation where {where} limit $2");
        command.Parameters.Add(new() { Value = value });
        command.Parameters.Add(new() { Value = most });
        var runs = new List<Reconciliation>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) runs.Add(Read(reader));
        return runs;
    }

    private static Reconciliation Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
        reader.GetFieldValue<DateTimeOffset>(4), reader.GetFieldValue<DateTimeOffset>(5),
        Words.Read<ReconciliationState>(reader.GetString(6)), reader.IsDBNull(7) ? null : reader.GetInt64(7),
        reader.IsDBNull(8)
            ? null
            : JsonSerializer.Deserialize<IReadOnlyList<Difference>>(reader.GetString(8), ApiJson.Options),
        reader.IsDBNull(9) ? null : reader.GetInt64(9),
        reader.IsDBNull(10) ? null : reader.GetFieldValue<DateTimeOffset>(10));
}
