using System.CommandLine;
using SightPay.Vision.Faces;
using SightPay.Vision.Liveness;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Faces;

/// <summary>
/// liveness: how many live people are turned away (BPCER) and how many attacks of each kind pass (APCER), by the score
/// of the photograph alone and by that of several frames. A pack without a score lets everybody pass.
/// </summary>
internal static class LivenessVerb
{
    private const int Seed = 20_261_127;
    private const int Frames = 25;
    private const int FramesOfAVisit = 5;

    /// <param name="Photo">Null: the pipeline refuses the face, and it passes nowhere.</param>
    /// <param name="Frames">Live scores as a camera that a hand holds would give them.</param>
    private sealed record Shot(bool IsLive, string Attack, Face? Photo, float?[] Frames)
    {
        public double PassesByPhoto => Photo is not null && IsLiveScore(Photo.LiveScore) ? 1 : 0;

        /// <summary>Share of the frames that pass, each by itself.</summary>
        public double PassesByFrame => Frames.Average(score => IsLiveScore(score) ? 1.0 : 0);

        /// <summary>Share of the visits that pass.</summary>
        public double PassesByVisit => Frames.Chunk(FramesOfAVisit).Average(visit =>
        {
            var liveness = new PassiveLiveness();
            foreach (var score in visit) liveness.Add(score);
            return liveness.Evidence == LiveEvidence.Picture ? 0.0 : 1;
        });

        private static bool IsLiveScore(float? score) => score is not { } known || known >= Face.LiveScoreMin;
    }

    public static Command Create()
    {
        var (data, pack) = (FaceBench.Data(), FaceBench.Pack());
        var verb = new Command("liveness", "Live people and attacks of liveness.csv.") { data, pack };
        verb.Run((result, output) => Measure(result.GetRequiredValue(data), result.GetValue(pack), output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, string? pack, TextWriter output)
    {
        using var pipeline = FaceBench.Open(pack);
        var random = new Random(Seed);
        Shot[] shots = [.. FaceSet.Rows(data, "liveness.csv", 3).Select(row => Take(data, row, pipeline, random))];
        if (shots.All(shot => shot.IsLive) || !shots.Any(shot => shot.IsLive))
            throw new BenchException("liveness.csv needs live and spoof rows.");
        output.WriteLine(
            pipeline.Liveness is null
                ? "This pack has no live score: it stops nobody."
                : $"A photograph or frame passes from a live score of {Face.LiveScoreMin} on, a visit of "
                    + $"{FramesOfAVisit} frames by their median. The {Frames} frames are drawn from the photograph: "
                    + $"moved, nearer or farther, lighter or darker, with noise, as JPEG (seed {Seed}).");
        foreach (var shot in shots)
            output.WriteLine(
                $"  {(shot.IsLive ? "live" : shot.Attack),-14} "
                + (shot.Photo is null
                    ? "no usable face"
                    : $"{shot.Photo.LiveScore:0.000}; frames {shot.Frames.Min():0.000} to {shot.Frames.Max():0.000}, "
                        + $"pass {shot.PassesByFrame:P0}, visits {shot.PassesByVisit:P0}"));
        var (photo, frame, visit) = (
            Rates(shots, shot => shot.PassesByPhoto), Rates(shots, shot => shot.PassesByFrame),
            Rates(shots, shot => shot.PassesByVisit));
        foreach (var (name, rates) in new[] { ("photograph", photo), ("single frame", frame), ("five frames", visit) })
            output.WriteLine($"{name}: BPCER {rates.Bpcer:P1}, worst APCER {rates.Apcer.Values.Max():P1}");
        return new
        {
            bpcer = photo.Bpcer, apcer_by_attack = photo.Apcer, bpcer_frame = frame.Bpcer,
            apcer_frame_by_attack = frame.Apcer, bpcer_visit = visit.Bpcer, apcer_visit_by_attack = visit.Apcer,
            pack = pipeline.Pack,
        };
    }

    private static (double Bpcer, Dictionary<string, double> Apcer) Rates(Shot[] shots, Func<Shot, double> passes) => (
        FaceBench.Rounded(1 - shots.Where(shot => shot.IsLive).Average(passes)),
        shots.Where(shot => !shot.IsLive).GroupBy(shot => shot.Attack)
            .ToDictionary(attack => attack.Key, attack => FaceBench.Rounded(attack.Average(passes))));

    private static Shot Take(DirectoryInfo data, string[] row, FacePipeline pipeline, Random random)
    {
        var picture = PictureCodec.Decode(File.ReadAllBytes(Path.Combine(data.FullName, row[0])), new PictureLimits());
        var photo = pipeline.Read(picture, FaceDemand.Recognise).Target;
        var attack = row[2].Trim() is { Length: > 0 } named ? named : "unspecified";
        var frames = Enumerable.Range(0, Frames)
            .Select(_ => pipeline.Read(Frame(picture, random), FaceDemand.Recognise).Target?.LiveScore);
        return new(row[1].Trim() == "live", attack, photo?.Template is null ? null : photo, [.. frames]);
    }

    /// <summary>The photograph as one frame of a camera sees it.</summary>
    private static Picture Frame(Picture photo, Random random)
    {
        float Between(double low, double high) => (float)(low + (high - low) * random.NextDouble());
        var (scale, gain) = (Between(0.94, 1.06), Between(0.85, 1.15));
        var (x, y) = (Between(-0.02, 0.02) * photo.Width, Between(-0.02, 0.02) * photo.Height);
        var (middleX, middleY) = (photo.Width / 2f, photo.Height / 2f);
        var pixels = new byte[photo.Pixels.Length];
        for (var row = 0; row < photo.Height; row++)
            for (var column = 0; column < photo.Width; column++)
            {
                var colour = PixelBlend.At(
                    photo, middleX + (column - middleX) * scale + x, middleY + (row - middleY) * scale + y);
                for (var i = 0; i < 3; i++)
                    pixels[(row * photo.Width + column) * 3 + i] =
                        (byte)Math.Clamp(colour[i] * gain + Between(-4, 4), 0, 255);
            }
        var jpeg = PictureCodec.EncodeJpeg(new Picture(photo.Width, photo.Height, pixels), random.Next(70, 95));
        return PictureCodec.Decode(jpeg, new PictureLimits());
    }
}
