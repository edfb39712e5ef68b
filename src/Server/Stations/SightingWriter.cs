using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>
/// Writes all sightings of a commit in one statement. There is nothing to guard: an id is new, or it is that of the
/// sighting which this one repeats.
/// </summary>
internal sealed class SightingWriter : CompanionLog<SightingRow>
{
    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(SightingRow Row, DateTimeOffset At)> rows)
    {
        var sightings = rows.Select(row => row.Row.Sighting).ToArray();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into sighting (id, station, at, band, finding, person, liveness_proved, vehicle, event_at)
            select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[],
                $7::boolean[], $8::uuid[], $9::timestamptz[])
            on conflict (id) do nothing
            """)
        {
            Parameters =
            {
                new() { Value = sightings.Select(sighting => sighting.Id).ToArray() },
                new() { Value = sightings.Select(sighting => sighting.Station.Id).ToArray() },
                new() { Value = rows.Select(row => row.At.ToUniversalTime()).ToArray() },
                new() { Value = sightings.Select(sighting => Words.Of(sighting.Band)).ToArray() },
                new() { Value = sightings.Select(sighting => Words.Of(sighting.Finding)).ToArray() },
                new() { Value = sightings.Select(sighting => sighting.Person ?? sighting.VehicleOwner).ToArray() },
                new() { Value = sightings.Select(sighting => sighting.LivenessProved).ToArray() },
                new() { Value = sightings.Select(sighting => sighting.Vehicle).ToArray() },
                new() { Value = sightings.Select(sighting => sighting.EventAt?.UtcDateTime).ToArray() },
            },
        });
    }
}
