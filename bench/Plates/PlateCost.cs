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
    private const int WarmUp = 40;

    /// <param name="Ms">From decoded pixels, the median of the rounds.</param>
    /// <param name="OverBare">The median of the rounds' own ratios.</param>
    /// <param name="AllocatedBytes">Of a frame.</param>
    public readonly record struct Figures(double Ms, double OverBare, long AllocatedBytes);

    public static Figures Measure(string? pack, int threads, int rounds)
    {
        using var pipeline = PlateSet.Open(pack, threads);
        var frame = PictureCodec.Decode(new DrawnCar("ABC 1234").Jpeg(Width, Height), new PictureLimits());
        var runs = new List<NetworkRun>();
        if (pipeline.Read(frame, Region, runs).Foremost is null)
            throw new BenchException("The drawn plate is not read.");
        NetworkRun[][] steps = [.. runs.GroupBy(run => run.Step).Select(step => step.ToArray())];
        // Long enough for the compiler, too.
        for (var i = 0; i < WarmUp; i++)
        {
            pipeline.Read(frame, Region);
            RunBare(steps, threads);
        }
        var (whole, ratios) = (new double[rounds], new double[rounds]);
        var allocated = 0L;
        for (var i = 0; i < rounds; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            whole[i] = Time(() => pipeline.Read(frame, Region));
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            ratios[i] = whole[i] / Time(() => RunBare(steps, threads));
        }
        return new(Median(whole), Median(ratios), allocated / rounds);
    }

    /// <summary>The same runs as for the frame, as many at once as there.</summary>
    private static void RunBare(NetworkRun[][] steps, int threads)
    {
        foreach (var step in steps)
            SharedWork.Run(threads, step.Length, i =>
            {
                using var run = step[i].Network.Rent(step[i].Shape);
                run.Run();
            });
    }

    private static double Time(Action act)
    {
        var started = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);
}
