using System.Collections.Concurrent;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Events;

namespace SightPay.Server.Stations;

/// <summary>What a station saw that people should look at. It decides nothing by itself.</summary>
public enum StationAlert
{
    /// <summary>One person's face is there twice; only one of them can be a person.</summary>
    SameFaceTwice,

    /// <summary>The face looks more like a picture of one.</summary>
    LooksLikeAPicture,

    /// <summary>A pump's camera has sent one and the same picture for a minute: it shows what was, not what is.
    /// </summary>
    CameraStuck,
}

/// <summary>
/// Tells operators at once and keeps it in the audit log: which station, which sighting, and what. A camera says the
/// same with every frame, so it is told once a minute.
/// </summary>
public sealed partial class StationAlerts(
    NpgsqlDataSource database, AuditLog audit, TimeProvider clock, ILogger<StationAlerts> log)
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Station, StationAlert What), DateTimeOffset> _told = new();

    internal async Task RaiseAsync(Sighting sighting)
    {
        foreach (var alert in sighting.Alerts)
            if (IsNew(sighting.Station.Id, alert)) await TellAsync(sighting, Words.Of(alert));
    }

    private bool IsNew(string station, StationAlert alert)
    {
        var (key, now) = ((station, alert), clock.GetUtcNow());
        return _told.TryAdd(key, now)
            || (_told.TryGetValue(key, out var told) && now - told >= Again && _told.TryUpdate(key, now, told));
    }

    /// <summary>The sighting is decided already: whatever happens here, its answer stands.</summary>
    private async Task TellAsync(Sighting sighting, string what)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await audit.WriteAsync(
                connection, transaction, $"station:{sighting.Station.Id}", what, $"sighting:{sighting.Id}", default);
            await Outbox.AddAsync(
                connection, transaction,
                new OutboxRow(OutboxRow.Operations, OutboxRow.Alert, ApiJson.Write(new
                {
                    What = what,
                    StationId = sighting.Station.Id,
                    StationName = sighting.Station.Name,
                    SightingId = sighting.Id,
                })),
                default);
            await transaction.CommitAsync();
        }
        catch (NpgsqlException fault)
        {
            NotTold(fault, what, sighting.Station.Id);
        }
    }

    [LoggerMessage(3003, LogLevel.Warning, "The alert {What} of station {Station} could not be stored.")]
    private partial void NotTold(Exception fault, string what, string station);
}
