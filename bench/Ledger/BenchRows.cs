using Npgsql;
using SightPay.Ledger;

namespace SightPay.Bench.Ledger;

/// <summary>A payment as a slice would keep it: guarded against a second one under the same id.</summary>
internal sealed record PaymentRow(Guid Id, long Payer, long AmountMinor) : CompanionRow;

/// <summary>An event for the outbox.</summary>
internal sealed record OutboxRow(Guid PaymentId, long AmountMinor) : CompanionRow;

internal sealed class PaymentWriter : ICompanionWriter
{
    public const string Schema =
        """
        create table bench_payment (
            id uuid primary key, payer bigint not null, amount bigint not null, state smallint not null,
            version int not null, at timestamptz not null);
        create index bench_payment_payer on bench_payment (payer, at);
        """;

    public Type RowType => typeof(PaymentRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch(rows);

    private sealed class Batch(IReadOnlyList<CompanionRow> rows) : ICompanionBatch
    {
        private readonly HashSet<Guid> _known = [];
        private readonly List<PaymentRow> _applied = [];
        private DateTimeOffset _at;

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("select id from bench_payment where id = any($1)")
            {
                Parameters = { new() { Value = rows.Select(row => ((PaymentRow)row).Id).ToArray() } },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) _known.Add(reader.GetGuid(0));
        }

        public GuardVerdict Check(CompanionRow row) =>
            _known.Contains(((PaymentRow)row).Id) ? GuardVerdict.Refused("payment_exists") : GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            _known.Add(((PaymentRow)row).Id);
            _applied.Add((PaymentRow)row);
            _at = at;
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into bench_payment select u.id, u.payer, u.amount, 3, 1, $4
                from unnest($1, $2, $3) as u(id, payer, amount)
                """)
            {
                Parameters =
                {
                    new() { Value = _applied.Select(row => row.Id).ToArray() },
                    new() { Value = _applied.Select(row => row.Payer).ToArray() },
                    new() { Value = _applied.Select(row => row.AmountMinor).ToArray() },
                    new() { Value = _at },
                },
            });
        }
    }
}

internal sealed class OutboxWriter : ICompanionWriter
{
    public const string Schema =
        """
        create table bench_outbox (
            id bigint generated always as identity primary key, topic text not null, payload jsonb not null,
            at timestamptz not null);
        """;

    public Type RowType => typeof(OutboxRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly List<OutboxRow> _applied = [];
        private DateTimeOffset _at;

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            _applied.Add((OutboxRow)row);
            _at = at;
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into bench_outbox (topic, payload, at)
                select 'payment.captured', u.payload::jsonb, $2 from unnest($1) as u(payload)
                """)
            {
                Parameters =
                {
                    new()
                    {
                        Value = _applied.Select(row =>
                            $$"""{"payment_id":"{{row.PaymentId}}","amount_minor":{{row.AmountMinor}}}""").ToArray(),
                    },
                    new() { Value = _at },
                },
            });
        }
    }
}
