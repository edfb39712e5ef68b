using System.CommandLine;
using SightPay.Bench.Faces;
using SightPay.Vision.Plates;

namespace SightPay.Bench.Plates;

/// <summary>
/// plate-match: would the right customer pay? Every plate that was read is looked up among all plates of the set, and
/// among all but its own.
/// </summary>
internal static class PlateMatchVerb
{
    // A reader's second choice below this is noise.
    private const float CandidateMin = 0.05f;

    private enum Match
    {
        /// <summary>Nobody's plate resembles it.</summary>
        Unknown,

        /// <summary>Confusable with somebody's plate: people are asked.</summary>
        Ask,

        /// <summary>Equal to somebody's plate: that one pays.</summary>
        Exact,
    }

    public static Command Create()
    {
        var (data, pack, region) = (FaceBench.Data(), FaceBench.Pack(), PlatesVerb.Region());
        var verb = new Command("plate-match", "Reads of whole photographs matched against registered plates.")
        {
            data, region, pack,
        };
        verb.Run((result, output) => Measure(
            PlateSet.Photos(result.GetRequiredValue(data), result.GetValue(region)), result.GetValue(pack), output));
        return verb;
    }

    private static object Measure(PlatePhoto[] photos, string? pack, TextWriter output)
    {
        using var pipeline = PlateSet.Open(pack, threads: 2);
        var registry = photos.Select(photo => (photo.Region, Plate: Canonical(photo))).ToHashSet();
        var (reads, right, asked, wrong, wrongUnenrolled) = (0, 0, 0, 0, 0);
        FaceBench.OneByOne("Matching plates", photos.Length, i =>
        {
            if (pipeline.Read(PlateSet.Decode(photos[i]), photos[i].Region).Foremost is not { } read) return;
            reads++;
            var own = (photos[i].Region, Plate: Canonical(photos[i]));
            switch (Lookup(read, registry, out var found))
            {
                case Match.Exact when found == own: right++; break;
                case Match.Exact: wrong++; break;
                case Match.Ask: asked++; break;
            }
            if (Lookup(read, registry.Where(row => row != own), out _) == Match.Exact) wrongUnenrolled++;
        });
        output.WriteLine(
            $"{reads} plates read on {photos.Length} photographs. Equal texts pay, confusable ones ask; then each "
            + "again with its own plate taken out of the registry.");
        return new
        {
            reads, right, asked, wrong_payer = wrong, wrong_payer_unenrolled = wrongUnenrolled, pack = pipeline.Pack,
        };
    }

    /// <summary>A plate that the region's grammar does not know is registered as it is written.</summary>
    private static string Canonical(PlatePhoto photo) =>
        PlateGrammar.Of(photo.Region)!.Canonical(photo.Plate) ?? photo.Plate;

    private static Match Lookup(
        ReadPlate read, IEnumerable<(string Region, string Plate)> registry, out (string Region, string Plate) found)
    {
        var match = Match.Unknown;
        found = default;
        foreach (var row in registry.Where(row => row.Region == read.Region))
        {
            if (row.Plate == read.Text)
            {
                found = row;
                return Match.Exact;
            }
            if (IsConfusable(read, row.Plate)) match = Match.Ask;
        }
        return match;
    }

    private static bool IsConfusable(ReadPlate read, string plate) =>
        ConfusableGlyphs.Fold(read.Text) == ConfusableGlyphs.Fold(plate)
        || (read.Text.Length == plate.Length && read.Characters.Zip(plate).All(pair => pair.First.Candidates.Any(
            candidate => candidate.Character == pair.Second && candidate.Probability >= CandidateMin)));
}
