using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Transit;

/// <summary>What a journey between two stops costs today.</summary>
internal static class ShowFare
{
    internal sealed record Shown(string From, string To, int Hops, Money Fare, Money Highest);

    public static async Task<IResult> Handle(
        HttpContext http, TransitStore store, TransitSettings settings, TimeProvider clock, string? from = null,
        string? to = null)
    {
        var ct = http.RequestAborted;
        var stops = (await store.StopsAsync(ct)).ToDictionary(stop => stop.Id);
        if (!stops.TryGetValue(from ?? "", out var start) || !stops.TryGetValue(to ?? "", out var end))
            return Problems.Of(404, "stop_not_found", "Name two stops: /fares?from=S1&to=S2.");
        if (start.LineId != end.LineId)
            return Problems.Of(422, "stops_not_connected", "These stops are not on one line.");
        var fares = await store.FaresAsync(start.LineId, clock.GetUtcNow(), ct);
        var hops = Math.Abs(start.Ordinal - end.Ordinal);
        return Results.Json(
            new Shown(
                start.Id, end.Id, hops, new Money(fares.ForHops(hops), settings.Currency),
                new Money(fares.HighestMinor, settings.Currency)),
            ApiJson.Options);
    }
}
