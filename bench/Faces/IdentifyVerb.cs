using System.CommandLine;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Bench.Faces;

/// <summary>What searches came to.</summary>
/// <param name="Missed1e2">FNIR where 1 % of the searches of people not enrolled find somebody.</param>
/// <param name="Missed1e3">The same at 0.1 %.</param>
/// <param name="WrongPerson">Share of the mated probes that are accepted as somebody else, at 0.1 %.</param>
/// <param name="At1e2">The cosine there.</param>
/// <param name="At1e3">The cosine there.</param>
internal readonly record struct Identification(
    int Gallery, int Mated, int NonMated, double Rank1, double Missed1e2, double Missed1e3, double WrongPerson,
    float At1e2, float At1e3);

/// <summary>identify: who is this? Open-set 1:N over identities.csv.</summary>
internal static class IdentifyVerb
{
    private const int Repeats = 5;
    private const int Seed = 20_260_101;

    /// <summary>One search; the best other is what the search finds when the person is not enrolled.</summary>
    private readonly record struct Probe(bool IsAcquired, float OwnScore, float BestOtherScore);

    public static Command Create()
    {
        var (data, pack) = (FaceBench.Data(), FaceBench.Pack());
        var enrol = new Option<int>("--enrol") { Description = "Photos enrolled.", DefaultValueFactory = _ => 1 };
        var frames = new Option<int>("--frames") { Description = "Photos a probe.", DefaultValueFactory = _ => 1 };
        var verb = new Command("identify", "Open-set 1:N over identities.csv.") { data, pack, enrol, frames };
        verb.Run((result, output) => Measure(
            result.GetRequiredValue(data), result.GetValue(pack), result.GetValue(enrol), result.GetValue(frames),
            output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, string? pack, int enrol, int frames, TextWriter output)
    {
        if (enrol < 1 || frames < 1) throw new BenchException("--enrol and --frames are 1 or more.");
        var people = FaceSet.People(data);
        using var pipeline = FaceBench.Open(pack);
        var faces = FaceSet.Read(data, people.Values.SelectMany(files => files), pipeline);
        var found = Evaluate(people, faces, pipeline, enrol, frames);
        output.WriteLine(
            $"{Repeats} seeded draws (seed {Seed}), pooled: {found.Gallery} people enrolled from up to {enrol} "
            + $"photo(s), {found.Mated} probes of {frames} photo(s), {found.NonMated} searches of people not "
            + "enrolled.");
        output.WriteLine(
            $"Rank 1 {found.Rank1:P2}. Missed {found.Missed1e2:P2} at FPIR 1 % (cosine {found.At1e2:0.000}), "
            + $"{found.Missed1e3:P2} at FPIR 0.1 % ({found.At1e3:0.000}); somebody else accepted there: "
            + $"{found.WrongPerson:P3}.");
        return new
        {
            gallery = found.Gallery,
            mated = found.Mated,
            nonmated = found.NonMated,
            rank1 = FaceBench.Rounded(found.Rank1),
            fnir_at_fpir_1e2 = FaceBench.Rounded(found.Missed1e2),
            fnir_at_fpir_1e3 = FaceBench.Rounded(found.Missed1e3),
            wrong_person_rate = FaceBench.Rounded(found.WrongPerson, 6),
            pack = pipeline.Pack,
        };
    }

    public static Identification Evaluate(
        SortedDictionary<string, string[]> people, FaceSet faces, FacePipeline pipeline, int enrol, int frames)
    {
        var (mated, strangers) = (new List<Probe>(), new List<float>());
        var gallery = 0;
        for (var repeat = 0; repeat < Repeats; repeat++)
            gallery = Repeat(people, faces, pipeline, enrol, frames, new Random(Seed + repeat), mated, strangers);
        if (mated.Count == 0) throw new BenchException($"Nobody has {enrol + frames} photos.");
        float[] falsely = [.. strangers.OrderDescending()];
        var (at1e2, at1e3) = (Threshold(falsely, 1e-2), Threshold(falsely, 1e-3));
        var n = (double)mated.Count;
        return new(
            gallery, mated.Count, strangers.Count,
            mated.Count(p => p.IsAcquired && p.OwnScore > p.BestOtherScore) / n,
            Missed(mated, at1e2), Missed(mated, at1e3),
            mated.Count(p => p.OwnScore <= p.BestOtherScore && p.BestOtherScore > at1e3) / n, at1e2, at1e3);
    }

    private static int Repeat(
        SortedDictionary<string, string[]> people, FaceSet faces, FacePipeline pipeline, int enrol, int frames,
        Random random, List<Probe> mated, List<float> strangers)
    {
        var gallery = new FaceGallery(pipeline.Pack, pipeline.Dimensions);
        var probes = new List<(Guid Person, FaceTemplate? Template)>();
        var enrolled = 0;
        foreach (var files in people.Values)
        {
            string[] drawn = [.. files];
            random.Shuffle(drawn);
            if (drawn.Length == 1)
            {
                probes.Add((Guid.Empty, Fuse(drawn, faces)));
                continue;
            }
            var id = new Guid(++enrolled, 0, 0, new byte[8]);
            var taken = Math.Min(enrol, drawn.Length - 1);
            if (Fuse(drawn[..taken], faces) is { } template) gallery.Put(id, template);
            if (drawn.Length < enrol + frames) continue;
            for (var at = taken; at + frames <= drawn.Length; at += frames)
                probes.Add((id, Fuse(drawn[at..(at + frames)], faces)));
        }
        foreach (var (person, template) in probes) Search(gallery, person, template, mated, strangers);
        return enrolled;
    }

    private static void Search(
        FaceGallery gallery, Guid person, FaceTemplate? template, List<Probe> mated, List<float> strangers)
    {
        if (template is null)
        {
            // Nobody was seen: a miss for a mated probe, and no false alarm for a stranger.
            if (person != Guid.Empty) mated.Add(new(false, -1, -1));
            strangers.Add(-1);
            return;
        }
        var match = gallery.Search(template);
        var isOwn = match.BestId == person;
        var other = isOwn ? match.RunnerUpScore : match.BestScore;
        strangers.Add(other);
        if (person != Guid.Empty) mated.Add(new(true, isOwn ? match.BestScore : -1, other));
    }

    private static FaceTemplate? Fuse(string[] files, FaceSet faces)
    {
        Face[] usable = [.. files.Select(file => faces[file]).OfType<Face>()];
        return usable.Length == 0 ? null : FacePipeline.Fuse(usable);
    }

    /// <summary>Scores above it are at most this share of the searches that should find nobody.</summary>
    private static float Threshold(float[] descending, double fpir) =>
        descending[Math.Min((int)(fpir * descending.Length), descending.Length - 1)];

    private static double Missed(List<Probe> mated, float threshold) =>
        mated.Count(p => p.OwnScore <= threshold || p.OwnScore <= p.BestOtherScore) / (double)mated.Count;
}
