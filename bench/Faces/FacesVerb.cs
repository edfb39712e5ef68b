using System.CommandLine;
using SightPay.Vision.Faces;

namespace SightPay.Bench.Faces;

/// <summary>faces: are two photographs of the same person? 1:1 over pairs.csv.</summary>
internal static class FacesVerb
{
    private readonly record struct Pair(int Fold, float Score, bool IsSame, bool IsAcquired);

    public static Command Create()
    {
        var (data, pack) = (FaceBench.Data(), FaceBench.Pack());
        var verb = new Command("faces", "1:1 comparison of the pairs of pairs.csv.") { data, pack };
        verb.Run((result, output) => Measure(result.GetRequiredValue(data), result.GetValue(pack), output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, string? pack, TextWriter output)
    {
        string[][] rows = [.. FaceSet.Rows(data, "pairs.csv", 4)];
        using var pipeline = FaceBench.Open(pack);
        var faces = FaceSet.Read(data, rows.SelectMany(row => row[1..3]), pipeline);
        Pair[] pairs = [.. rows.Select(row => Compare(row, faces))];
        Explain(pairs, output);
        var accuracy = Accuracy(pairs);
        var tar = TarAtFar(pairs, 1e-3);
        output.WriteLine($"Accuracy {accuracy:P2}: threshold chosen on the other folds; a failed photo is an error.");
        output.WriteLine($"TAR {tar:P2} at FAR 0.1 %; photographs without a usable face: {faces.Failures}.");
        return new
        {
            pairs = pairs.Length,
            accuracy = FaceBench.Rounded(accuracy),
            tar_at_far_1e3 = FaceBench.Rounded(tar),
            failed_to_acquire = faces.Failures,
            pack = pipeline.Pack,
        };
    }

    private static Pair Compare(string[] row, FaceSet faces)
    {
        var (a, b) = (faces[row[1]]?.Template, faces[row[2]]?.Template);
        var isAcquired = a is not null && b is not null;
        var score = isAcquired ? FacePipeline.Similarity(a!, b!) : -1;
        return new(int.Parse(row[0]), score, row[3].Trim() == "1", isAcquired);
    }

    private static void Explain(Pair[] pairs, TextWriter output)
    {
        float[] same = [.. pairs.Where(p => p.IsSame && p.IsAcquired).Select(p => p.Score).Order()];
        float[] different = [.. pairs.Where(p => !p.IsSame && p.IsAcquired).Select(p => p.Score).Order()];
        if (same.Length == 0 || different.Length == 0)
            throw new BenchException("pairs.csv needs pairs of the same and of different people with usable faces.");
        output.WriteLine(
            $"Same person ({same.Length}): lowest {same[0]:0.000}, median {same[same.Length / 2]:0.000}. "
            + $"Different people ({different.Length}): median {different[different.Length / 2]:0.000}, "
            + $"highest {different[^1]:0.000}.");
    }

    /// <summary>Every fold is judged at the threshold that is best on the others; a single fold at its own.</summary>
    private static double Accuracy(Pair[] pairs)
    {
        int[] folds = [.. pairs.Select(p => p.Fold).Distinct()];
        var right = 0;
        foreach (var fold in folds)
        {
            Pair[] tested = [.. pairs.Where(p => p.Fold == fold)];
            Pair[] trained = folds.Length == 1 ? tested : [.. pairs.Where(p => p.Fold != fold)];
            var threshold = BestThreshold(trained);
            right += tested.Count(p => p.IsAcquired && p.Score > threshold == p.IsSame);
        }
        return right / (double)pairs.Length;
    }

    private static float BestThreshold(Pair[] pairs)
    {
        Pair[] sorted = [.. pairs.Where(p => p.IsAcquired).OrderByDescending(p => p.Score)];
        var right = sorted.Count(p => !p.IsSame);
        var (best, bestRight) = (1f, right);
        for (var i = 0; i < sorted.Length; i++)
        {
            right += sorted[i].IsSame ? 1 : -1;
            if (right <= bestRight) continue;
            // Halfway to the next pair, so that the threshold does not lean on one of them.
            bestRight = right;
            best = i + 1 < sorted.Length ? (sorted[i].Score + sorted[i + 1].Score) / 2 : sorted[i].Score - 0.01f;
        }
        return best;
    }

    private static double TarAtFar(Pair[] pairs, double far)
    {
        float[] different = [.. pairs.Where(p => !p.IsSame && p.IsAcquired).Select(p => p.Score).OrderDescending()];
        var threshold = different[Math.Min((int)(far * different.Length), different.Length - 1)];
        return pairs.Count(p => p.IsSame && p.Score > threshold) / (double)pairs.Count(p => p.IsSame);
    }
}
