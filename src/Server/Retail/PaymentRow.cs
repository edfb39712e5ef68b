using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <summary>A new payment. A sighting that has paid already refuses it.</summary>
/// <param name="Sighting">The sighting that pays; null when the payer is asked.</param>
internal sealed record PaymentRow(Payment Payment, Guid? Sighting) : CompanionRow
{
    public const string SightingSpent = "sighting_spent";
}

/// <summary>A payment that leaves its waiting state, once.</summary>
internal sealed record PaymentChangeRow(Guid Id, PaymentStatus To) : CompanionRow
{
    public const string NotAwaiting = "payment_not_awaiting";
}

internal sealed class PaymentWriter : ICompanionWriter
{
    public Type RowType => typeof(PaymentRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch(rows);

    private sealed class Batch(IReadOnlyList<CompanionRow> rows) : ICompanionBatch
    {
        private readonly HashSet<Guid> _spent = [];
        private readonly List<(PaymentRow Row, DateTimeOffset At)> _applied = [];

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "select sighting from retail_payment where sighting = any($1)")
            {
                Parameters =
                {
                    new() { Value = rows.Select(row => ((PaymentRow)row).Sighting).OfType<Guid>().ToArray() },
                },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) _spent.Add(reader.GetGuid(0));
        }

        public GuardVerdict Check(CompanionRow row) =>
            ((PaymentRow)row).Sighting is { } sighting && _spent.Contains(sighting)
                ? GuardVerdict.Refused(PaymentRow.SightingSpent)
                : GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var payment = (PaymentRow)row;
            if (payment.Sighting is { } sighting) _spent.Add(sighting);
            _applied.Add((payment, at));
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into retail_payment (id, person, merchant, till, amount_minor, currency, status, sighting, hold,
                    created_at, expires_at, captured_at)
                select id, person, merchant, till, amount, currency, status, sighting, hold, at,
                    at + wait, case when status = 'captured' then at end
                from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                    $8::uuid[], $9::uuid[], $10::timestamptz[], $11::interval[])
                    p(id, person, merchant, till, amount, currency, status, sighting, hold, at, wait)
                """)
            {
                Parameters =
                {
                    Array(NpgsqlDbType.Uuid, row => row.Payment.Id),
                    Array(NpgsqlDbType.Uuid, row => row.Payment.Person),
                    Array(NpgsqlDbType.Text, row => row.Payment.Merchant),
                    Array(NpgsqlDbType.Text, row => row.Payment.Till),
                    Array(NpgsqlDbType.Bigint, row => row.Payment.Amount.AmountMinor),
                    Array(NpgsqlDbType.Text, row => row.Payment.Amount.Currency),
                    Array(NpgsqlDbType.Text, row => Words.Of(row.Payment.Status)),
                    Array(NpgsqlDbType.Uuid, row => row.Sighting),
                    Array(NpgsqlDbType.Uuid, row => row.Payment.HoldId),
                    Times(), Waits(),
                },
            });
        }

        // Times are those of the commit; what a payment was planned with gives only how long it waits.
        private NpgsqlParameter Times() => new()
        {
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
            Value = _applied.Select(applied => applied.At.ToUniversalTime()).ToArray(),
        };

        private NpgsqlParameter Waits() =>
            Array(NpgsqlDbType.Interval, row => row.Payment.ExpiresAt - row.Payment.CreatedAt);

        private NpgsqlParameter Array<T>(NpgsqlDbType type, Func<PaymentRow, T> value) => new()
        {
            NpgsqlDbType = NpgsqlDbType.Array | type,
            Value = _applied.Select(applied => value(applied.Row)).ToArray(),
        };
    }
}

internal sealed class PaymentChangeWriter : ICompanionWriter
{
    public Type RowType => typeof(PaymentChangeRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch(rows);

    private sealed class Batch(IReadOnlyList<CompanionRow> rows) : ICompanionBatch
    {
        private readonly HashSet<Guid> _awaiting = [];
        private readonly List<(PaymentChangeRow Row, DateTimeOffset At)> _applied = [];

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "select id from retail_payment where id = any($1) and status = 'awaiting_confirmation'")
            {
                Parameters = { new() { Value = rows.Select(row => ((PaymentChangeRow)row).Id).ToArray() } },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) _awaiting.Add(reader.GetGuid(0));
        }

        public GuardVerdict Check(CompanionRow row) => _awaiting.Contains(((PaymentChangeRow)row).Id)
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(PaymentChangeRow.NotAwaiting);

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var change = (PaymentChangeRow)row;
            _awaiting.Remove(change.Id);
            _applied.Add((change, at));
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                update retail_payment p set status = c.status,
                    captured_at = case when c.status = 'captured' then c.at end
                from unnest($1::uuid[], $2::text[], $3::timestamptz[]) c(id, status, at) where p.id = c.id
                """)
            {
                Parameters =
                {
                    new() { Value = _applied.Select(applied => applied.Row.Id).ToArray() },
                    new() { Value = _applied.Select(applied => Words.Of(applied.Row.To)).ToArray() },
                    new() { Value = _applied.Select(applied => applied.At.UtcDateTime).ToArray() },
                },
            });
        }
    }
}
