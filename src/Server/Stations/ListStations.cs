using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>All stations with the ids of their keys, for operators.</summary>
internal static class ListStations
{
    internal sealed record Shown(
        string Id, StationKind Kind, string PlaceId, string Name, IReadOnlyList<StoredKey> Keys);

    public static async Task<IResult> Handle(HttpContext http, StationStore store)
    {
        var all = await store.AllAsync(http.RequestAborted);
        var items = all.Select(entry => new Shown(
            entry.Station.Id, entry.Station.Kind, entry.Station.Place, entry.Station.Name, entry.Keys));
        return Results.Json(new { Items = items }, ApiJson.Options);
    }
}
