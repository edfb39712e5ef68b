using System.CommandLine;
using SightPay.Bench.Faces;
using SightPay.Ledger;
using SightPay.Server.Plates;
using SightPay.Vision.Plates;

namespace SightPay.Bench.Plates;

/// <summary>
/// plate-match: would the right customer pay? Every plate that was read is looked up among all plates of the set, and
/// among all but its own.
/// </summary>
internal static class PlateMatchVerb
{
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
        var registry = photos.Select(photo => (photo.Region, Plate: Canonical(photo))).Distinct()
            .Select(row => new Vehicle(
                Ids.Next(TimeProvider.System), row.Plate, row.Region, Guid.Empty, VehicleFuel.Unknown, 0, ""))
            .ToArray();
        var byFold = registry.ToLookup(vehicle => ConfusableGlyphs.Fold(vehicle.Plate));
        var (reads, right, asked, unsure, wrong, wrongUnenrolled) = (0, 0, 0, 0, 0, 0);
        FaceBench.OneByOne("Matching plates", photos.Length, i =>
        {
            if (pipeline.Read(PlateSet.Decode(photos[i]), photos[i].Region).Foremost is not { } read) return;
            reads++;
            var own = registry.Single(
                vehicle => vehicle.Region == photos[i].Region && vehicle.Plate == Canonical(photos[i]));
            var match = Match(read, byFold, except: null);
            if (match.Band == PlateBand.Ask) asked++;
            if (match.Vehicle == own) right++;
            else if (match.Vehicle is not null) wrong++;
            if (match.Band == PlateBand.Ask && read.Text == own.Plate && match.Candidates.Count == 1) unsure++;
            if (Match(read, byFold, own).Band == PlateBand.Accept) wrongUnenrolled++;
        });
        output.WriteLine(
            $"{reads} plates read on {photos.Length} photographs, matched by the rules of the server; then each again "
            + "with its own plate taken out of the registry. Unsure are right texts that ask, since their weakest "
            + $"character is below {PlateRules.AcceptConfidenceMin}, or since several countries of a union have plates "
            + "like it.");
        return new
        {
            reads, right, asked, unsure, wrong_payer = wrong, wrong_payer_unenrolled = wrongUnenrolled,
            pack = pipeline.Pack,
        };
    }

    /// <summary>As the server does it, without its tables.</summary>
    /// <param name="except">Whose plate is not registered.</param>
    private static PlateMatch Match(ReadPlate read, ILookup<string, Vehicle> byFold, Vehicle? except) =>
        PlateRules.Decide(read,
        [
            .. PlateRules.OtherReadings(read).Prepend(read.Text).Select(ConfusableGlyphs.Fold).Distinct()
                .SelectMany(fold => byFold[fold]).Where(vehicle => vehicle != except)
                .Select(vehicle => (
                    vehicle, PlateRules.IsExact(read, vehicle.Region, canonical => canonical == vehicle.Plate))),
        ]);

    /// <summary>A plate that the region's grammar does not know is registered as it is written.</summary>
    private static string Canonical(PlatePhoto photo) =>
        PlateGrammar.Of(photo.Region)!.Canonical(photo.Plate) ?? photo.Plate;
}
