using Npgsql;
using SightPay.Server.People;

namespace SightPay.Server.Stations;

/// <summary>Where and when a person was seen goes with them, before its retention is over.</summary>
internal sealed class SightingPersonData : IPersonData
{
    public static PersonSection Section { get; } = new(
        "sightings", "select id, station, at, band, finding, vehicle from sighting where person = $1 order by at");

    public Task<(string Code, string Detail)?> ObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct) =>
        Task.FromResult<(string, string)?>(null);

    public async Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("delete from sighting where person = $1") { Parameters = { new() { Value = person } } },
                new("update sighting_ask set person = null where person = $1")
                    { Parameters = { new() { Value = person } } },
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }
}
