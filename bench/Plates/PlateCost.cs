using System.Diagnostics;
using SightPay.Bench.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Plates;

/// <summary>What the plate pipeline costs beside the bare runs of its models, on a car that the tests draw.</summary>
internal static class PlateCost
{
    private const string Region = "br";
    private const int Width = 1280;
    private const int Height = 720;

    /// <param name="Ms">From decoded pixels, the median of the rounds.</param>
    /// <param name="OverBare">The median of the rounds' own ratios.</param>
    /// <param name="AllocatedBytes">Of a frame.</param>
    public readonly record struct Figures(double Ms, double OverBare, long AllocatedBytes);

    public static Figures Measure(string? pack, int threads, int rounds)
    {
        using var pipeline = PlateSet.Open(pack, threads);
        var frame = PictureCodec.Decode(new DrawnCar("ABC 1234").Jpeg(Width, Height), new PictureLimits());
        var reading = pipeline.Read(frame, Region);
        if (reading.Foremost is not { } plate) throw new BenchException("The drawn plate is not read.");
        for (var i = 0; i < 5; i++)
        {
            pipeline.Read(frame, Region);
            RunBare(pipeline, reading, plate);
        }
        var (whole, ratios) = (new double[rounds], new double[rounds]);
        var allocated = 0L;
        for (var i = 0; i < rounds; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            whole[i] = Time(() => pipeline.Read(frame, Region));
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            ratios[i] = whole[i] / Time(() => RunBare(pipeline, reading, plate));
        }
        return new(Median(whole), Median(ratios), allocated / rounds);
    }

    /// <summary>The same runs as for the frame: the finder over the picture and over parts of it, then the readers.
    /// </summary>
    private static void RunBare(PlatePipeline pipeline, PlateReading reading, ReadPlate plate)
    {
        using (var finder = pipeline.Detector.Rent(Width, Height, 640)) finder.Run();
        for (var i = 1; i < reading.Looks; i++)
        {
            using var closer = pipeline.Detector.Rent(320, 192, 320);
            closer.Run();
        }
        for (var i = 0; i < reading.LinesRead; i++)
        {
            using var reader = pipeline.Reader.Rent(plate.Box.Width / plate.Box.Height);
            reader.Run();
        }
        for (var i = 0; i < reading.PlatesRead; i++)
        {
            using var plates = pipeline.PlateReader?.Rent();
            plates?.Run();
        }
    }

    private static double Time(Action act)
    {
        var started = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);
}
