using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;

namespace SightPay.Server.Plates;

/// <summary>Pictures in, plates out: the pipeline behind the turns that faces take too.</summary>
public sealed class PlateReader : IDisposable
{
    private readonly PlatePipeline _pipeline;
    private readonly PictureTurns _turns;
    private readonly PictureLimits _limits;

    internal PlateReader(PlateSettings settings, PictureTurns turns)
    {
        _pipeline = PlatePipeline.Open(settings.Pack, settings.ThreadsPerModel);
        _turns = turns;
        _limits = new PictureLimits(settings.PicturePixelsMax);
    }

    /// <param name="region">A region that <c>PlateGrammar</c> knows.</param>
    /// <exception cref="PictureException">Not a picture, truncated or too large.</exception>
    public Task<PictureLook<PlateReading>> LookAsync(
        ReadOnlyMemory<byte> encoded, string region, CancellationToken ct) =>
        _turns.LookAsync(encoded, _limits, picture => _pipeline.Read(picture, region), ct);

    public void Dispose() => _pipeline.Dispose();
}
