using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Faces;
using SightPay.Server.Plates;
using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;
using SightPay.Vision.Visits;

namespace SightPay.Server.Stations;

/// <summary>Turns what a pump's camera shows into a sighting: which car stands there, and whose it is.</summary>
public sealed class PlateSightings
{
    /// <summary>A plate of two thirds of the foremost one's area stands as near: which of them is at the pump, nobody
    /// can say from the picture.</summary>
    private const float BesideShare = 2f / 3;

    private readonly Vehicles _vehicles;
    private readonly PlateCameras _cameras;
    private readonly StationCounters _counters;
    private readonly Func<PlateReader> _reader;
    private readonly TimeProvider _clock;

    /// <param name="reader">Asked for with the first picture: where agents read by themselves nobody needs it.</param>
    internal PlateSightings(
        Vehicles vehicles, PlateCameras cameras, StationCounters counters, Func<PlateReader> reader,
        TimeProvider clock) =>
        (_vehicles, _cameras, _counters, _reader, _clock) = (vehicles, cameras, counters, reader, clock);

    /// <summary>A picture; one that came before is not looked at again.</summary>
    /// <param name="region">The site's.</param>
    /// <param name="act">Of the request.</param>
    /// <exception cref="ProblemException">422 not_a_picture, picture_truncated or picture_too_large.</exception>
    public async Task<Sighting> TakeAsync(
        Station station, ReadOnlyMemory<byte> picture, string region, Guid act, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var frame = SHA256.HashData(picture.Span);
        if (_cameras.Again(station.Id, frame, act) is { } again)
            return await DecideAsync(station, again, new(0, 0, 0, 0, 0), started, eventAt: null, ct);
        try
        {
            var (reading, waitMs, decodeMs) = await _reader().LookAsync(picture, region, ct);
            var timings = new SightingTimings(
                Sightings.Ms(waitMs), Sightings.Ms(decodeMs), Sightings.Ms(reading.FindMs),
                Sightings.Ms(reading.ReadMs), 0);
            var look = _cameras.Take(station.Id, frame, act, reading);
            return await DecideAsync(station, look, timings, started, eventAt: null, ct);
        }
        catch (PictureException fault)
        {
            throw ImageParts.Refused(fault);
        }
    }

    /// <summary>Reads that an edge agent sends.</summary>
    /// <param name="region">The site's.</param>
    /// <param name="isLate">They waited for their line: they are noted and name nobody.</param>
    /// <param name="act">Of the request.</param>
    /// <exception cref="ProblemException">409 counter_replayed: its number came before.</exception>
    public async Task<Sighting> TakeAsync(
        Station station, PlateReads reads, string region, bool isLate, Guid act, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        if (!await _counters.TakeAsync(station.Id, reads.Counter!.Value, act, ct))
            throw new ProblemException(
                409, "counter_replayed", "The counter has to rise with every message: this one, or a later one, came.");
        if (isLate) return Late(station, reads, region, started);
        // Number and time of a message differ even where the camera hangs, and so may its count of frames.
        var frame = SHA256.HashData(Encoding.UTF8.GetBytes(ApiJson.Write(
            reads.Plates!.Select(plate => plate! with { Frames = null }))));
        var look = _cameras.Again(station.Id, frame, act)
            ?? _cameras.Take(station.Id, frame, act, reads.ToReading(region));
        return await DecideAsync(station, look, new(0, 0, 0, 0, 0), started, reads.At, ct);
    }

    private Sighting Late(Station station, PlateReads reads, string region, long started) => new(
        Ids.Next(_clock), station, SightingBand.Reject, SightingFinding.TooLate, null, LivenessProved: false, [],
        new(0, 0, 0, 0, 0), started)
    {
        Plates = [.. reads.ToReading(region).Plates.Select(plate => Shown(plate, null))], EventAt = reads.At,
    };

    private async Task<Sighting> DecideAsync(
        Station station, CameraLook look, SightingTimings timings, long started, DateTimeOffset? eventAt,
        CancellationToken ct)
    {
        var searching = Stopwatch.GetTimestamp();
        var near = look.Cars.Count == 0
            ? []
            : look.Cars.Where(car => car.Plate.Box.Area >= BesideShare * look.Cars[0].Plate.Box.Area).ToArray();
        var matches = new List<PlateMatch>();
        foreach (var car in near) matches.Add(await _vehicles.MatchAsync(car.Plate, ct));
        var finding = FindingOf(near, matches);
        var vehicle = finding == SightingFinding.Recognised ? matches[0].Vehicle : null;
        Guid[] candidates = vehicle is not null ? [] :
        [
            .. matches.SelectMany(match => match.Vehicle is { } sure ? [sure] : match.Candidates)
                .Select(candidate => candidate.Id).Distinct(),
        ];
        var band = vehicle is not null
            ? SightingBand.Accept
            : candidates.Length > 0 ? SightingBand.Ask : SightingBand.Reject;
        return new(
            look.SightingId, station, band, finding, null, LivenessProved: false, [],
            timings with { Search = Sightings.Ms(Stopwatch.GetElapsedTime(searching).TotalMilliseconds) }, started)
        {
            Plates = [.. look.Cars.Select((car, i) => Shown(car.Plate, i < near.Length ? matches[i] : null))],
            AgreeingFrames = look.Cars.Count > 0 ? look.Cars[0].Frames : 0,
            Vehicle = vehicle?.Id, VehicleOwner = vehicle?.Owner, CandidateVehicles = candidates,
            Repeats = look.Repeats, EventAt = eventAt, Alerts = look.IsStuck ? [StationAlert.CameraStuck] : [],
        };
    }

    private static SightingFinding FindingOf(IReadOnlyList<VisitingCar> near, IReadOnlyList<PlateMatch> matches)
    {
        if (near.Count == 0) return SightingFinding.NoPlate;
        if (near.Count > 1) return SightingFinding.SeveralPlates;
        return matches[0].Band switch
        {
            PlateBand.Accept => SightingFinding.Recognised,
            PlateBand.Ask => SightingFinding.Ambiguous,
            _ when near[0].Plate.Confidence < PlateRules.AcceptConfidenceMin => SightingFinding.PlateUnclear,
            _ => SightingFinding.UnknownPlate,
        };
    }

    private static SightedPlate Shown(ReadPlate plate, PlateMatch? match) => new(
        PlateMask.Of(plate.Text), plate.Region, Math.Round(plate.Confidence, 3),
        new(Px(plate.Box.X), Px(plate.Box.Y), Px(plate.Box.Width), Px(plate.Box.Height)),
        match?.Band switch
        {
            null => null,
            PlateBand.Accept => SightingBand.Accept,
            PlateBand.Ask => SightingBand.Ask,
            _ => SightingBand.Reject,
        });

    private static double Px(float value) => Math.Round(value, 1);
}
