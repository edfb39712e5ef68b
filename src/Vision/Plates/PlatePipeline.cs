using System.Collections.Concurrent;
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
    private readonly CctXs? _plateReader;
    private readonly ConcurrentBag<Desk> _desks = [];

    private PlatePipeline(string pack, PpOcrDetector detector, PpOcrReader reader, CctXs? plateReader) =>
        (Pack, _detector, _reader, _plateReader) = (pack, detector, reader, plateReader);

    /// <summary>Name and version of the model pack.</summary>
    public string Pack { get; }

    internal PpOcrDetector Detector => _detector;
    internal PpOcrReader Reader => _reader;
    internal CctXs? PlateReader => _plateReader;

    /// <param name="pack">The standard pack or one that is added to it: what it lacks comes from the standard one.
    /// </param>
    /// <param name="threads">Threads inside one model run.</param>
    /// <exception cref="InvalidDataException">The pack's files are not its own.</exception>
    public static PlatePipeline Open(ModelPack pack, int threads = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var standard = pack.Manifest.Name == PrecisePack.Name ? ModelPack.Load(EnginePaths.StandardPack) : pack;
        PpOcrDetector? detector = null;
        CctXs? plateReader = null;
        try
        {
            detector = PpOcrDetector.Open(standard, threads);
            plateReader = CctXs.OfPack(pack, threads);
            return new(pack.Id, detector, PpOcrReader.Open(standard, threads), plateReader);
        }
        catch
        {
            detector?.Dispose();
            plateReader?.Dispose();
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
        _plateReader?.Dispose();
    }

    /// <summary>One caller's scratch memory, reused from picture to picture.</summary>
    internal sealed class Desk
    {
        public int Looks { get; set; }
        public int LinesRead { get; set; }
        public int PlatesRead { get; set; }
        public PictureScaler Scaler { get; } = new();
        public WritingMap Map { get; } = new();
        public List<Writing> Found { get; } = new(64);
        public List<PlateCandidate> Worthy { get; } = new(16);
        public List<PlateCandidate> Candidates { get; } = new(16);
        public List<Writing> Lines { get; } = new(64);
        public GlyphLine Line { get; } = new();
        public GlyphLine Below { get; } = new();
        public PlateTextFinder Finder { get; } = new();
    }
}
