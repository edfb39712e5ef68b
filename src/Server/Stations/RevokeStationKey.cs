using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Stations;

/// <summary>Ends one key of a station: its next request and its next frame are refused.</summary>
internal static class RevokeStationKey
{
    public static async Task<IResult> Handle(
        string id, Guid keyId, HttpContext http, StationStore store, AuditLog audit, NpgsqlDataSource database)
    {
        var ct = http.RequestAborted;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await store.RevokeAsync(connection, transaction, id, keyId, ct))
            return Problems.Of(404, "station_key_not_found", "The station has no such key, or it is revoked already.");
        await audit.WriteAsync(
            connection, transaction, Caller.Of(http).Name, "station_key_revoked", $"station:{id} key:{keyId}", ct);
        await transaction.CommitAsync(ct);
        store.ForgetKeys();
        return Results.NoContent();
    }
}
