using SightPay.Server.Api;

namespace SightPay.Server.Transit;

/// <summary>A line with its stops and gates, for everybody.</summary>
internal static class ShowStops
{
    internal sealed record Shown(ShownLine Line, IReadOnlyList<ShownStop> Stops);

    internal sealed record ShownLine(string Id, string Name);

    internal sealed record ShownStop(string Id, string Name, IReadOnlyList<ShownGate> Gates);

    internal sealed record ShownGate(string Id, GateDirection Direction, bool Closed);

    /// <param name="line">Which line; without it the first.</param>
    public static async Task<IResult> Handle(HttpContext http, TransitStore store, string? line = null)
    {
        var ct = http.RequestAborted;
        var lines = await store.LinesAsync(ct);
        var chosen = line is null ? lines.FirstOrDefault() : lines.FirstOrDefault(known => known.Id == line);
        if (chosen.Id is null) return Problems.Of(404, "line_not_found", "There is no such line.");
        var gates = (await store.GatesAsync(ct)).ToLookup(gate => gate.StopId);
        var stops = (await store.StopsAsync(ct)).Where(stop => stop.LineId == chosen.Id).Select(stop => new ShownStop(
            stop.Id, stop.Name,
            [.. gates[stop.Id].Select(gate => new ShownGate(gate.Id, gate.Direction, gate.Closed))]));
        return Results.Json(new Shown(new ShownLine(chosen.Id, chosen.Name), [.. stops]), ApiJson.Options);
    }
}
