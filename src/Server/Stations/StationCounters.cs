using Npgsql;

namespace SightPay.Server.Stations;

/// <summary>The numbers under which edge agents send their reads: each station's rise and never fall.</summary>
internal sealed class StationCounters(NpgsqlDataSource database)
{
    /// <summary>
    /// Takes a number before anything is decided on what came with it. Of requests at once that bring the same one, one
    /// takes it; the same request may bring it again, as its answer may have been lost.
    /// </summary>
    /// <returns>False when it is not above the last one.</returns>
    public async Task<bool> TakeAsync(string station, long counter, Guid act, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into station_counter as c (station, counter, act) values ($1, $2, $3)
            on conflict (station) do update set counter = excluded.counter, act = excluded.act
            where c.counter < excluded.counter or (c.counter = excluded.counter and c.act = excluded.act)
            """);
        command.Parameters.Add(new() { Value = station });
        command.Parameters.Add(new() { Value = counter });
        command.Parameters.Add(new() { Value = act });
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }
}
