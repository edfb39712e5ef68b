using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>A bank's objection to a credited top-up begins, or is decided, in the commit that moves its money.
/// </summary>
/// <param name="From">What was known of it; another one makes the act stale.</param>
/// <param name="To">The same as <paramref name="From"/>: nothing changes, and nothing may be disputed.</param>
internal sealed record TopUpDisputeRow(Guid TopUpId, DisputeState? From, DisputeState? To, long? AmountMinor)
    : CompanionRow
{
    /// <summary>Guards money that goes back on request: what a bank takes back is not given back beside.</summary>
    public static TopUpDisputeRow NothingDisputed(TopUp topUp) =>
        new(topUp.Id, topUp.Dispute, topUp.Dispute, topUp.DisputeMinor);
}

/// <summary>A top-up as objections see it.</summary>
internal sealed record TopUpDispute(string TopUpState, DisputeState? Dispute, long? AmountMinor)
{
    public const string NotCredited = "top_up_not_credited";
    public const string Disputed = "top_up_disputed";
}

internal sealed class TopUpDisputeTable : CompanionTable<TopUpDisputeRow, Guid, TopUpDispute>
{
    protected override IEnumerable<Guid> KeysOf(TopUpDisputeRow row) => [row.TopUpId];

    // Locked, in order: marking a top-up as failed happens outside the ledger's writer.
    protected override NpgsqlBatchCommand Load(Guid[] keys) =>
        new("select id, state, dispute, dispute_minor from top_up where id = any($1) order by id for update")
        {
            Parameters = { new() { Value = keys } },
        };

    protected override (Guid Key, TopUpDispute State) Read(NpgsqlDataReader reader) => (
        reader.GetGuid(0),
        new(
            reader.GetString(1), reader.IsDBNull(2) ? null : Words.Read<DisputeState>(reader.GetString(2)),
            reader.IsDBNull(3) ? null : reader.GetInt64(3)));

    protected override GuardVerdict Check(TopUpDisputeRow row, CompanionStates<Guid, TopUpDispute> states)
    {
        var stored = states.Find(row.TopUpId);
        if (stored?.TopUpState != TopUpState.Credited) return GuardVerdict.Refused(TopUpDispute.NotCredited);
        if (stored.Dispute != row.From) return GuardVerdict.Stale;
        return row.To == row.From && row.To is DisputeState.Open or DisputeState.Lost
            ? GuardVerdict.Refused(TopUpDispute.Disputed)
            : GuardVerdict.Ok;
    }

    protected override void Apply(
        TopUpDisputeRow row, DateTimeOffset at, CompanionStates<Guid, TopUpDispute> states) =>
        states.Set(row.TopUpId, new TopUpDispute(TopUpState.Credited, row.To, row.AmountMinor));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, TopUpDispute State)> inserted,
        IReadOnlyList<(Guid Key, TopUpDispute State)> updated)
    {
        if (updated.Count == 0) return;
        batch.BatchCommands.Add(new(
            """
            update top_up t set dispute = d.dispute, dispute_minor = d.amount,
                -- There was no room for it as long as a refund was under way.
                exception = case when t.dispute is null and d.dispute is not null
                    then nullif(t.exception, 'refund_above_captured') else t.exception end
            from unnest($1::uuid[], $2::text[], $3::bigint[]) as d (id, dispute, amount) where t.id = d.id
            """)
        {
            Parameters =
            {
                new() { Value = updated.Select(each => each.Key).ToArray() },
                new()
                {
                    Value = updated.Select(each => each.State.Dispute is { } dispute ? Words.Of(dispute) : null)
                        .ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                },
                new()
                {
                    Value = updated.Select(each => each.State.AmountMinor).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
                },
            },
        });
    }
}
