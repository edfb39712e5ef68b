using System.CommandLine;
using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Faces;

/// <summary>
/// liveness: how many live people a single frame's score would turn away (BPCER), and how many attacks of each kind it
/// lets pass (APCER). A pack without a score lets everybody pass.
/// </summary>
internal static class LivenessVerb
{
    private readonly record struct Shot(bool IsLive, string Attack, Face? Face)
    {
        /// <summary>A face that the pipeline refuses passes nowhere.</summary>
        public bool Passes => Face is not null && (Face.LiveScore is not { } score || score >= Face.LiveScoreMin);
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
        Shot[] shots = [.. FaceSet.Rows(data, "liveness.csv", 3).Select(row => Take(data, row, pipeline))];
        Shot[] live = [.. shots.Where(shot => shot.IsLive)];
        if (live.Length == 0 || live.Length == shots.Length)
            throw new BenchException("liveness.csv needs live and spoof rows.");
        var bpcer = live.Count(shot => !shot.Passes) / (double)live.Length;
        var apcer = shots.Where(shot => !shot.IsLive).GroupBy(shot => shot.Attack).ToDictionary(
            attack => attack.Key,
            attack => FaceBench.Rounded(attack.Count(shot => shot.Passes) / (double)attack.Count()));
        output.WriteLine(
            pipeline.Liveness is null
                ? "This pack has no live score: it stops nobody."
                : $"A single frame passes from a live score of {Face.LiveScoreMin} on.");
        foreach (var shot in shots)
            output.WriteLine(
                $"  {(shot.IsLive ? "live" : shot.Attack),-14} "
                + $"{(shot.Face is null ? "no usable face" : $"{shot.Face.LiveScore:0.000}")}");
        output.WriteLine(
            $"{live.Length} live: BPCER {bpcer:P1}. {shots.Length - live.Length} attacks: worst APCER "
            + $"{apcer.Values.Max():P1}.");
        return new { bpcer = FaceBench.Rounded(bpcer), apcer_by_attack = apcer, pack = pipeline.Pack };
    }

    private static Shot Take(DirectoryInfo data, string[] row, FacePipeline pipeline)
    {
        var picture = PictureCodec.Decode(File.ReadAllBytes(Path.Combine(data.FullName, row[0])), new PictureLimits());
        var target = pipeline.Read(picture, FaceDemand.Recognise).Target;
        var attack = row[2].Trim() is { Length: > 0 } named ? named : "unspecified";
        return new(row[1].Trim() == "live", attack, target?.Template is null ? null : target);
    }
}
