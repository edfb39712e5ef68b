using Npgsql;
using SightPay.Server.People;

namespace SightPay.Server.Transit;

/// <summary>What the gates keep of a person. Journeys stay, under a number that leads to nobody.</summary>
internal sealed class TransitPersonData : IPersonData
{
    public static PersonSection Section { get; } = new(
        "journeys",
        """
        select id, state, entry_gate, entry_stop, entry_at, exit_gate, exit_stop, exit_at, fare_minor, owed_minor
        from transit_journey where person = $1 order by seq
        """);

    public async Task<(string Code, string Detail)?> ObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from transit_rider where person = $1 and journey is not null)", connection,
            transaction)
        {
            Parameters = { new() { Value = person } },
        };
        return await command.ExecuteScalarAsync(ct) is true
            ? ("journey_open", "A journey is not over yet: walk out, or wait until it is closed.")
            : null;
    }

    public async Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "delete from transit_rider where person = $1", connection, transaction)
        {
            Parameters = { new() { Value = person } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
