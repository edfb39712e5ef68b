using System.CommandLine;
using SightPay.Vision.Faces;

namespace SightPay.Bench.Faces;

/// <summary>
/// calibrate: which cosine holds a false-positive rate in a gallery of N? For every stranger the chance that a random
/// gallery of N people holds somebody above a cosine is known exactly from how many of all people are above it, so
/// nothing is drawn but the enrolled photos.
/// </summary>
internal static class CalibrateVerb
{
    private const int Seed = 20_260_102;

    // So many of a stranger's best scores are kept: FPIR 1 % at N = 1 needs about 1 % of the people.
    private const int ScoresKept = 400;

    private static readonly int[] Sizes = [1, 3, 10, 30, 100, 300, 1_000, 3_000];

    /// <summary>A probe's best scores against other people, falling.</summary>
    private readonly record struct Stranger(float[] Scores, double Weight);

    public static Command Create()
    {
        var (data, pack) = (FaceBench.Data(), FaceBench.Pack());
        var verb = new Command("calibrate", "Thresholds per gallery size, as kept in DecisionPolicy.") { data, pack };
        verb.Run((result, output) => Measure(result.GetRequiredValue(data), result.GetValue(pack), output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, string? pack, TextWriter output)
    {
        var people = FaceSet.People(data);
        using var pipeline = FaceBench.Open(pack);
        var faces = FaceSet.Read(data, people.Values.SelectMany(files => files), pipeline);
        // A template of three photos is calmer than one of a single photo: the stricter of both counts.
        Stranger[][] settings = [Strangers(people, faces, 1), Strangers(people, faces, 3)];
        output.WriteLine(
            $"{people.Count} people, each photo a stranger to all others; enrolled from 1 and from up to 3 photos "
            + $"(seed {Seed}); people count alike, however many photos they have. The higher cosine is kept.");
        var rows = Sizes.Select(size => Math.Min(size, people.Count - 1)).Distinct().Select(size => new
        {
            n = size,
            ask = FaceBench.Rounded(settings.Max(s => Threshold(s, size, people.Count - 1, 1e-2)), 3),
            accept = FaceBench.Rounded(settings.Max(s => Threshold(s, size, people.Count - 1, 1e-3)), 3),
        }).ToArray();
        foreach (var row in rows) output.WriteLine($"        new({row.n}, {row.ask:0.000}f, {row.accept:0.000}f),");
        ExplainMargins(people, faces, rows[^1].ask, rows[^1].accept, output);
        return new { thresholds = rows, people = people.Count, pack = pipeline.Pack };
    }

    private static Dictionary<string, FaceTemplate> Enrol(
        SortedDictionary<string, string[]> people, FaceSet faces, int photos)
    {
        var random = new Random(Seed);
        var enrolled = new Dictionary<string, FaceTemplate>();
        foreach (var (person, files) in people)
        {
            string[] drawn = [.. files];
            random.Shuffle(drawn);
            Face[] usable = [.. drawn.Select(file => faces[file]).OfType<Face>().Take(photos)];
            if (usable.Length > 0) enrolled[person] = FacePipeline.Fuse(usable);
        }
        return enrolled;
    }

    private static Stranger[] Strangers(SortedDictionary<string, string[]> people, FaceSet faces, int photos)
    {
        var enrolled = Enrol(people, faces, photos);
        var probes = people
            .SelectMany(person => person.Value.Select(file => (person.Key, faces[file], 1.0 / person.Value.Length)))
            .Where(probe => probe.Item2 is not null).ToArray();
        var strangers = new Stranger[probes.Length];
        FaceBench.ForAll($"Comparing, {photos} enrolled", probes.Length, i =>
        {
            var (person, face, weight) = probes[i];
            var scores = enrolled.Where(other => other.Key != person)
                .Select(other => FacePipeline.Similarity(face!.Template!, other.Value)).ToArray();
            Array.Sort(scores, static (a, b) => b.CompareTo(a));
            strangers[i] = new(scores.Length > ScoresKept ? scores[..ScoresKept] : scores, weight);
        });
        return strangers;
    }

    /// <summary>The lowest cosine at which the false-positive rate is held.</summary>
    private static double Threshold(Stranger[] strangers, int size, int population, double fpir)
    {
        var total = strangers.Sum(s => s.Weight);
        double low = 0, high = 1;
        for (var i = 0; i < 24; i++)
        {
            var middle = (low + high) / 2;
            var rate = strangers.Sum(s => s.Weight * Hit(s.Scores, (float)middle, size, population)) / total;
            if (rate > fpir) low = middle;
            else high = middle;
        }
        return high;
    }

    /// <summary>The chance that <paramref name="size"/> people drawn from all hold one above the cosine.</summary>
    public static double Hit(float[] scores, float cosine, int size, int population)
    {
        var above = 0;
        while (above < scores.Length && scores[above] >= cosine) above++;
        var miss = 1.0;
        for (var i = 0; i < above && miss > 0; i++)
            miss *= Math.Max(0, (population - size - i) / (double)(population - i));
        return 1 - miss;
    }

    /// <summary>How far the right person leads, and how far the wrong one does: evidence for the margin.</summary>
    private static void ExplainMargins(
        SortedDictionary<string, string[]> people, FaceSet faces, double ask, double accept, TextWriter output)
    {
        var enrolled = Enrol(people, faces, 1);
        var probes = people.Where(person => person.Value.Length > 1)
            .SelectMany(person => person.Value.Select(file => (person.Key, Face: faces[file])))
            .Where(probe => probe.Face is not null && enrolled.ContainsKey(probe.Key)).ToArray();
        var (right, wrong, strange) = (new List<double>(), new List<double>(), new List<double>());
        var gate = new Lock();
        FaceBench.ForAll("Comparing margins", probes.Length, i =>
        {
            var (person, face) = probes[i];
            var own = FacePipeline.Similarity(face!.Template!, enrolled[person]);
            // The enrolled photo itself is no probe.
            if (own > 0.9999f) return;
            var others = enrolled.Where(other => other.Key != person)
                .Select(other => FacePipeline.Similarity(face.Template!, other.Value))
                .OrderDescending().Take(2).ToArray();
            lock (gate)
            {
                if (own >= accept && own > others[0]) right.Add(own - others[0]);
                if (others[0] >= ask && others[0] > own) wrong.Add(others[0] - Math.Max(own, others[1]));
                if (others[0] >= ask) strange.Add(others[0] - others[1]);
            }
        });
        output.WriteLine($"Lead of the right person at the accept band ({right.Count}): {Quantiles(right)}");
        output.WriteLine($"Lead of a wrong person at the ask band ({wrong.Count}): {Quantiles(wrong)}");
        output.WriteLine($"The same with the right one not enrolled ({strange.Count}): {Quantiles(strange)}");
    }

    private static string Quantiles(List<double> leads)
    {
        if (leads.Count == 0) return "none";
        leads.Sort();
        double At(double share) => leads[Math.Min((int)(share * leads.Count), leads.Count - 1)];
        return $"lowest {leads[0]:0.000}, 0.1 % {At(0.001):0.000}, 1 % {At(0.01):0.000}, 5 % {At(0.05):0.000}, "
            + $"half {At(0.5):0.000}, 80 % {At(0.8):0.000}, 95 % {At(0.95):0.000}";
    }
}
