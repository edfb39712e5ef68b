using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;

namespace SightPay.Server.Audit;

/// <summary>An entry of the audit log that is kept with the act it records, or not at all.</summary>
/// <param name="Who">Caller name.</param>
/// <param name="What">Verb in snake_case, for instance <c>refund_approved</c>.</param>
/// <param name="Subject">What it was done to; an id, never personal data.</param>
public sealed record AuditRow(string Who, string What, string Subject) : CompanionRow;

/// <summary>Writes all entries of a commit in one statement, in the order of their acts.</summary>
internal sealed class AuditWriter : CompanionLog<AuditRow>
{
    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(AuditRow Row, DateTimeOffset At)> rows)
    {
        batch.BatchCommands.Add(new(
            """
            insert into audit_entry (at, who, what, subject)
            select e.at, e.who, e.what, e.subject
            from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[])
                with ordinality as e (at, who, what, subject, place)
            order by e.place
            """)
        {
            Parameters =
            {
                new()
                {
                    Value = rows.Select(entry => entry.At.UtcDateTime).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                },
                new() { Value = rows.Select(entry => entry.Row.Who).ToArray() },
                new() { Value = rows.Select(entry => entry.Row.What).ToArray() },
                new() { Value = rows.Select(entry => entry.Row.Subject).ToArray() },
            },
        });
    }
}
