using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>A bank's objection to a credited top-up begins, or is decided, in the commit that moves its money.
/// </summary>
/// <param name="From">What was known of it; another one makes the act stale.</param>
internal sealed record TopUpDisputeRow(Guid TopUpId, DisputeState? From, DisputeState To) : CompanionRow;

/// <summary>A top-up as objections see it.</summary>
internal sealed record TopUpDispute(string TopUpState, DisputeState? Dispute)
{
    public const string NotCredited = "top_up_not_credited";
}

internal sealed class TopUpDisputeTable : CompanionTable<TopUpDisputeRow, Guid, TopUpDispute>
{
    protected override IEnumerable<Guid> KeysOf(TopUpDisputeRow row) => [row.TopUpId];

    // Locked, in order: marking a top-up as failed happens outside the ledger's writer.
    protected override NpgsqlBatchCommand Load(Guid[] keys) =>
        new("select id, state, dispute from top_up where id = any($1) order by id for update")
        {
            Parameters = { new() { Value = keys } },
        };

    protected override (Guid Key, TopUpDispute State) Read(NpgsqlDataReader reader) => (
        reader.GetGuid(0),
        new(reader.GetString(1), reader.IsDBNull(2) ? null : Words.Read<DisputeState>(reader.GetString(2))));

    protected override GuardVerdict Check(TopUpDisputeRow row, CompanionStates<Guid, TopUpDispute> states)
    {
        var stored = states.Find(row.TopUpId);
        if (stored?.TopUpState != TopUpState.Credited) return GuardVerdict.Refused(TopUpDispute.NotCredited);
        return stored.Dispute == row.From ? GuardVerdict.Ok : GuardVerdict.Stale;
    }

    protected override void Apply(
        TopUpDisputeRow row, DateTimeOffset at, CompanionStates<Guid, TopUpDispute> states) =>
        states.Set(row.TopUpId, new TopUpDispute(TopUpState.Credited, row.To));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, TopUpDispute State)> inserted,
        IReadOnlyList<(Guid Key, TopUpDispute State)> updated)
    {
        if (updated.Count == 0) return;
        batch.BatchCommands.Add(new(
            """
            update top_up t set dispute = d.dispute
            from unnest($1::uuid[], $2::text[]) as d (id, dispute) where t.id = d.id
            """)
        {
            Parameters =
            {
                new() { Value = updated.Select(each => each.Key).ToArray() },
                new() { Value = updated.Select(each => Words.Of(each.State.Dispute!.Value)).ToArray() },
            },
        });
    }
}
