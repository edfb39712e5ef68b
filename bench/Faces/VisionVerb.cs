using System.CommandLine;
using System.Diagnostics;
using SightPay.Bench.Plates;
using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Faces;

/// <summary>vision: what the pipeline costs beside the bare runs of its models.</summary>
internal static class VisionVerb
{
    private const int Width = 640;
    private const int Height = 480;

    public static Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "In one run.", DefaultValueFactory = _ => 2 };
        var rounds = new Option<int>("--rounds") { Description = "Measured frames.", DefaultValueFactory = _ => 200 };
        var pack = FaceBench.Pack();
        var verb = new Command("vision", "Pipeline time beside the bare models, from decoded pixels.")
        {
            threads, rounds, pack,
        };
        verb.Run((result, output) => Measure(
            result.GetValue(pack), result.GetValue(threads), result.GetValue(rounds), output));
        return verb;
    }

    private static object Measure(string? pack, int threads, int rounds, TextWriter output)
    {
        if (threads < 1 || rounds < 1) throw new BenchException("--threads and --rounds are 1 or more.");
        using var pipeline = FaceBench.Open(pack, threads);
        var encoded = PictureCodec.EncodeJpeg(Frame(), 90);
        var frame = PictureCodec.Decode(encoded, new PictureLimits());
        if (pipeline.Read(frame, FaceDemand.Recognise).Target?.Template is null)
            throw new BenchException("The frame holds no usable face.");

        var (whole, bare) = (new double[rounds], new double[rounds]);
        var (decode, ratios) = (new double[rounds], new double[rounds]);
        Warm(pipeline, frame);
        var allocated = 0L;
        for (var i = 0; i < rounds; i++)
        {
            decode[i] = Time(() => PictureCodec.Decode(encoded, new PictureLimits()));
            var before = GC.GetAllocatedBytesForCurrentThread();
            whole[i] = Time(() => pipeline.Read(frame, FaceDemand.Recognise));
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            bare[i] = Time(() => RunBare(pipeline));
            ratios[i] = whole[i] / bare[i];
        }
        output.WriteLine(
            $"One face in {Width}x{Height}, {threads} thread(s) a run, {rounds} interleaved rounds. Pipeline "
            + $"{Median(whole):0.00} ms; its model runs alone {Median(bare):0.00} ms; decoding, apart, "
            + $"{Median(decode):0.00} ms. The ratio is the median of the rounds' own ratios.");
        var plates = PlateCost.Measure(pack, threads, rounds);
        output.WriteLine(
            $"One drawn car in 1280x720: {plates.Ms:0.00} ms, {plates.OverBare:0.00} times the same model runs.");
        return new
        {
            face_ms = FaceBench.Rounded(Median(whole), 3),
            face_over_bare = FaceBench.Rounded(Median(ratios), 3),
            plate_ms = FaceBench.Rounded(plates.Ms, 3),
            plate_over_bare = FaceBench.Rounded(plates.OverBare, 3),
            allocated_bytes_per_frame = allocated / rounds,
            plate_allocated_bytes_per_frame = plates.AllocatedBytes,
            decode_ms = FaceBench.Rounded(Median(decode), 3),
            pack = pipeline.Pack,
        };
    }

    /// <summary>A camera frame cut from the first group picture.</summary>
    private static Picture Frame()
    {
        var path = Path.Combine(EnginePaths.Samples, "sample1.jpg");
        var group = PictureCodec.Decode(File.ReadAllBytes(path), new PictureLimits());
        using var pipeline = FacePipeline.Open(EnginePaths.StandardPack, threads: 1);
        var box = pipeline.Read(group, FaceDemand.Recognise).Boxes[0];
        var left = Math.Clamp((int)(box.X + box.Width / 2) - Width / 2, 0, group.Width - Width);
        var top = Math.Clamp((int)(box.Y + box.Height / 2) - Height / 2, 0, group.Height - Height);
        var pixels = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
            group.Pixels.Slice(((top + y) * group.Width + left) * 3, Width * 3).CopyTo(pixels.AsSpan(y * Width * 3));
        return new(Width, Height, pixels);
    }

    private static void Warm(FacePipeline pipeline, Picture frame)
    {
        for (var i = 0; i < 20; i++)
        {
            pipeline.Read(frame, FaceDemand.Recognise);
            RunBare(pipeline);
        }
    }

    /// <summary>The same runs as for one face: detector, two passes of the mesh, a face and its mirror image in each
    /// embedder, and the live score where the pack has one.</summary>
    private static void RunBare(FacePipeline pipeline)
    {
        using (var detector = pipeline.Detector.Rent()) detector.Run();
        using (var mesh = pipeline.Mesh.Rent())
        {
            mesh.Run();
            mesh.Run();
        }
        foreach (var net in pipeline.Embedder.Nets)
        {
            using var run = net.Rent();
            run.Run();
        }
        using var liveness = pipeline.Liveness?.Rent();
        liveness?.Run();
    }

    private static double Time(Action act)
    {
        var started = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);
}
