using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Stations;

/// <summary>Exchanges a one-time link for a new key of its station, once.</summary>
internal static class RedeemStationLink
{
    internal sealed record Redeemed(string StationId, StationKind Kind, string Name, string Place, string StationKey)
    {
        public override string ToString() => $"{nameof(Redeemed)} {StationId}";
    }

    public static async Task<IResult> Handle(
        string code, HttpContext http, StationStore store, AuditLog audit, NpgsqlDataSource database)
    {
        var ct = http.RequestAborted;
        var key = StationKey.New();
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await store.RedeemAsync(connection, transaction, StationKey.Of(code), ct) is not { } station)
            return Problems.Of(
                404, "link_not_valid", "This link is unknown, used or older than ten minutes. Make a new one.");
        await store.AddKeyAsync(connection, transaction, station.Id, key, "kiosk link", ct);
        await audit.WriteAsync(
            connection, transaction, $"station:{station.Id}", "station_link_redeemed", $"station:{station.Id}", ct);
        await transaction.CommitAsync(ct);
        http.Response.Headers.CacheControl = "no-store";
        var redeemed = new Redeemed(station.Id, station.Kind, station.Name, station.Place, key.Reveal());
        return Results.Json(redeemed, ApiJson.Options);
    }
}
