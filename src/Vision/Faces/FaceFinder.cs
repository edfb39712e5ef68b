using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// Says where faces are, and nothing about whose: what a camera's own computer needs in order to send no more of a
/// picture than the faces. One caller at a time.
/// </summary>
public sealed class FaceFinder : IDisposable
{
    private readonly FaceDetector _detector;
    private readonly PixelSampler _sampler = new();
    private readonly List<FaceCandidate> _found = [];

    private FaceFinder(FaceDetector detector) => _detector = detector;

    /// <param name="pack">The standard pack or one that is added to it.</param>
    /// <param name="threads">Threads inside one run.</param>
    /// <exception cref="InvalidDataException">The pack's files are not its own.</exception>
    public static FaceFinder Open(ModelPack pack, int threads) => new(FaceDetector.OfPack(
        pack, pack.Manifest.Name == PrecisePack.Name ? ModelPack.Load(EnginePaths.StandardPack) : pack, threads));

    /// <returns>All faces, largest first, in pixels of the picture.</returns>
    public IReadOnlyList<FaceBox> Find(Picture picture)
    {
        _detector.Find(picture, _sampler, _found);
        return _found.ConvertAll(candidate => candidate.Box);
    }

    public void Dispose() => _detector.Dispose();
}
