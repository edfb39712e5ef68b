using System.CommandLine;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Faces;

/// <summary>
/// poor: what masks, dark glasses, blur and bad light do to the thresholds. Everybody is enrolled from one photograph
/// as it is; strangers and customers are searched with spoilt ones.
/// </summary>
internal static class PoorVerb
{
    // So many of a stranger's best scores are kept; more than one of them above a threshold is rare.
    private const int ScoresKept = 400;

    public static Command Create()
    {
        var (data, pack) = (FaceBench.Data(), FaceBench.Pack());
        var verb = new Command("poor", "How spoilt photographs fare at the accept point.") { data, pack };
        verb.Run((result, output) => Measure(result.GetRequiredValue(data), result.GetValue(pack), output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, string? pack, TextWriter output)
    {
        string[][] people = [.. FaceSet.People(data).Values];
        using var pipeline = FaceBench.Open(pack);
        var policy = DecisionPolicy.For(pipeline.Pack);
        var enrolled = new FaceTemplate[people.Length];
        FaceBench.ForAll(
            "Enrolling", people.Length, i => enrolled[i] = pipeline.EmbedAligned(Read(data, people[i][0])));
        output.WriteLine(
            $"{people.Length} people, enrolled from a clean photograph each; all of them searched as strangers, those "
            + "with a second photograph as customers too. Shares of strangers accepted among N, of customers missed.");
        var rows = PoorPictures.All.Select(kind =>
        {
            var probes = new FaceTemplate[people.Length];
            var (covered, missed, customers) = (0, 0, 0);
            FaceBench.ForAll(kind.Name, people.Length, i =>
            {
                var photo = kind.Spoil(Read(data, people[i][Math.Min(1, people[i].Length - 1)]));
                probes[i] = pipeline.EmbedAligned(photo);
                if (FaceCover.IsCovered(Aligned(photo))) Interlocked.Increment(ref covered);
                if (people[i].Length < 2) return;
                Interlocked.Increment(ref customers);
                if (FacePipeline.Similarity(probes[i], enrolled[i]) < policy.LimitsAt(100).AcceptMin)
                    Interlocked.Increment(ref missed);
            });
            var (bare, both) = (BestScores(probes, enrolled), BestScores(probes, probes));
            var row = new
            {
                picture = kind.Name,
                accepted_of_100 = Accepted(bare, policy, 100, people.Length),
                accepted_of_1000 = Accepted(bare, policy, 1_000, people.Length),
                accepted_both_spoilt_of_10 = Accepted(both, policy, 10, people.Length),
                missed_of_100 = FaceBench.Rounded(missed / (double)customers),
                called_covered = FaceBench.Rounded(covered / (double)people.Length),
            };
            output.WriteLine(
                $"  {row.picture,-12} accepted of 100 {row.accepted_of_100:P2}, of 1,000 {row.accepted_of_1000:P2}; "
                + $"both so, of 10 {row.accepted_both_spoilt_of_10:P2}; missed of 100 {row.missed_of_100:P1}; "
                + $"called covered {row.called_covered:P2}");
            return row;
        }).ToArray();
        return new { rows, people = people.Length, pack = pipeline.Pack };
    }

    private static float[][] BestScores(FaceTemplate[] probes, FaceTemplate[] gallery)
    {
        var best = new float[probes.Length][];
        FaceBench.ForAll("Comparing", probes.Length, i =>
        {
            var scores = gallery.Where((_, other) => other != i)
                .Select(other => FacePipeline.Similarity(probes[i], other)).ToArray();
            Array.Sort(scores, static (a, b) => b.CompareTo(a));
            best[i] = scores.Length > ScoresKept ? scores[..ScoresKept] : scores;
        });
        return best;
    }

    /// <summary>The mean chance that a random gallery of N holds somebody at or above the accept point.</summary>
    private static double Accepted(float[][] scores, DecisionPolicy policy, int size, int people) => FaceBench.Rounded(
        scores.Average(each => CalibrateVerb.Hit(each, policy.LimitsAt(size).AcceptMin, size, people - 1)), 5);

    private static Picture Read(DirectoryInfo data, string file) =>
        PictureCodec.Decode(File.ReadAllBytes(Path.Combine(data.FullName, file)), new PictureLimits());

    private static float[] Aligned(Picture crop)
    {
        var aligned = new float[crop.Pixels.Length];
        for (var i = 0; i < aligned.Length; i++) aligned[i] = (crop.Pixels[i] - 127.5f) / 128;
        return aligned;
    }
}
