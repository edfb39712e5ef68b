using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Faces;
using SightPay.Vision.Visits;

namespace SightPay.Server.Stations;

/// <summary>What a picture led to. The sighting is null when the answer is a replay: nothing was looked at again.
/// </summary>
public sealed record SightingAnswer(ActResult Result, Sighting? Sighting, double LedgerMs);

/// <summary>
/// The one way from a picture to an answer: idempotency, sighting, the trade's decision. A POST and a frame of a stream
/// both go through here.
/// </summary>
public sealed class TakeSighting(
    IEnumerable<IStationDesk> desks, Sightings sightings, PlateSightings plates, StationAlerts alerts,
    Idempotency idempotency, StationDirectory directory)
{
    private const string ReadsExpected =
        "Send counter, at and plates (text, region, confidence, characters, box, frames) as a JSON object, or a "
        + "picture as multipart/form-data in a part named image.";

    private readonly Dictionary<StationKind, IStationDesk> _desks = desks.ToDictionary(desk => desk.Kind);

    /// <summary>A picture by POST, or what a pump's edge agent read; every answer sticks to its key.</summary>
    /// <param name="stationId">From the route.</param>
    /// <param name="notFoundCode">For a station of this kind that does not exist.</param>
    public async Task<IResult> HandleAsync(
        HttpContext http, string stationId, StationKind kind, string notFoundCode)
    {
        var ct = http.RequestAborted;
        var station = await directory.FindAsync(stationId, ct);
        if (station is null || station.Kind != kind)
            return Problems.Of(404, notFoundCode, $"There is no {Words.Of(kind)} with this id.");
        if (Caller.Of(http).StationId != station.Id)
            return Problems.Of(403, "wrong_station", "The station key belongs to another station than the route's.");

        SightingAnswer? taken = null;
        var answer = await idempotency.RunAsync(http, required: true, async (key, token) =>
        {
            taken = kind == StationKind.Pump && http.Request.HasJsonContentType()
                ? await HearAndDecideAsync(http, station, key, token)
                : await LookAndDecideAsync(
                    station, (await ImageParts.ReadAsync(http, 1, token))[0], new FaceVisit(), key, record: true,
                    token);
            return taken.Result;
        });
        if (taken is { Sighting: { } sighting }) http.Response.Headers["Server-Timing"] = ServerTiming(sighting, taken);
        return answer;
    }

    /// <summary>A frame of a stream; frames without a usable face are answered and forgotten.</summary>
    /// <param name="visit">The stream's own: whoever stands before the camera is followed from frame to frame.</param>
    public async Task<SightingAnswer> RunAsync(
        Station station, ReadOnlyMemory<byte> picture, FaceVisit visit, string key, CancellationToken ct)
    {
        SightingAnswer? taken = null;
        var result = await idempotency.RunAsync(ActOf(station, picture, key), async (actKey, token) =>
        {
            taken = await LookAndDecideAsync(station, picture, visit, actKey, record: false, token);
            return taken.Result;
        }, ct);
        return taken is null || result.Replayed ? new SightingAnswer(result, null, 0) : taken with { Result = result };
    }

    /// <summary>What was answered to a frame before; null when nothing of it was kept. Nothing is looked at.</summary>
    public async Task<SightingAnswer?> RecallAsync(
        Station station, ReadOnlyMemory<byte> picture, string key, CancellationToken ct) =>
        await idempotency.FindAsync(ActOf(station, picture, key), ct) is { } decided
            ? new SightingAnswer(decided, null, 0)
            : null;

    private ActKey ActOf(Station station, ReadOnlyMemory<byte> picture, string key) =>
        new(Idempotency.ActIdOf(key), FingerprintOf(station, picture));

    private async Task<SightingAnswer> LookAndDecideAsync(
        Station station, ReadOnlyMemory<byte> picture, FaceVisit visit, ActKey key, bool record, CancellationToken ct)
    {
        var desk = _desks[station.Kind];
        var sighting = await desk.PlatesOfAsync(station, ct) is { } region
            ? await plates.TakeAsync(station, picture, region, key.Id, ct)
            : await sightings.TakeAsync(station, picture, visit, await desk.SearchFirstAsync(station, ct), ct);
        return await DecideAsync(desk, sighting, key, record, ct);
    }

    private async Task<SightingAnswer> HearAndDecideAsync(
        HttpContext http, Station station, ActKey key, CancellationToken ct)
    {
        var reads = await RequestBody.JsonAsync<PlateReads>(http, ReadsExpected);
        reads.DemandUsable();
        var desk = _desks[station.Kind];
        var region = await desk.PlatesOfAsync(station, ct)
            ?? throw new ProblemException(415, "multipart_expected", "Nothing here reads plates; send a picture.");
        var isLate = MessageWait.Of(http, reads.At) > PlateReads.LateAfter;
        var sighting = await plates.TakeAsync(station, reads, region, isLate, key.Id, ct);
        return await DecideAsync(desk, sighting, key, record: true, ct);
    }

    private async Task<SightingAnswer> DecideAsync(
        IStationDesk desk, Sighting sighting, ActKey key, bool record, CancellationToken ct)
    {
        var decision = await desk.DecideAsync(sighting, key, record, ct);
        await alerts.RaiseAsync(sighting);
        return new SightingAnswer(decision.Result, sighting, decision.LedgerMs);
    }

    /// <summary>
    /// The same as of the POST with this picture, so that a station may ask again on either way with the same key.
    /// </summary>
    private ReadOnlyMemory<byte> FingerprintOf(Station station, ReadOnlyMemory<byte> picture) =>
        Idempotency.Fingerprint(
            Encoding.UTF8.GetBytes($"station:{station.Id}"), Encoding.UTF8.GetBytes(HttpMethods.Post),
            Encoding.UTF8.GetBytes(_desks[station.Kind].RouteOf(station)), Encoding.UTF8.GetBytes(ImageParts.Name),
            SHA256.HashData(picture.Span));

    private static string ServerTiming(Sighting sighting, SightingAnswer taken)
    {
        var timings = sighting.Timings;
        var totalMs = Stopwatch.GetElapsedTime(sighting.Started).TotalMilliseconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"wait;dur={timings.Wait:0.##}, decode;dur={timings.Decode:0.##}, detect;dur={timings.Detect:0.##}, "
            + $"embed;dur={timings.Embed:0.##}, search;dur={timings.Search:0.##}, "
            + $"ledger;dur={taken.LedgerMs:0.##}, total;dur={totalMs:0.##}");
    }
}
