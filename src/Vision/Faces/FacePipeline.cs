using System.Collections.Concurrent;
using System.Diagnostics;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>How strict the quality gate is.</summary>
public enum FaceDemand
{
    /// <summary>A walking person at a gate: the face must be usable.</summary>
    Recognise,

    /// <summary>The same for everybody in the picture, and not for the largest face alone.</summary>
    RecogniseAll,

    /// <summary>A photo that will be compared for years: the face must be good.</summary>
    Enrol,

    /// <summary>A frame of a liveness challenge: usable as for recognition, and what eyes and mouth do is
    /// measured.</summary>
    Watch,
}

/// <summary>
/// Pixels in, template out: detect, landmarks, quality, align, embed with the mirrored picture. Thread-safe; the
/// caller's picture is never changed.
/// </summary>
public sealed class FacePipeline : IDisposable
{
    // A bound on what one picture may cost, a crowd's worth; of more people the smallest ones are boxes alone.
    private const int FacesMax = 24;

    private readonly FaceDetector _detector;
    private readonly FaceMesh _mesh;
    private readonly JoinedEmbedder _embedder;
    private readonly MiniFasNet? _liveness;
    private readonly ConcurrentBag<Desk> _desks = [];

    private FacePipeline(FaceDetector detector, FaceMesh mesh, JoinedEmbedder embedder, MiniFasNet? liveness) =>
        (_detector, _mesh, _embedder, _liveness) = (detector, mesh, embedder, liveness);

    /// <summary>Name and version of the model pack, stored with every template.</summary>
    public string Pack => _embedder.Pack;

    /// <summary>Floats in a template.</summary>
    public int Dimensions => _embedder.Dimensions;

    internal FaceDetector Detector => _detector;
    internal FaceMesh Mesh => _mesh;
    internal JoinedEmbedder Embedder => _embedder;
    internal MiniFasNet? Liveness => _liveness;

    /// <param name="modelsFolder">Folder of the pack's ONNX files and manifest.</param>
    /// <param name="threads">Threads inside one model run.</param>
    /// <exception cref="InvalidDataException">There is no pack in the folder, or its files are not its own.</exception>
    public static FacePipeline Open(string modelsFolder, int threads = 2) =>
        Open(ModelPack.Load(modelsFolder), threads);

    /// <param name="pack">The standard pack or one that is added to it: what it lacks comes from the standard one.
    /// </param>
    /// <param name="threads">Threads inside one model run.</param>
    /// <exception cref="InvalidDataException">The pack's files are not its own.</exception>
    public static FacePipeline Open(ModelPack pack, int threads = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var standard = pack.Manifest.Name == PrecisePack.Name ? ModelPack.Load(EnginePaths.StandardPack) : pack;
        FaceDetector? detector = null;
        FaceMesh? mesh = null;
        MiniFasNet? liveness = null;
        try
        {
            liveness = MiniFasNet.OfPack(pack, threads);
            detector = FaceDetector.OfPack(pack, standard, threads);
            mesh = FaceMesh.Open(standard, threads);
            return new(detector, mesh, JoinedEmbedder.Open(pack, standard, threads), liveness);
        }
        catch
        {
            detector?.Dispose();
            mesh?.Dispose();
            liveness?.Dispose();
            throw;
        }
    }

    /// <summary>Finds all faces and looks closely at the largest one, or at all of them.</summary>
    public FaceReading Read(Picture picture, FaceDemand demand)
    {
        var desk = _desks.TryTake(out var used) ? used : new Desk();
        try
        {
            return Read(picture, demand, desk);
        }
        finally
        {
            _desks.Add(desk);
        }
    }

    private FaceReading Read(Picture picture, FaceDemand demand, Desk desk)
    {
        var started = Stopwatch.GetTimestamp();
        _detector.Find(picture, desk.Sampler, desk.Candidates);
        var (wanted, embedding) = (demand == FaceDemand.RecogniseAll ? FacesMax : 1, TimeSpan.Zero);
        desk.Faces.Clear();
        while (desk.Faces.Count < wanted && desk.Faces.Count < desk.Candidates.Count)
        {
            var candidate = desk.Candidates[desk.Faces.Count];
            // The net that draws the mesh also says whether there is a face at all: it overrules the detector.
            if (_mesh.Read(picture, candidate, desk.Sampler, desk.Mesh))
                desk.Faces.Add(LookClosely(picture, candidate.Box, demand, desk, ref embedding));
            else
                desk.Candidates.RemoveAt(desk.Faces.Count);
        }
        var boxes = new FaceBox[desk.Candidates.Count];
        for (var i = 0; i < boxes.Length; i++) boxes[i] = desk.Candidates[i].Box;
        var detecting = Stopwatch.GetElapsedTime(started) - embedding;
        return new([.. desk.Faces], boxes, picture.Width, detecting.TotalMilliseconds, embedding.TotalMilliseconds);
    }

    /// <summary>Quality, template and the like of the face whose mesh lies on the desk.</summary>
    private Face LookClosely(Picture picture, FaceBox box, FaceDemand demand, Desk desk, ref TimeSpan embedding)
    {
        var alignStarted = Stopwatch.GetTimestamp();
        using var inHand = _embedder.Align(picture, AlignedFace.ToPicture(desk.Mesh.Five), desk.Sampler);
        embedding += Stopwatch.GetElapsedTime(alignStarted);
        var quality = desk.Gate.Measure(desk.Mesh, inHand.Aligned, picture.Width, picture.Height, demand);

        var embedStarted = Stopwatch.GetTimestamp();
        var template = quality.Flaw == FaceFlaw.None ? _embedder.Embed(inHand, desk.Sampler) : null;
        var face = new Face(box, desk.Mesh.Five, quality, template)
        {
            LiveScore = template is null ? null : _liveness?.Score(picture, box, desk.Sampler),
            Motion = demand == FaceDemand.Watch
                ? new(desk.Mesh.EyesOpen, desk.Mesh.MouthOpen, EyePatch.Of(picture, desk.Mesh))
                : null,
        };
        embedding += Stopwatch.GetElapsedTime(embedStarted);
        return face;
    }

    /// <summary>
    /// Embeds a square crop whose five points lie where the embedder wants them already: no detection and no quality
    /// gate. For evaluation sets that come aligned.
    /// </summary>
    internal FaceTemplate EmbedAligned(Picture crop)
    {
        if (crop.Width != crop.Height) throw new ArgumentException("An aligned crop is square.", nameof(crop));
        var desk = _desks.TryTake(out var used) ? used : new Desk();
        try
        {
            using var face = _embedder.Align(crop, AlignedFace.ToCrop(crop.Width), desk.Sampler);
            return _embedder.Embed(face, desk.Sampler);
        }
        finally
        {
            _desks.Add(desk);
        }
    }

    /// <summary>The normalised mean of several templates of one person, weighted by quality.</summary>
    /// <exception cref="ArgumentException">No face, a face without a template, or templates of two packs.</exception>
    public static FaceTemplate Fuse(IReadOnlyList<Face> faces)
    {
        if (faces.Count == 0) throw new ArgumentException("There is no face to fuse.", nameof(faces));
        var first = Template(faces[0]);
        var sum = new float[first.Values.Length];
        foreach (var face in faces)
        {
            var template = Template(face);
            MustCompare(first, template);
            if (!UnitVector.IsUnit(template.Values))
                throw new ArgumentException("A template is not of unit length.", nameof(faces));
            // A face of no quality at all still counts a little: it passed the gate.
            var weight = MathF.Max(face.Quality.Score, 0.01f);
            for (var i = 0; i < sum.Length; i++) sum[i] += weight * template.Values[i];
        }
        UnitVector.Normalise(sum);
        return new(first.Pack, sum, faces.Count);

        static FaceTemplate Template(Face face) =>
            face.Template ?? throw new ArgumentException("A face without a template cannot be fused.", nameof(faces));
    }

    /// <summary>Cosine of two templates of the same pack, -1..1.</summary>
    /// <exception cref="ArgumentException">Templates of two packs are never compared.</exception>
    public static float Similarity(FaceTemplate a, FaceTemplate b)
    {
        MustCompare(a, b);
        return Math.Clamp(UnitVector.Dot(a.Values, b.Values), -1, 1);
    }

    private static void MustCompare(FaceTemplate a, FaceTemplate b)
    {
        if (a.Pack != b.Pack || a.Values.Length != b.Values.Length)
            throw new ArgumentException($"Templates of pack {a.Pack} and {b.Pack} are never compared.");
    }

    public void Dispose()
    {
        _detector.Dispose();
        _mesh.Dispose();
        _embedder.Dispose();
        _liveness?.Dispose();
    }

    /// <summary>One caller's scratch memory, reused from picture to picture.</summary>
    private sealed class Desk
    {
        public PixelSampler Sampler { get; } = new();
        public List<FaceCandidate> Candidates { get; } = new(64);
        public List<Face> Faces { get; } = [];
        public MeshReading Mesh { get; } = new();
        public FaceQualityGate Gate { get; } = new();
    }
}
