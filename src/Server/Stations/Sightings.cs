using System.Diagnostics;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using SightPay.Vision.Liveness;
using SightPay.Vision.Visits;

namespace SightPay.Server.Stations;

/// <summary>Turns a picture and a search set into a sighting; finds stored ones.</summary>
public sealed class Sightings(FaceRecogniser recogniser, NpgsqlDataSource database, TimeProvider clock)
{
    /// <param name="visit">The faces that the station's camera has shown lately.</param>
    /// <param name="among">Searched first; everybody is searched when none of them is accepted. Null: everybody.
    /// </param>
    public async Task<Sighting> TakeAsync(
        Station station, ReadOnlyMemory<byte> picture, FaceVisit visit, IReadOnlyCollection<Guid>? among,
        CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var look = await recogniser.LookAsync(picture, FaceDemand.RecogniseAll, ct);
        var reading = look.Reading;
        var frame = visit.Take(reading, clock.GetUtcNow());
        FaceIdentity?[] identities = [.. reading.Faces.Select((face, i) => i == frame.Foremost
            ? Identify(face, frame.Live, frame.Joined, among)
            : Identify(face, LiveEvidence.Unknown, null, among))];
        var identity = frame.Foremost is { } foremost ? identities[foremost] : null;
        var finding = FindingOf(reading, frame, identity);
        var accepted = finding == SightingFinding.Recognised;
        return new Sighting(
            Ids.Next(clock), station, BandOf(finding), finding, accepted ? identity!.PersonId : null,
            accepted && identity!.LivenessProved,
            [.. reading.Boxes.Select((box, i) => new SightedFace(
                new SightingBox(Px(box.X), Px(box.Y), Px(box.Width), Px(box.Height)),
                i < identities.Length ? BandOf(identities[i]) : null))],
            new SightingTimings(
                Ms(look.WaitMs), Ms(look.DecodeMs), Ms(reading.DetectMs), Ms(reading.EmbedMs),
                Ms(identities.Sum(each => each?.SearchMs ?? 0))),
            started)
        {
            Candidates = finding == SightingFinding.Ambiguous ? identity!.Candidates : [],
            Alerts = [.. AlertsOf(reading, frame)],
        };
    }

    public async Task<StoredSighting?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select s.station, s.at, s.band, case when s.vehicle is null then coalesce(a.person, s.person) end,
                s.liveness_proved, a.person is not null
            from sighting s left join sighting_ask a on a.sighting = s.id where s.id = $1
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        return new StoredSighting(
            id, reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1),
            Enum.Parse<SightingBand>(reader.GetString(2), ignoreCase: true),
            reader.IsDBNull(3) ? null : reader.GetGuid(3), reader.GetBoolean(4),
            reader.GetBoolean(5));
    }

    /// <summary>Milliseconds as answers show them.</summary>
    public static double Ms(double ms) => Math.Round(ms, 2);

    /// <summary>
    /// The smaller set is searched first: fewer candidates, fewer errors. Only a clear yes there ends the search.
    /// </summary>
    /// <param name="joined">The face as several frames show it, this one among them.</param>
    private FaceIdentity? Identify(
        Face face, LiveEvidence live, FaceTemplate? joined, IReadOnlyCollection<Guid>? among)
    {
        if (face.Template is not { } single) return null;
        var (probe, newest) = joined is null ? (single, null) : (joined, single);
        var evidence = new ProbeEvidence(face.Quality.IsClear, live);
        if (among is not { Count: > 0 }) return recogniser.Identify(probe, evidence, null, newest);
        var near = recogniser.Identify(probe, evidence, among, newest);
        if (near.Band == FaceBand.Accept) return near;
        var all = recogniser.Identify(probe, evidence, null, newest);
        return all with { SearchMs = all.SearchMs + near.SearchMs };
    }

    private static SightingFinding FindingOf(FaceReading reading, VisitFrame frame, FaceIdentity? identity)
    {
        if (reading.Target is null) return SightingFinding.NoFace;
        if (frame.Foremost is null) return SightingFinding.SeveralFaces;
        if (identity is null || frame.IsDoubtful) return SightingFinding.FaceUnclear;
        return identity.Band switch
        {
            FaceBand.Accept => SightingFinding.Recognised,
            _ when frame.IsEarly => SightingFinding.FaceUnclear,
            FaceBand.Ask => SightingFinding.Ambiguous,
            _ => SightingFinding.UnknownPerson,
        };
    }

    private static IEnumerable<StationAlert> AlertsOf(FaceReading reading, VisitFrame frame)
    {
        if (frame.ShowsSomebodyTwice) yield return StationAlert.SameFaceTwice;
        // A single frame decides nothing: what a face may spend without a challenge is capped, and somebody looks. A
        // stream waits for two more, and several make the policy ask.
        if (frame.Foremost is { } foremost && reading.Faces[foremost].LiveScore < Face.LiveScoreMin)
            yield return StationAlert.LooksLikeAPicture;
    }

    private static double Px(float value) => Math.Round(value, 1);

    private static SightingBand BandOf(SightingFinding finding) => finding switch
    {
        SightingFinding.Recognised => SightingBand.Accept,
        SightingFinding.Ambiguous => SightingBand.Ask,
        _ => SightingBand.Reject,
    };

    /// <summary>What is not fit to be compared is nobody we know.</summary>
    private static SightingBand BandOf(FaceIdentity? identity) => identity?.Band switch
    {
        FaceBand.Accept => SightingBand.Accept,
        FaceBand.Ask => SightingBand.Ask,
        _ => SightingBand.Reject,
    };
}
