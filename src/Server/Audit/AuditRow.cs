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
internal sealed class AuditWriter : ICompanionWriter
{
    public Type RowType => typeof(AuditRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly List<(AuditRow Row, DateTimeOffset At)> _applied = [];

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at) => _applied.Add(((AuditRow)row, at));

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
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
                        Value = _applied.Select(entry => entry.At.UtcDateTime).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    },
                    new() { Value = _applied.Select(entry => entry.Row.Who).ToArray() },
                    new() { Value = _applied.Select(entry => entry.Row.What).ToArray() },
                    new() { Value = _applied.Select(entry => entry.Row.Subject).ToArray() },
                },
            });
        }
    }
}
