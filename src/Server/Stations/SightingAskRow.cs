using Npgsql;
using NpgsqlTypes;
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

internal sealed class SightingAskWriter : ICompanionWriter
{
    public Type RowType => typeof(SightingAskRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly List<(SightingAskRow Row, DateTimeOffset At)> _applied = [];

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at) => _applied.Add(((SightingAskRow)row, at));

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
            batch.BatchCommands.Add(new(
                """
                insert into sighting_ask (sighting, station, at, candidates)
                select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bytea[])
                """)
            {
                Parameters =
                {
                    new() { Value = _applied.Select(ask => ask.Row.SightingId).ToArray() },
                    new() { Value = _applied.Select(ask => ask.Row.Station).ToArray() },
                    new()
                    {
                        Value = _applied.Select(ask => ask.At.UtcDateTime).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    },
                    new()
                    {
                        Value = _applied.Select(ask => ask.Row.Candidates.ToArray()).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
                    },
                },
            });
        }
    }
}

internal sealed class AskResolvedWriter : ICompanionWriter
{
    public Type RowType => typeof(AskResolvedRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) =>
        new Batch([.. rows.Cast<AskResolvedRow>().Select(row => row.SightingId).Distinct()]);

    private sealed class Batch(Guid[] sightings) : ICompanionBatch
    {
        private readonly HashSet<Guid> _open = [];
        private readonly List<(AskResolvedRow Row, DateTimeOffset At)> _resolved = [];

        public int Load(NpgsqlBatch batch)
        {
            // Locked: tries are counted by requests.
            batch.BatchCommands.Add(new(
                """
                select sighting from sighting_ask where sighting = any($1) and resolved_at is null
                order by sighting for update
                """)
            {
                Parameters = { new() { Value = sightings } },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) _open.Add(reader.GetGuid(0));
        }

        public GuardVerdict Check(CompanionRow row) => _open.Contains(((AskResolvedRow)row).SightingId)
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(AskResolvedRow.AlreadyResolved);

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var resolved = (AskResolvedRow)row;
            _open.Remove(resolved.SightingId);
            _resolved.Add((resolved, at));
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_resolved.Count == 0) return;
            batch.BatchCommands.Add(new(
                """
                update sighting_ask a set resolved_at = r.at, person = r.person, candidates = null
                from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) r(sighting, at, person)
                where a.sighting = r.sighting
                """)
            {
                Parameters =
                {
                    new() { Value = _resolved.Select(ask => ask.Row.SightingId).ToArray() },
                    new()
                    {
                        Value = _resolved.Select(ask => ask.At.UtcDateTime).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    },
                    new() { Value = _resolved.Select(ask => ask.Row.Person).ToArray() },
                },
            });
        }
    }
}
