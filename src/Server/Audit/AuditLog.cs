using Npgsql;

namespace SightPay.Server.Audit;

/// <summary>Append-only record of what operators (and the system on their behalf) did.</summary>
public sealed class AuditLog(NpgsqlDataSource database, TimeProvider clock)
{
    /// <param name="who">Caller name.</param>
    /// <param name="what">Verb in snake_case, for instance <c>station_link_made</c>.</param>
    /// <param name="subject">What it was done to; an id, never personal data.</param>
    public async Task WriteAsync(string who, string what, string subject, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await InsertAsync(connection, null, who, what, subject, ct);
    }

    /// <summary>The same in the transaction of what is recorded: both are kept or neither.</summary>
    public Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string who, string what, string subject,
        CancellationToken ct) => InsertAsync(connection, transaction, who, what, subject, ct);

    /// <summary>Newest first.</summary>
    internal async Task<IReadOnlyList<AuditEntry>> ListAsync(
        AuditFilter filter, long? before, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select seq, at, who, what, subject from audit_entry
            where ($1::bigint is null or seq < $1) and ($2::text is null or who = $2)
              and ($3::text is null or what = $3) and ($4::text is null or subject = $4)
              and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
            order by seq desc limit $7
            """);
        object?[] values =
        [
            before, filter.Who, filter.What, filter.Subject, filter.From?.UtcDateTime, filter.To?.UtcDateTime, limit,
        ];
        foreach (var value in values) command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        var entries = new List<AuditEntry>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            entries.Add(new(
                reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2),
                reader.GetString(3), reader.GetString(4)));
        return entries;
    }

    private async Task InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string who, string what, string subject,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "insert into audit_entry (at, who, what, subject) values ($1, $2, $3, $4)", connection, transaction)
        {
            Parameters =
            {
                new() { Value = clock.GetUtcNow() }, new() { Value = who }, new() { Value = what },
                new() { Value = subject },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}

internal sealed record AuditEntry(long Seq, DateTimeOffset At, string Who, string What, string Subject);

/// <summary>Which entries are asked for; what is null does not matter.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The moment after the last.</param>
internal sealed record AuditFilter(
    string? Who, string? What, string? Subject, DateTimeOffset? From, DateTimeOffset? To);
