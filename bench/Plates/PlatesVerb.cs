using System.CommandLine;
using System.Diagnostics;
using SightPay.Bench.Faces;
using SightPay.Vision.Plates;

namespace SightPay.Bench.Plates;

/// <summary>plates: is the plate of a whole photograph read, and only that? Over plates.csv.</summary>
internal static class PlatesVerb
{
    /// <param name="Exact">The foremost plate is the one of the list.</param>
    /// <param name="ExactFolded">The same when glyphs that are drawn alike are equal.</param>
    /// <param name="Found">A reported box overlaps the true one.</param>
    /// <param name="FalseReads">Reported boxes that overlap no true one.</param>
    /// <param name="Ms">From decoded pixels.</param>
    private readonly record struct Outcome(
        string Region, bool Exact, bool ExactFolded, bool Found, int FalseReads, double Ms);

    public static Command Create()
    {
        var (data, pack, region) = (FaceBench.Data(), FaceBench.Pack(), Region());
        var threads = new Option<int>("--threads") { Description = "In one run.", DefaultValueFactory = _ => 2 };
        var misses = new Option<bool>("--misses") { Description = "Name the photographs that are not read right." };
        var verb = new Command("plates", "Plates of whole photographs, over plates.csv.")
        {
            data, region, pack, threads, misses,
        };
        verb.Run((result, output) => Measure(
            PlateSet.Photos(result.GetRequiredValue(data), result.GetValue(region)), result.GetValue(pack),
            result.GetValue(threads), result.GetValue(misses), output));
        return verb;
    }

    public static Option<string?> Region() => new("--region") { Description = "Only the rows of this region." };

    private static object Measure(PlatePhoto[] photos, string? pack, int threads, bool misses, TextWriter output)
    {
        if (threads < 1) throw new BenchException("--threads is 1 or more.");
        using var pipeline = PlateSet.Open(pack, threads);
        Read(photos[0], pipeline); // The first run of every network is slower.
        var outcomes = new List<Outcome>();
        FaceBench.OneByOne("Reading plates", photos.Length, i =>
        {
            var outcome = Read(photos[i], pipeline);
            outcomes.Add(outcome);
            // By name of the file, never by what the plate says.
            if (misses && (!outcome.ExactFolded || outcome.FalseReads > 0))
                output.WriteLine(
                    $"{Path.GetFileName(photos[i].Path)} ({outcome.Region}): "
                    + (outcome.ExactFolded ? "right, " : outcome.Found ? "misread, " : "not found, ")
                    + $"{outcome.FalseReads} false");
        });
        output.WriteLine(
            $"{photos.Length} photographs, each read with its own region's grammar, {threads} thread(s) a run; "
            + "times are from decoded pixels. Folded: O, Q and 0 are equal, and I and 1.");
        var regions = outcomes.GroupBy(outcome => outcome.Region).OrderBy(group => group.Key)
            .ToDictionary(group => group.Key, group => Figures([.. group]));
        foreach (var (name, figures) in regions) output.WriteLine($"{name}: {figures}");
        var all = Figures(outcomes);
        return new
        {
            all.n, all.exact, all.exact_folded, all.found, all.false_reads, all.median_ms, regions,
            pack = pipeline.Pack,
        };
    }

    private static Outcome Read(PlatePhoto photo, PlatePipeline pipeline)
    {
        var picture = PlateSet.Decode(photo);
        var started = Stopwatch.GetTimestamp();
        var reading = pipeline.Read(picture, photo.Region);
        var ms = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var text = reading.Foremost?.Text;
        return new(
            photo.Region, text == photo.Plate,
            text is not null && PlateSet.Folded(text) == PlateSet.Folded(photo.Plate),
            reading.Plates.Any(plate => plate.Box.Overlap(photo.Box) > 0),
            reading.Plates.Count(plate => plate.Box.Overlap(photo.Box) <= 0), ms);
    }

    /// <summary>Named as in the verb's last line.</summary>
#pragma warning disable IDE1006 // The names are those of the JSON.
    private sealed record Sum(int n, int exact, int exact_folded, int found, int false_reads, double median_ms);
#pragma warning restore IDE1006

    private static Sum Figures(IReadOnlyList<Outcome> outcomes) => new(
        outcomes.Count, outcomes.Count(outcome => outcome.Exact), outcomes.Count(outcome => outcome.ExactFolded),
        outcomes.Count(outcome => outcome.Found), outcomes.Sum(outcome => outcome.FalseReads),
        FaceBench.Rounded(outcomes.Select(outcome => outcome.Ms).Order().ElementAt(outcomes.Count / 2), 1));
}
