using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>A new top-up, written under the client's idempotency key.</summary>
internal sealed record TopUpCreatedRow(
    Guid Id, Guid PersonId, string Provider, Money Amount, PaymentMethod? Method, TimeSpan PollAfter) : CompanionRow;

/// <summary>
/// The top-up becomes credited in the commit that credits the wallet. A second payment object for the same top-up is
/// refused with <c>already_credited</c>.
/// </summary>
internal sealed record TopUpCreditedRow(Guid Id, string ProviderPaymentId, Guid TransferId) : CompanionRow
{
    public const string AlreadyCredited = "already_credited";
    public const string Unknown = "top_up_unknown";
}

internal sealed class TopUpCreatedWriter : ICompanionWriter
{
    public Type RowType => typeof(TopUpCreatedRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly List<(TopUpCreatedRow Row, DateTimeOffset At)> _created = [];

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at) => _created.Add(((TopUpCreatedRow)row, at));

        public void Write(NpgsqlBatch batch)
        {
            if (_created.Count == 0) return;
            batch.BatchCommands.Add(new(
                """
                insert into top_up
                    (id, person_id, provider, amount_minor, currency, created_at, poll_at, method_type, method_token,
                    state)
                select t.*, 'created'
                from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[],
                    $7::timestamptz[], $8::text[], $9::text[]) as t
                """)
            {
                Parameters =
                {
                    new() { Value = _created.Select(each => each.Row.Id).ToArray() },
                    new() { Value = _created.Select(each => each.Row.PersonId).ToArray() },
                    new() { Value = _created.Select(each => each.Row.Provider).ToArray() },
                    new() { Value = _created.Select(each => each.Row.Amount.AmountMinor).ToArray() },
                    new() { Value = _created.Select(each => each.Row.Amount.Currency).ToArray() },
                    Times(_created.Select(each => each.At)),
                    Times(_created.Select(each => each.At + each.Row.PollAfter)),
                    Texts(_created.Select(each => each.Row.Method?.Type)),
                    Texts(_created.Select(each => each.Row.Method?.Token)),
                },
            });
        }

        private static NpgsqlParameter Texts(IEnumerable<string?> texts) =>
            new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

        private static NpgsqlParameter Times(IEnumerable<DateTimeOffset> times) => new()
        {
            Value = times.Select(time => time.UtcDateTime).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        };
    }
}

internal sealed class TopUpCreditedWriter : ICompanionWriter
{
    public Type RowType => typeof(TopUpCreditedRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) =>
        new Batch([.. rows.Cast<TopUpCreditedRow>().Select(row => row.Id).Distinct()]);

    private sealed class Batch(Guid[] ids) : ICompanionBatch
    {
        private readonly Dictionary<Guid, string> _states = [];
        private readonly List<(TopUpCreditedRow Row, DateTimeOffset At)> _credited = [];

        public int Load(NpgsqlBatch batch)
        {
            // Locked, in order: marking a top-up as failed happens outside the ledger's writer.
            batch.BatchCommands.Add(new("select id, state from top_up where id = any($1) order by id for update")
            {
                Parameters = { new() { Value = ids } },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) _states[reader.GetGuid(0)] = reader.GetString(1);
        }

        /// <summary>
        /// A top-up that had failed may still be credited: the provider has the money, and late truth beats early.
        /// </summary>
        public GuardVerdict Check(CompanionRow row) => _states.GetValueOrDefault(((TopUpCreditedRow)row).Id) switch
        {
            null => GuardVerdict.Refused(TopUpCreditedRow.Unknown),
            TopUpState.Credited => GuardVerdict.Refused(TopUpCreditedRow.AlreadyCredited),
            _ => GuardVerdict.Ok,
        };

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var credited = (TopUpCreditedRow)row;
            _states[credited.Id] = TopUpState.Credited;
            _credited.Add((credited, at));
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_credited.Count == 0) return;
            batch.BatchCommands.Add(new(
                """
                update top_up t
                set state = 'credited', provider_payment_id = c.payment, settled_at = c.at, exception = null,
                    credit_transfer = c.transfer, action_url = null, failure_code = null, method_token = null
                from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[]) as c (id, payment, at, transfer)
                where t.id = c.id
                """)
            {
                Parameters =
                {
                    new() { Value = _credited.Select(each => each.Row.Id).ToArray() },
                    new() { Value = _credited.Select(each => each.Row.ProviderPaymentId).ToArray() },
                    new()
                    {
                        Value = _credited.Select(each => each.At.UtcDateTime).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    },
                    new() { Value = _credited.Select(each => each.Row.TransferId).ToArray() },
                },
            });
        }
    }
}
