using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Stations;

/// <summary>
/// A one-time link that gives a kiosk its key. The code stands behind the # of the address, which browsers never send.
/// </summary>
internal static class MakeStationLink
{
    internal sealed record Link(string Url, DateTimeOffset ExpiresAt);

    public static async Task<IResult> Handle(
        string id, HttpContext http, StationStore store, StationsSettings settings, AuditLog audit,
        NpgsqlDataSource database, TimeProvider clock)
    {
        var ct = http.RequestAborted;
        if (await store.FindAsync(id, ct) is null)
            return Problems.Of(404, "station_not_found", "There is no station with this id.");
        var code = StationKey.New();
        var expiresAt = clock.GetUtcNow() + settings.LinkLifetime;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await store.AddLinkAsync(connection, transaction, id, code, expiresAt, ct);
        await audit.WriteAsync(connection, transaction, Caller.Of(http).Name, "station_link_made", $"station:{id}", ct);
        await transaction.CommitAsync(ct);
        return Results.Json(new Link($"/station#link={code.Reveal()}", expiresAt), ApiJson.Options, statusCode: 201);
    }
}
