using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>Writes all sightings of a commit in one statement. There is nothing to guard: an id is new.</summary>
internal sealed class SightingWriter : CompanionLog<SightingRow>
{
    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(SightingRow Row, DateTimeOffset At)> rows)
    {
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into sighting (id, station, at, band, finding, person, liveness_proved)
            select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[],
                $7::boolean[])
            """)
        {
            Parameters =
            {
                new() { Value = rows.Select(row => row.Row.Sighting.Id).ToArray() },
                new() { Value = rows.Select(row => row.Row.Sighting.Station.Id).ToArray() },
                new() { Value = rows.Select(row => row.At.ToUniversalTime()).ToArray() },
                new() { Value = rows.Select(row => Words.Of(row.Row.Sighting.Band)).ToArray() },
                new() { Value = rows.Select(row => Words.Of(row.Row.Sighting.Finding)).ToArray() },
                new() { Value = rows.Select(row => row.Row.Sighting.Person).ToArray() },
                new() { Value = rows.Select(row => row.Row.Sighting.LivenessProved).ToArray() },
            },
        });
    }
}
