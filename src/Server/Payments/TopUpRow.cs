using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>
/// What the provider's side of a top-up becomes. Always beside a <see cref="PaymentRow"/> in the same act: the
/// payment's version guards both.
/// </summary>
/// <param name="To">With its payment as it becomes.</param>
/// <param name="PollIn">When the provider is asked, where that is not arranged yet.</param>
internal sealed record TopUpRow(TopUp To, TimeSpan PollIn) : CompanionRow
{
    /// <summary>As a commit at this time leaves it.</summary>
    public TopUpSide StampedAt(DateTimeOffset at)
    {
        var isOver = !To.IsOpen && !To.IsCredited;
        return new(
            To.Id, To.Provider, To.Details with { FailedAt = isOver ? To.Details.FailedAt ?? at : null },
            To.IsPolled ? at + PollIn : null, To.IsOpen);
    }
}

/// <summary>A row of <c>top_up</c>.</summary>
/// <param name="PollAt">Null: there is nothing to ask the provider about.</param>
/// <param name="KeepsToken">A repeated call must say the same as the first; afterwards the token is forgotten.</param>
internal sealed record TopUpSide(
    Guid PaymentId, string Provider, TopUpDetails Details, DateTimeOffset? PollAt, bool KeepsToken);

internal sealed class TopUpTable : CompanionTable<TopUpRow, Guid, TopUpSide>
{
    // What the poller changes beside the writer is judged by no guard.
    public override bool LoadsAhead => true;

    protected override IEnumerable<Guid> KeysOf(TopUpRow row) => [row.To.Id];

    protected override NpgsqlBatchCommand Load(Guid[] keys) =>
        new($"select payment, provider, poll_at, {TopUpStore.Columns} from top_up where payment = any($1)")
        {
            Parameters = { new() { Value = keys } },
        };

    protected override (Guid Key, TopUpSide State) Read(NpgsqlDataReader reader) => (
        reader.GetGuid(0),
        new(
            reader.GetGuid(0), reader.GetString(1), TopUpStore.Read(reader, 3),
            reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2), KeepsToken: true));

    protected override GuardVerdict Check(TopUpRow row, CompanionStates<Guid, TopUpSide> states) => GuardVerdict.Ok;

    protected override void Apply(TopUpRow row, DateTimeOffset at, CompanionStates<Guid, TopUpSide> states) =>
        states.Set(row.To.Id, row.StampedAt(at));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, TopUpSide State)> inserted,
        IReadOnlyList<(Guid Key, TopUpSide State)> updated)
    {
        if (inserted.Count > 0) batch.BatchCommands.Add(Insert([.. inserted.Select(each => each.State)]));
        if (updated.Count > 0) batch.BatchCommands.Add(Update([.. updated.Select(each => each.State)]));
    }

    private static NpgsqlBatchCommand Insert(List<TopUpSide> rows) => new(
        """
        insert into top_up (payment, provider, method_type, method_token, poll_at)
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
        """)
    {
        Parameters =
        {
            rows.Column(NpgsqlDbType.Uuid, each => each.PaymentId),
            rows.Column(NpgsqlDbType.Text, each => each.Provider),
            rows.Column(NpgsqlDbType.Text, each => each.Details.Method?.Type),
            rows.Column(NpgsqlDbType.Text, each => each.Details.Method?.Token),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.PollAt?.ToUniversalTime()),
        },
    };

    /// <summary>What the poller has arranged, beside the ledger's writer, stays as long as there is something to
    /// ask; and no token is written again.</summary>
    private static NpgsqlBatchCommand Update(List<TopUpSide> rows) => new(
        """
        update top_up t
        set provider_payment_id = c.provider_payment_id, needs_action = c.needs_action, action_url = c.action_url,
            failure_code = c.failure_code, failed_at = c.failed_at, note = c.note, cleared = c.cleared,
            dispute_minor = c.dispute_minor,
            poll_at = case when c.poll_at is not null then coalesce(t.poll_at, c.poll_at) end,
            method_token = case when c.keeps_token then t.method_token end
        from unnest($1::uuid[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
            $8::text[], $9::bigint[], $10::timestamptz[], $11::boolean[]) as c (payment, provider_payment_id,
            needs_action, action_url, failure_code, failed_at, note, cleared, dispute_minor, poll_at, keeps_token)
        where t.payment = c.payment
        """)
    {
        Parameters =
        {
            rows.Column(NpgsqlDbType.Uuid, each => each.PaymentId),
            rows.Column(NpgsqlDbType.Text, each => each.Details.ProviderPaymentId),
            rows.Column(NpgsqlDbType.Boolean, each => each.Details.NeedsAction),
            rows.Column(NpgsqlDbType.Text, each => each.Details.ActionUrl),
            rows.Column(NpgsqlDbType.Text, each => each.Details.FailureCode),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.Details.FailedAt?.ToUniversalTime()),
            rows.Column(NpgsqlDbType.Text, each => each.Details.Note),
            rows.Column(NpgsqlDbType.Text, each => each.Details.Cleared),
            rows.Column(NpgsqlDbType.Bigint, each => each.Details.DisputeMinor),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.PollAt?.ToUniversalTime()),
            rows.Column(NpgsqlDbType.Boolean, each => each.KeepsToken),
        },
    };
}
