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
    private readonly ConcurrentBag<Desk> _desks = [];

    private PlatePipeline(string pack, PpOcrDetector detector, PpOcrReader reader, CctXs? plateReader, int threads) =>
        (Pack, Detector, Reader, PlateReader, Threads) = (pack, detector, reader, plateReader, threads);

    /// <summary>Name and version of the model pack.</summary>
    public string Pack { get; }

    /// <summary>For one picture.</summary>
    internal int Threads { get; }

    internal PpOcrDetector Detector { get; }
    internal PpOcrReader Reader { get; }
    internal CctXs? PlateReader { get; }

    /// <param name="pack">The standard pack or one that is added to it: what it lacks comes from the standard one.
    /// </param>
    /// <param name="threads">For one picture: the finder of writing runs on so many, and so many lines are read at
    /// once, each on one thread, since the layers of the readers are too short to share.</param>
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
            plateReader = CctXs.OfPack(pack);
            return new(pack.Id, detector, PpOcrReader.Open(standard), plateReader, threads);
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
    public PlateReading Read(Picture picture, string region) => Read(picture, region, runs: null);

    /// <param name="runs">When given, takes the runs of networks that the picture needed, for measuring the pipeline
    /// beside them.</param>
    internal PlateReading Read(Picture picture, string region, List<NetworkRun>? runs)
    {
        var grammar = PlateGrammar.Of(region) ?? throw new ArgumentException($"There is no region {region}.");
        var desk = _desks.TryTake(out var used) ? used : new Desk();
        try
        {
            return new PlateSearch(this, desk, picture, grammar, runs).Run();
        }
        finally
        {
            _desks.Add(desk);
        }
    }

    public void Dispose()
    {
        Detector.Dispose();
        Reader.Dispose();
        PlateReader?.Dispose();
    }

    /// <summary>One caller's scratch memory, reused from picture to picture.</summary>
    internal sealed class Desk
    {
        public PictureScaler Scaler { get; } = new();
        public WritingMap Map { get; } = new();
        public List<Writing> Found { get; } = new(64);
        public List<PlateCandidate> Worthy { get; } = new(16);
        public List<PlateCandidate> Candidates { get; } = new(16);
        public List<Writing> Lines { get; } = new(64);
        public List<PlateCandidate> Once { get; } = new(4);
        public List<ReadJob> Jobs { get; } = new(16);

        /// <summary>One for each job.</summary>
        public List<Seat> Seats { get; } = new(16);

        public void Prepare()
        {
            while (Seats.Count < Jobs.Count) Seats.Add(new());
        }
    }

    /// <summary>Writing that is to be read.</summary>
    /// <param name="Crop">What is cut off or left on at its ends and edges, in heights of the writing.</param>
    internal readonly record struct ReadJob(PlateCandidate Candidate, (float Ends, float Edges) Crop)
    {
        /// <summary>By the reader of whole plates.</summary>
        public bool IsWholePlate { get; init; }
    }

    /// <summary>What one job needs, and its result.</summary>
    internal sealed class Seat
    {
        public GlyphLine Line { get; } = new();
        public GlyphLine Below { get; } = new();
        public PlateTextFinder Finder { get; } = new();
        public PlateRead? Read { get; set; }

        /// <summary>Shapes of the networks' runs, the second of a plate's second line.</summary>
        public (int First, int Second) Shapes { get; set; }
    }
}

/// <summary>One run of a network for a picture.</summary>
/// <param name="Shape">Which of the shapes that it was opened with.</param>
/// <param name="Step">Runs of one step were done at once, the steps one after the other.</param>
internal readonly record struct NetworkRun(OnnxModel Network, int Shape, int Step);
