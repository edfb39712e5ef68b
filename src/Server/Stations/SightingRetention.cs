using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>Deletes sightings that are older than their retention, a little at a time.</summary>
internal sealed partial class SightingRetention(
    NpgsqlDataSource database, StationsSettings settings, TimeProvider clock, ILogger<SightingRetention> log)
    : BackgroundService
{
    private const int RowsAtOnce = 5000;
    private static readonly TimeSpan _every = TimeSpan.FromHours(1);

    /// <returns>How many sightings were deleted.</returns>
    public async Task<int> PurgeAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await PurgeAsync(
            "delete from sighting_ask where sighting in (select sighting from sighting_ask where at < $1 limit $2)",
            now - settings.CandidateRetention, ct);
        return await PurgeAsync(
            "delete from sighting where id in (select id from sighting where at < $1 limit $2)",
            now - settings.SightingRetention, ct);
    }

    private async Task<int> PurgeAsync(string sql, DateTimeOffset before, CancellationToken ct)
    {
        var total = 0;
        while (true)
        {
            await using var command = database.CreateCommand(sql);
            command.Parameters.Add(new() { Value = before });
            command.Parameters.Add(new() { Value = RowsAtOnce });
            var deleted = await command.ExecuteNonQueryAsync(ct);
            total += deleted;
            if (deleted < RowsAtOnce) return total;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync(
        _every, clock,
        async ct =>
        {
            if (await PurgeAsync(ct) is > 0 and var deleted) LogPurged(deleted);
        },
        fault => LogFailed(fault.GetType().Name), stoppingToken);

    [LoggerMessage(3001, LogLevel.Information, "{Count} sightings were past their retention and are deleted.")]
    private partial void LogPurged(int count);

    [LoggerMessage(3002, LogLevel.Warning, "Old sightings could not be deleted now ({Cause}); tried again in an hour.")]
    private partial void LogFailed(string cause);
}
