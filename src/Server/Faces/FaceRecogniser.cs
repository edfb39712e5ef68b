using System.Collections.Concurrent;
using System.Diagnostics;
using SightPay.Server.Api;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using SightPay.Vision.Runtime;

namespace SightPay.Server.Faces;

/// <summary>What the recogniser saw in one picture and how long each part took.</summary>
/// <param name="WaitMs">Milliseconds until a core was free.</param>
/// <param name="DecodeMs">Milliseconds from encoded bytes to pixels.</param>
public sealed record FaceLook(FaceReading Reading, double WaitMs, double DecodeMs);

/// <summary>Who it is, as far as the policy lets us say.</summary>
/// <param name="PersonId">The best candidate when the band is accept or ask, else null.</param>
/// <param name="LivenessProved">True when that person's template was enrolled with a liveness challenge.</param>
/// <param name="Candidates">Between whom a second factor has to decide; nobody unless the band is ask. Never shown.
/// </param>
public sealed record FaceIdentity(
    FaceBand Band, Guid? PersonId, bool LivenessProved, IReadOnlyList<Guid> Candidates, double SearchMs);

/// <summary>
/// Pictures in, people out: the door of this slice. Owns the pipeline, the gallery and the decision policy.
/// </summary>
public sealed class FaceRecogniser : IDisposable
{
    private readonly FacePipeline _pipeline;
    private readonly FaceGallery _gallery;
    private readonly DecisionPolicy _policy;
    private readonly PictureLimits _limits;

    private readonly PictureTurns _turns;

    // Only those who have.
    private readonly ConcurrentDictionary<Guid, bool> _livenessProved = new();

    /// <param name="turns">Shared with whoever else looks at pictures; null: nobody else does.</param>
    public FaceRecogniser(FacesSettings settings, PictureTurns? turns = null)
    {
        _pipeline = FacePipeline.Open(settings.Pack, settings.ThreadsPerModel);
        _gallery = new FaceGallery(_pipeline.Pack, _pipeline.Dimensions);
        _policy = DecisionPolicy.For(_pipeline.Pack, settings.RecognitionThreshold);
        _limits = new PictureLimits(settings.PicturePixelsMax);
        _turns = turns ?? new PictureTurns(settings.PicturesAtOnce);
    }

    public string Pack => _pipeline.Pack;

    public int Dimensions => _pipeline.Dimensions;

    /// <summary>People who can be recognised.</summary>
    public int Enrolled => _gallery.Count;

    /// <summary>What the thresholds rest on.</summary>
    internal PackEvidence Evidence => _policy.Evidence;

    /// <summary>More people are enrolled than the thresholds were measured with.</summary>
    internal bool HasOutgrown => Enrolled > Evidence.CalibratedTo;

    /// <summary>Decodes and reads one picture.</summary>
    /// <exception cref="ProblemException">422 not_a_picture, picture_truncated or picture_too_large.</exception>
    public async Task<FaceLook> LookAsync(ReadOnlyMemory<byte> encoded, FaceDemand demand, CancellationToken ct)
    {
        try
        {
            var look = await _turns.LookAsync(encoded, _limits, picture => _pipeline.Read(picture, demand), ct);
            return new FaceLook(look.Seen, look.WaitMs, look.DecodeMs);
        }
        catch (PictureException exception)
        {
            throw ImageParts.Refused(exception);
        }
    }

    /// <summary>Searches everybody, or only the given people.</summary>
    /// <param name="newest">The last one of the frames that are joined in the probe. Whoever is accepted must be in it:
    /// by itself it asks for them at least.</param>
    public FaceIdentity Identify(
        FaceTemplate probe, ProbeEvidence evidence, IReadOnlyCollection<Guid>? among = null,
        FaceTemplate? newest = null)
    {
        var started = Stopwatch.GetTimestamp();
        var match = among is null ? _gallery.Search(probe) : _gallery.Search(probe, among);
        var band = _policy.Decide(match, evidence, probe.Photos);
        if (band == FaceBand.Accept && newest is not null && !IsIn(newest, match)) band = FaceBand.Ask;
        var person = band == FaceBand.Reject ? null : match.BestId;
        var proved = person is { } id && _livenessProved.GetValueOrDefault(id);
        var candidates = band == FaceBand.Ask ? CandidatesOf(match, probe.Photos) : [];
        return new FaceIdentity(
            band, person, proved, candidates, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    public void Dispose()
    {
        _pipeline.Dispose();
    }

    /// <summary>Whether somebody else's stored face is the same one: at or above the accept point.</summary>
    internal bool BelongsToAnother(FaceTemplate template, Guid self)
    {
        var match = _gallery.Search(template);
        var other = match.BestId == self ? match.RunnerUpScore : match.BestScore;
        return other >= _policy.LimitsAt(Math.Max(1, match.Searched), template.Photos).AcceptMin;
    }

    internal void Put(Guid person, FaceTemplate template, bool livenessProved)
    {
        if (template.Pack != Pack) throw new ArgumentException($"A template of pack {template.Pack} is no {Pack}.");
        Put(person, template.Values, livenessProved);
    }

    /// <param name="values">A template of this pack.</param>
    internal void Put(Guid person, ReadOnlySpan<float> values, bool livenessProved)
    {
        if (livenessProved) _livenessProved[person] = true;
        else _livenessProved.TryRemove(person, out _);
        _gallery.Put(person, Pack, values);
    }

    internal void Remove(Guid person)
    {
        _gallery.Remove(person);
        _livenessProved.TryRemove(person, out _);
    }

    private bool IsIn(FaceTemplate frame, GalleryMatch match) =>
        _gallery.Search(frame, [match.BestId!.Value]).BestScore >= _policy.LimitsAt(match.Searched).AskMin;

    /// <summary>The best and, if they could be asked for themselves, the runner-up.</summary>
    private Guid[] CandidatesOf(GalleryMatch match, int photos) =>
        match.RunnerUpId is { } other && match.RunnerUpScore >= _policy.LimitsAt(match.Searched, photos).AskMin
            ? [match.BestId!.Value, other]
            : [match.BestId!.Value];
}
