using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>Money of a top-up begins its way back, or has not got there, in the commit that moves it.</summary>
/// <param name="Refund">As it becomes.</param>
/// <param name="IsNew">False: one that was begun has failed.</param>
/// <param name="PollAfter">When the provider is asked about a new one.</param>
internal sealed record TopUpRefundRow(TopUpRefund Refund, bool IsNew, TimeSpan PollAfter) : CompanionRow
{
    public const string AlreadyFailed = "top_up_refund_failed";

    /// <summary>The refund as a commit at this time leaves it.</summary>
    public TopUpRefund StampedAt(DateTimeOffset at) => Refund with
    {
        CreatedAt = IsNew ? at : Refund.CreatedAt,
        PollAt = IsNew ? at + PollAfter : Refund.PollAt,
        SettledAt = Refund.State is TopUpRefundState.Done or TopUpRefundState.Failed ? at : null,
    };
}

internal sealed class TopUpRefundTable : CompanionTable<TopUpRefundRow, Guid, TopUpRefund>
{
    protected override IEnumerable<Guid> KeysOf(TopUpRefundRow row) => [row.Refund.Id];

    // Locked, in order: that a refund has arrived is written down outside the ledger's writer.
    protected override NpgsqlBatchCommand Load(Guid[] keys) =>
        new($"select {TopUpRefundStore.Columns} from top_up_refund where id = any($1) order by id for update")
        {
            Parameters = { new() { Value = keys } },
        };

    protected override (Guid Key, TopUpRefund State) Read(NpgsqlDataReader reader)
    {
        var refund = TopUpRefundStore.Read(reader);
        return (refund.Id, refund);
    }

    protected override GuardVerdict Check(TopUpRefundRow row, CompanionStates<Guid, TopUpRefund> states) =>
        row.IsNew || states.Find(row.Refund.Id) is { State: not TopUpRefundState.Failed }
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(TopUpRefundRow.AlreadyFailed);

    protected override void Apply(
        TopUpRefundRow row, DateTimeOffset at, CompanionStates<Guid, TopUpRefund> states) =>
        states.Set(row.Refund.Id, row.StampedAt(at));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, TopUpRefund State)> inserted,
        IReadOnlyList<(Guid Key, TopUpRefund State)> updated)
    {
        if (inserted.Count > 0) batch.BatchCommands.Add(Insert([.. inserted.Select(each => each.State)]));
        if (updated.Count > 0) batch.BatchCommands.Add(Fail([.. updated.Select(each => each.State)]));
    }

    private static NpgsqlBatchCommand Insert(List<TopUpRefund> rows) => new(
        $"""
         insert into top_up_refund ({TopUpRefundStore.Columns})
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::text[], $11::text[], $12::int[], $13::timestamptz[], $14::timestamptz[],
             $15::timestamptz[])
         """)
    {
        Parameters =
        {
            rows.Column(NpgsqlDbType.Uuid, each => each.Id),
            rows.Column(NpgsqlDbType.Uuid, each => each.TopUpId),
            rows.Column(NpgsqlDbType.Uuid, each => each.PersonId),
            rows.Column(NpgsqlDbType.Text, each => each.Provider),
            rows.Column(NpgsqlDbType.Bigint, each => each.Amount.AmountMinor),
            rows.Column(NpgsqlDbType.Text, each => each.Amount.Currency),
            rows.Column(NpgsqlDbType.Text, each => Words.Of(each.State)),
            rows.Column(NpgsqlDbType.Text, each => each.AskedBy),
            rows.Column(NpgsqlDbType.Text, each => each.Reason),
            rows.Column(NpgsqlDbType.Text, each => each.ProviderRefundId),
            rows.Column(NpgsqlDbType.Text, each => each.FailureCode),
            rows.Column(NpgsqlDbType.Integer, each => each.Polls),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.PollAt.ToUniversalTime()),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.CreatedAt.ToUniversalTime()),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.SettledAt?.ToUniversalTime()),
        },
    };

    private static NpgsqlBatchCommand Fail(List<TopUpRefund> rows) => new(
        """
        update top_up_refund r
        set state = 'failed', failure_code = f.code, settled_at = f.at,
            provider_refund_id = coalesce(f.provider_id, r.provider_refund_id)
        from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) as f (id, code, provider_id, at)
        where r.id = f.id
        """)
    {
        Parameters =
        {
            rows.Column(NpgsqlDbType.Uuid, each => each.Id),
            rows.Column(NpgsqlDbType.Text, each => each.FailureCode),
            rows.Column(NpgsqlDbType.Text, each => each.ProviderRefundId),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.SettledAt?.ToUniversalTime()),
        },
    };
}
