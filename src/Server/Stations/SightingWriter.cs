using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>Writes all sightings of a commit in one statement. There is nothing to guard: an id is new.</summary>
internal sealed class SightingWriter : ICompanionWriter
{
    public Type RowType => typeof(SightingRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly List<(Sighting Sighting, DateTimeOffset At)> _applied = [];

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at) => _applied.Add((((SightingRow)row).Sighting, at));

        public void Write(NpgsqlBatch batch)
        {
            if (_applied.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into sighting (id, station, at, band, finding, person, liveness_proved)
                select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[],
                    $7::boolean[])
                """)
            {
                Parameters =
                {
                    new() { Value = _applied.Select(row => row.Sighting.Id).ToArray() },
                    new() { Value = _applied.Select(row => row.Sighting.Station.Id).ToArray() },
                    new() { Value = _applied.Select(row => row.At.ToUniversalTime()).ToArray() },
                    new() { Value = _applied.Select(row => Words.Of(row.Sighting.Band)).ToArray() },
                    new() { Value = _applied.Select(row => Words.Of(row.Sighting.Finding)).ToArray() },
                    new() { Value = _applied.Select(row => row.Sighting.Person).ToArray() },
                    new() { Value = _applied.Select(row => row.Sighting.LivenessProved).ToArray() },
                },
            });
        }
    }
}
