using System.CommandLine;
using SightPay.Bench.Faces;
using SightPay.Server.Plates;
using SightPay.Server.Stations;
using SightPay.Vision.Plates;
using SightPay.Vision.Visits;

namespace SightPay.Bench.Plates;

/// <summary>
/// plate-frames: how many frames have to agree before a plate may pay by itself? Every photograph is shown as a camera
/// shows a car that rolls in, and what the frames read in a row is counted.
/// </summary>
internal static class PlateFramesVerb
{
    private const int FramesMax = 12;

    /// <summary>Most agreeing frames of a photograph: of its plate, and of anything else.</summary>
    private readonly record struct Outcome(int Reads, int WrongReads, int WrongParts, int RightRun, int WrongRun);

    public static Command Create()
    {
        var (data, pack, region) = (FaceBench.Data(), FaceBench.Pack(), PlatesVerb.Region());
        var frames = new Option<int>("--frames") { Description = "Of each photograph.", DefaultValueFactory = _ => 8 };
        var verb = new Command("plate-frames", "Frames of one car that agree in what its plate says, over plates.csv.")
        {
            data, region, pack, frames,
        };
        verb.Run((result, output) => Measure(
            PlateSet.Photos(result.GetRequiredValue(data), result.GetValue(region)), result.GetValue(pack),
            result.GetValue(frames), output));
        return verb;
    }

    private static object Measure(PlatePhoto[] photos, string? pack, int frames, TextWriter output)
    {
        if (frames is < 1 or > FramesMax) throw new BenchException($"--frames is 1 to {FramesMax}.");
        using var pipeline = PlateSet.Open(pack, threads: 2);
        var outcomes = new List<Outcome>();
        FaceBench.OneByOne("Watching cars", photos.Length, i => outcomes.Add(Watch(photos[i], frames, pipeline)));
        output.WriteLine(
            $"{photos.Length} photographs, {frames} frames of each: zoom, shift, light and noise differ. Wrong reads "
            + "are sure ones of a whole plate of the region that is not the car's, parts those that are a piece of it. "
            + "By the number of agreeing frames that is asked for: cars that pay by themselves, and cars that would "
            + "pay with another plate if that were registered.");
        var asked = Enumerable.Range(1, frames).ToArray();
        return new
        {
            cars = photos.Length, reads = outcomes.Sum(each => each.Reads),
            wrong_reads = outcomes.Sum(each => each.WrongReads), wrong_parts = outcomes.Sum(each => each.WrongParts),
            pays_after = asked.ToDictionary(n => $"{n}", n => outcomes.Count(car => car.RightRun >= n)),
            wrong_after = asked.ToDictionary(n => $"{n}", n => outcomes.Count(car => car.WrongRun >= n)),
            pack = pipeline.Pack,
        };
    }

    private static Outcome Watch(PlatePhoto photo, int frames, PlatePipeline pipeline)
    {
        var visit = new PlateVisit();
        var (scene, own) = (PlateSet.Decode(photo), PlateSet.Folded(photo.Plate));
        var car = new Outcome();
        for (var number = 0; number < frames; number++)
        {
            var reading = pipeline.Read(SimulatedCamera.Frame(scene, number), photo.Region);
            var cars = visit.Take(reading, DateTimeOffset.UnixEpoch.AddSeconds(0.2 * number));
            if (reading.Foremost is not { } read) continue;
            var text = PlateSet.Folded(read.Text);
            var isWrong = text != own && read.Confidence >= PlateRules.AcceptConfidenceMin;
            car = car with
            {
                Reads = car.Reads + 1,
                WrongReads = car.WrongReads + (isWrong ? 1 : 0),
                WrongParts = car.WrongParts + (isWrong && own.Contains(text, StringComparison.Ordinal) ? 1 : 0),
            };
            // As the server decides: on the vote, where the newest frame agrees with it.
            if (cars[0].Plate.Confidence < PlateRules.AcceptConfidenceMin) continue;
            car = PlateSet.Folded(cars[0].Plate.Text) == own
                ? car with { RightRun = Math.Max(car.RightRun, cars[0].Frames) }
                : car with { WrongRun = Math.Max(car.WrongRun, cars[0].Frames) };
        }
        return car;
    }
}
