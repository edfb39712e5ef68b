using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Stations;

/// <summary>A sighting that is answered with <c>ask</c>, kept with the act that asks.</summary>
public sealed record SightingAskRow(Guid SightingId, string Station, ReadOnlyMemory<byte> Candidates) : CompanionRow;

/// <summary>A second factor resolves the sighting with this act; a second act that tries the same is refused.</summary>
/// <param name="Person">Whom it named.</param>
public sealed record AskResolvedRow(Guid SightingId, Guid Person) : CompanionRow
{
    public const string AlreadyResolved = "sighting_resolved";
}

internal sealed class SightingAskWriter : CompanionLog<SightingAskRow>
{
    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(SightingAskRow Row, DateTimeOffset At)> rows) =>
        batch.BatchCommands.Add(new(
            """
            insert into sighting_ask (sighting, station, at, candidates)
            select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bytea[])
            """)
        {
            Parameters =
            {
                new() { Value = rows.Select(ask => ask.Row.SightingId).ToArray() },
                new() { Value = rows.Select(ask => ask.Row.Station).ToArray() },
                new() { Value = rows.Select(ask => ask.At.UtcDateTime).ToArray() },
                new() { Value = rows.Select(ask => ask.Row.Candidates.ToArray()).ToArray() },
            },
        });
}

/// <param name="At">Null: a second factor may still resolve it.</param>
internal sealed record AskState(DateTimeOffset? At, Guid? Person);

internal sealed class AskResolvedTable : CompanionTable<AskResolvedRow, Guid, AskState>
{
    protected override IEnumerable<Guid> KeysOf(AskResolvedRow row) => [row.SightingId];

    // Locked: tries are counted by requests.
    protected override NpgsqlBatchCommand Load(Guid[] keys) => new(
        """
        select sighting, resolved_at, person from sighting_ask where sighting = any($1) order by sighting for update
        """)
    {
        Parameters = { new() { Value = keys } },
    };

    protected override (Guid Key, AskState State) Read(NpgsqlDataReader reader) => (
        reader.GetGuid(0),
        new(
            reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1),
            reader.IsDBNull(2) ? null : reader.GetGuid(2)));

    protected override GuardVerdict Check(AskResolvedRow row, CompanionStates<Guid, AskState> states) =>
        states.Find(row.SightingId) is { At: null }
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(AskResolvedRow.AlreadyResolved);

    protected override void Apply(AskResolvedRow row, DateTimeOffset at, CompanionStates<Guid, AskState> states) =>
        states.Set(row.SightingId, new(at, row.Person));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, AskState State)> inserted,
        IReadOnlyList<(Guid Key, AskState State)> updated)
    {
        if (updated.Count == 0) return;
        batch.BatchCommands.Add(new(
            """
            update sighting_ask a set resolved_at = r.at, person = r.person, candidates = null
            from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) r(sighting, at, person)
            where a.sighting = r.sighting
            """)
        {
            Parameters =
            {
                new() { Value = updated.Select(ask => ask.Key).ToArray() },
                new() { Value = updated.Select(ask => ask.State.At!.Value.UtcDateTime).ToArray() },
                new() { Value = updated.Select(ask => ask.State.Person!.Value).ToArray() },
            },
        });
    }
}
