using System.Diagnostics;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Server.Stations;

/// <summary>Turns a picture and a search set into a sighting; finds stored ones.</summary>
public sealed partial class Sightings(
    FaceRecogniser recogniser, NpgsqlDataSource database, TimeProvider clock, ILogger<Sightings> log)
{
    /// <param name="among">Searched first; everybody is searched when none of them is accepted. Null: everybody.
    /// </param>
    public async Task<Sighting> TakeAsync(
        Station station, ReadOnlyMemory<byte> picture, IReadOnlyCollection<Guid>? among, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var look = await recogniser.LookAsync(picture, FaceDemand.Recognise, ct);
        var reading = look.Reading;
        var identity = reading.IsCrowded || reading.Target?.Template is not { } probe ? null : Identify(probe, among);
        var finding = FindingOf(reading, identity);
        var accepted = finding == SightingFinding.Recognised;
        var id = Ids.Next(clock);
        // A single frame decides nothing: what a face may spend without a challenge is capped, and somebody looks.
        if (reading.Target?.LiveScore < Face.LiveScoreMin) LogLooksLikeAPicture(station.Id, id);
        return new Sighting(
            id, station, identity is null ? SightingBand.Reject : BandOf(identity.Band), finding,
            accepted ? identity!.PersonId : null, accepted && identity!.LivenessProved,
            FacesOf(reading, identity),
            new SightingTimings(
                Ms(look.WaitMs), Ms(look.DecodeMs), Ms(reading.DetectMs), Ms(reading.EmbedMs),
                Ms(identity?.SearchMs ?? 0)),
            started)
        {
            Candidates = identity?.Candidates ?? [],
        };
    }

    public async Task<StoredSighting?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select s.station, s.at, s.band, coalesce(a.person, s.person), s.liveness_proved, a.person is not null
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
    private FaceIdentity Identify(FaceTemplate probe, IReadOnlyCollection<Guid>? among)
    {
        if (among is not { Count: > 0 }) return recogniser.Identify(probe);
        var near = recogniser.Identify(probe, among);
        if (near.Band == FaceBand.Accept) return near;
        var all = recogniser.Identify(probe);
        return all with { SearchMs = all.SearchMs + near.SearchMs };
    }

    private static SightingFinding FindingOf(FaceReading reading, FaceIdentity? identity)
    {
        if (reading.Target is null) return SightingFinding.NoFace;
        if (reading.IsCrowded) return SightingFinding.SeveralFaces;
        if (identity is null) return SightingFinding.FaceUnclear;
        return identity.Band switch
        {
            FaceBand.Accept => SightingFinding.Recognised,
            FaceBand.Ask => SightingFinding.Ambiguous,
            _ => SightingFinding.UnknownPerson,
        };
    }

    private static List<SightedFace> FacesOf(FaceReading reading, FaceIdentity? identity)
    {
        SightingBand? band = identity is null ? null : BandOf(identity.Band);
        return [.. reading.Boxes.Select((box, i) => new SightedFace(
            new SightingBox(Px(box.X), Px(box.Y), Px(box.Width), Px(box.Height)), i == 0 ? band : null))];
    }

    private static double Px(float value) => Math.Round(value, 1);

    private static SightingBand BandOf(FaceBand band) => band switch
    {
        FaceBand.Accept => SightingBand.Accept,
        FaceBand.Ask => SightingBand.Ask,
        _ => SightingBand.Reject,
    };

    [LoggerMessage(3003, LogLevel.Warning, "What station {Station} saw looks like a picture of a face and not like a "
        + "person: sighting {Sighting}.")]
    private partial void LogLooksLikeAPicture(string station, Guid sighting);
}
