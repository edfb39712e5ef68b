using SightPay.Tests.Support;
using SightPay.Vision.Models;
using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Tests.Plates;

/// <summary>One pipeline for all tests of a class.</summary>
public class PlateBed : IDisposable
{
    private readonly Lazy<PlatePipeline> _pipeline;

    public PlateBed() => _pipeline = new(() => PlatePipeline.Open(OpenPack()));

    public PlatePipeline Pipeline => _pipeline.Value;

    public PlateReading Read(DrawnCar car, string region, int width = 1280, int height = 720) =>
        Pipeline.Read(Photo(car, width, height), region);

    /// <summary>As a camera would send it.</summary>
    public static Picture Photo(DrawnCar car, int width = 1280, int height = 720) =>
        PictureCodec.Decode(car.Jpeg(width, height), new PictureLimits());

    protected virtual ModelPack OpenPack() => ModelPack.Load(EnginePaths.StandardPack);

    public virtual void Dispose()
    {
        if (_pipeline.IsValueCreated) _pipeline.Value.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same with the precise pack, installed for these tests from the files beside the repository.</summary>
public sealed class PrecisePlateBed : PlateBed
{
    private readonly TemporaryFolder _packs = new();

    protected override ModelPack OpenPack() => SharedFolder.InstallPrecise(_packs.Path);

    public override void Dispose()
    {
        base.Dispose();
        _packs.Dispose();
    }
}
