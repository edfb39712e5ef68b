using System.CommandLine;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Bench.Faces;

/// <summary>
/// visits: what joining the frames of a visit does to thresholds and to customers. Photographs of one person stand for
/// the frames: one is searched by itself, then two joined, then three. They are less alike than frames are, so that
/// joining them changes more.
/// </summary>
internal static class VisitsVerb
{
    private const int Seed = 20_260_103;
    private const int Frames = 3;
    private const int VisitsOfOne = 10;

    // So many of a stranger's best scores are kept; more than one of them above a threshold is rare.
    private const int ScoresKept = 400;

    private static readonly int[] Sizes = [10, 30, 100, 300, 1_000];

    /// <summary>Somebody before a camera: what 1, 2 and 3 of their frames give.</summary>
    private readonly record struct Visit(string Person, FaceTemplate[] Looks, double Weight);

    /// <summary>A visit's best scores against others, for each look, falling.</summary>
    private readonly record struct Stranger(float[][] Scores, double Weight);

    public static Command Create()
    {
        var (data, pack) = (FaceBench.Data(), FaceBench.Pack());
        var verb = new Command("visits", "What joining the frames of a visit does to the thresholds.") { data, pack };
        verb.Run((result, output) => Measure(result.GetRequiredValue(data), result.GetValue(pack), output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, string? pack, TextWriter output)
    {
        var people = FaceSet.People(data);
        using var pipeline = FaceBench.Open(pack);
        var faces = FaceSet.Read(data, people.Values.SelectMany(files => files), pipeline);
        var policy = DecisionPolicy.For(pipeline.Pack);
        Stranger[][] strangers =
        [
            Strangers(Enrol(people, faces, 1), Draw(people, faces, enrolled: 0)),
            Strangers(Enrol(people, faces, 3), Draw(people, faces, enrolled: 0)),
        ];
        output.WriteLine(
            $"{people.Count} people; {strangers[0].Length} visits of {Frames} photographs (seed {Seed}), people count "
            + "alike. Cosines that one stranger in a thousand reaches, by 1, 2 and 3 photographs joined; the stricter "
            + "of 1 and 3 enrolled.");
        var points = Sizes.Select(size =>
        {
            double At(int look, double fpir) => strangers.Max(each => Threshold(each, look, size, people.Count, fpir));
            double Rate(int look, int photos) => strangers.Max(
                each => Hits(each, look, policy.LimitsAt(size, photos).AcceptMin, size, people.Count));
            var row = new
            {
                n = size,
                accept = Enumerable.Range(0, Frames).Select(look => FaceBench.Rounded(At(look, 1e-3), 3)).ToArray(),
                ask = Enumerable.Range(0, Frames).Select(look => FaceBench.Rounded(At(look, 1e-2), 3)).ToArray(),
                one = Enumerable.Range(0, Frames).Select(look => FaceBench.Rounded(Rate(look, 1))).ToArray(),
                own = Enumerable.Range(0, Frames).Select(look => FaceBench.Rounded(Rate(look, look + 1))).ToArray(),
            };
            output.WriteLine(
                $"  N = {size}: 0.1 % {string.Join(" / ", row.accept)}, 1 % {string.Join(" / ", row.ask)}; accepted at "
                + $"the point for one {Shares(row.one)}, at the point for as many {Shares(row.own)}");
            return row;
        }).ToArray();
        foreach (var enrolled in (int[])[1, 3]) TellCustomers(people, faces, policy, enrolled, output);
        return new { points, people = people.Count, pack = pipeline.Pack };
    }

    private static void TellCustomers(
        SortedDictionary<string, string[]> people, FaceSet faces, DecisionPolicy policy, int photos, TextWriter output)
    {
        var enrolled = Enrol(people, faces, photos);
        Visit[] visits = [.. Draw(people, faces, photos)];
        foreach (var size in (int[])[100, 1_000])
        {
            double Below(int look, float cosine) => visits.Where(visit =>
                FacePipeline.Similarity(visit.Looks[look], enrolled[visit.Person]) < cosine).Sum(visit => visit.Weight)
                / visits.Sum(visit => visit.Weight);
            double[] Missed(Func<BandLimits, float> point) =>
                [.. Enumerable.Range(0, Frames).Select(look => Below(look, point(policy.LimitsAt(size, look + 1))))];
            output.WriteLine(
                $"  {photos} enrolled, N = {size}, {visits.Length} visits: not accepted "
                + $"{Shares(Missed(limits => limits.AcceptMin))}, not even asked "
                + Shares(Missed(limits => limits.AskMin)));
        }
    }

    private static string Shares(double[] values) => string.Join(" / ", values.Select(value => $"{value:P2}"));

    /// <summary>From the first photographs in the order of their names.</summary>
    private static Dictionary<string, FaceTemplate> Enrol(
        SortedDictionary<string, string[]> people, FaceSet faces, int photos) => people.ToDictionary(
            person => person.Key,
            person => FacePipeline.Fuse([.. person.Value.Take(photos).Select(file => faces[file]!)]));

    /// <param name="enrolled">So many photographs are enrolled and never seen again.</param>
    private static IEnumerable<Visit> Draw(
        SortedDictionary<string, string[]> people, FaceSet faces, int enrolled)
    {
        var random = new Random(Seed);
        foreach (var (person, files) in people)
        {
            Face[] others = [.. files.Skip(enrolled).Select(file => faces[file]!)];
            if (others.Length < Frames) continue;
            for (var i = 0; i < VisitsOfOne; i++)
            {
                random.Shuffle(others);
                yield return new(
                    person, [.. Enumerable.Range(1, Frames).Select(n => FacePipeline.Fuse(others[..n]))],
                    1.0 / VisitsOfOne);
            }
        }
    }

    private static Stranger[] Strangers(Dictionary<string, FaceTemplate> enrolled, IEnumerable<Visit> drawn)
    {
        Visit[] visits = [.. drawn];
        var strangers = new Stranger[visits.Length];
        FaceBench.ForAll("Comparing", visits.Length, i => strangers[i] = new([.. visits[i].Looks.Select(look =>
        {
            var scores = enrolled.Where(other => other.Key != visits[i].Person)
                .Select(other => FacePipeline.Similarity(look, other.Value)).ToArray();
            Array.Sort(scores, static (a, b) => b.CompareTo(a));
            return scores.Length > ScoresKept ? scores[..ScoresKept] : scores;
        })], visits[i].Weight));
        return strangers;
    }

    private static double Hits(Stranger[] strangers, int look, float cosine, int size, int people) =>
        strangers.Sum(s => s.Weight * CalibrateVerb.Hit(s.Scores[look], cosine, size, people - 1))
        / strangers.Sum(s => s.Weight);

    private static double Threshold(Stranger[] strangers, int look, int size, int people, double fpir)
    {
        double low = 0, high = 1;
        for (var i = 0; i < 20; i++)
        {
            var middle = (low + high) / 2;
            if (Hits(strangers, look, (float)middle, size, people) > fpir) low = middle;
            else high = middle;
        }
        return high;
    }
}
