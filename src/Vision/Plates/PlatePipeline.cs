using System.Collections.Concurrent;
using System.Diagnostics;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>
/// Pixels in, plates out: find writing, draw it upright, read it, explain it by the region's grammar, and refuse what
/// is no plate. Thread-safe; the caller's picture is never changed.
/// </summary>
public sealed class PlatePipeline : IDisposable
{
    private readonly PpOcrDetector _detector;
    private readonly PpOcrReader _reader;
    private readonly ConcurrentBag<Desk> _desks = [];

    private PlatePipeline(string pack, PpOcrDetector detector, PpOcrReader reader) =>
        (Pack, _detector, _reader) = (pack, detector, reader);

    /// <summary>Name and version of the model pack.</summary>
    public string Pack { get; }

    internal PpOcrDetector Detector => _detector;
    internal PpOcrReader Reader => _reader;

    /// <param name="pack">The standard pack or one that is added to it: what it lacks comes from the standard one.
    /// </param>
    /// <param name="threads">Threads inside one model run.</param>
    /// <exception cref="InvalidDataException">The pack's files are not its own.</exception>
    public static PlatePipeline Open(ModelPack pack, int threads = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var standard = pack.Manifest.Name == PrecisePack.Name ? ModelPack.Load(EnginePaths.StandardPack) : pack;
        PpOcrDetector? detector = null;
        try
        {
            detector = PpOcrDetector.Open(standard, threads);
            return new(pack.Id, detector, PpOcrReader.Open(standard, threads));
        }
        catch
        {
            detector?.Dispose();
            throw;
        }
    }

    /// <summary>Finds and reads the plates of a picture.</summary>
    /// <param name="picture">Upright.</param>
    /// <param name="region">Code of the region whose plates are expected.</param>
    /// <exception cref="ArgumentException">There is no such region.</exception>
    public PlateReading Read(Picture picture, string region)
    {
        var grammar = PlateGrammar.Of(region) ?? throw new ArgumentException($"There is no region {region}.");
        var desk = _desks.TryTake(out var used) ? used : new Desk();
        try
        {
            return new PlateSearch(this, desk, picture, grammar).Run();
        }
        finally
        {
            _desks.Add(desk);
        }
    }

    public void Dispose()
    {
        _detector.Dispose();
        _reader.Dispose();
    }

    /// <summary>One caller's scratch memory, reused from picture to picture.</summary>
    internal sealed class Desk
    {
        public PictureScaler Scaler { get; } = new();
        public WritingMap Map { get; } = new();
        public List<Writing> Found { get; } = new(64);
        public List<PlateCandidate> Candidates { get; } = new(16);
        public GlyphLine Line { get; } = new();
        public GlyphLine Second { get; } = new();
        public PlateTextFinder Finder { get; } = new();
    }
}

/// <summary>The search for plates in one picture: ever closer looks, until one is read clearly.</summary>
internal readonly struct PlateSearch(
    PlatePipeline pipeline, PlatePipeline.Desk desk, Picture picture, PlateGrammar grammar)
{
    private const float ScoreMin = 2;
    private const float ScoreClear = 6;
    private const float DoubtClear = 1.5f;

    // A car behind the one at the pump shows a plate of half the size.
    private const float BehindShare = 0.5f;

    // A bound on what one look may cost.
    private const int ReadsMax = 12;

    private const float AspectMin = 0.8f;
    private const float AspectMax = 14;
    private const float HeightMin = 7;

    private static readonly int[] Looks = [640, 960, 1280];

    public PlateReading Run()
    {
        desk.Candidates.Clear();
        var (finding, reading) = (TimeSpan.Zero, TimeSpan.Zero);
        var longSide = Math.Max(picture.Width, picture.Height);
        foreach (var look in Looks)
        {
            // Enlarging a picture further shows nothing new.
            if (look > 640 && look * 3 / 4 > longSide) break;
            var started = Stopwatch.GetTimestamp();
            pipeline.Detector.Find(
                picture, PicturePart.Whole(picture), look, desk.Scaler, desk.Map, desk.Found);
            finding += Stopwatch.GetElapsedTime(started);
            started = Stopwatch.GetTimestamp();
            ReadAll();
            reading += Stopwatch.GetElapsedTime(started);
            if (desk.Candidates.Exists(IsClear)) break;
        }
        return new(Plates(), picture.Width, picture.Height, finding.TotalMilliseconds, reading.TotalMilliseconds);
    }

    private static bool IsClear(PlateCandidate candidate) =>
        candidate.Score >= ScoreClear && candidate.Text.Doubt <= DoubtClear;

    private void ReadAll()
    {
        var found = desk.Found;
        found.RemoveAll(static writing =>
            writing.Height < HeightMin || writing.Width / writing.Height is < AspectMin or > AspectMax);
        found.Sort(static (a, b) => Promise(b).CompareTo(Promise(a)));
        for (var i = 0; i < found.Count && i < ReadsMax; i++) ReadOne(found[i]);
    }

    /// <summary>How likely writing is a plate before it is read: of a plate's shape, large, clear.</summary>
    private static float Promise(Writing writing)
    {
        var aspect = writing.Width / writing.Height;
        var shape = aspect is > 1.6f and < 7 ? 1 : 0.3f;
        return shape * writing.Score * MathF.Sqrt(writing.Width * writing.Height);
    }

    private void ReadOne(Writing writing)
    {
        pipeline.Reader.Read(picture, writing.Quad, desk.Line);
        if (desk.Finder.Find(desk.Line, grammar) is { } text) Add(writing, text, 1);
    }

    private void Add(Writing writing, PlateText text, int lines)
    {
        var candidate = new PlateCandidate(
            writing, text, PlateJudge.Score(writing, desk.Line, text, lines, picture.Width, picture.Height));
        // The same place seen by a closer look: the better explanation stays.
        var box = writing.Quad.Bounds;
        var same = desk.Candidates.FindIndex(other => other.Writing.Quad.Bounds.Overlap(box) > 0.3f);
        if (same < 0) desk.Candidates.Add(candidate);
        else if (desk.Candidates[same].Score < candidate.Score) desk.Candidates[same] = candidate;
    }

    private ReadPlate[] Plates()
    {
        var (width, height, region) = (picture.Width, picture.Height, grammar.Region);
        var plates = desk.Candidates.FindAll(static candidate => candidate.Score >= ScoreMin);
        if (plates.Count == 0) return [];
        plates.Sort((a, b) => Foremost(b).CompareTo(Foremost(a)));
        var heightMin = plates[0].Writing.Height * BehindShare;
        return
        [
            .. plates.Where(plate => plate.Writing.Height >= heightMin).Select(plate =>
                new ReadPlate(plate.Text.Text, region, plate.Text.Characters, plate.Writing.Quad)),
        ];

        // Large, central and surely a plate.
        float Foremost(PlateCandidate plate)
        {
            var centre = plate.Writing.Quad.Bounds.Centre;
            var off = MathF.Abs(centre.X / width - 0.5f) + MathF.Abs(centre.Y / height - 0.5f);
            return plate.Writing.Height * (1 - 0.5f * off) * MathF.Min(plate.Score, ScoreClear);
        }
    }
}
