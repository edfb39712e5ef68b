using System.CommandLine;

namespace SightPay.Bench.Faces;

/// <summary>accuracy: the table of the README, for every installed pack; its figures are those of identify.</summary>
internal static class AccuracyVerb
{
    private static readonly (int Enrol, int Frames)[] Settings = [(1, 1), (3, 1), (3, 3)];

    private sealed record Row(string Pack, int Enrol, int Frames, Identification Found);

    public static Command Create()
    {
        var data = FaceBench.Data();
        var verb = new Command("accuracy", "The accuracy table of the README, for every installed pack.") { data };
        verb.Run((result, output) => Measure(result.GetRequiredValue(data), output));
        return verb;
    }

    private static object Measure(DirectoryInfo data, TextWriter output)
    {
        var people = FaceSet.People(data);
        Row[] rows = [.. FaceBench.Installed().SelectMany(pack => RowsOf(pack, data, people))];
        output.WriteLine(
            "| pack | photos enrolled | frames | people | missed at FPIR 1 % | at 0.1 % | somebody else |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var (pack, enrol, frames, found) in rows)
            output.WriteLine(
                $"| {pack} | {enrol} | {frames} | {found.Gallery} | {found.Missed1e2:P1} | {found.Missed1e3:P1} "
                + $"| {found.WrongPerson:P2} |");
        return new
        {
            rows = rows.Select(row => new
            {
                pack = row.Pack,
                enrol = row.Enrol,
                frames = row.Frames,
                fnir_at_fpir_1e2 = FaceBench.Rounded(row.Found.Missed1e2),
                fnir_at_fpir_1e3 = FaceBench.Rounded(row.Found.Missed1e3),
                wrong_person_rate = FaceBench.Rounded(row.Found.WrongPerson, 6),
            }),
        };
    }

    private static List<Row> RowsOf(string pack, DirectoryInfo data, SortedDictionary<string, string[]> people)
    {
        using var pipeline = FaceBench.Open(pack);
        var faces = FaceSet.Read(data, people.Values.SelectMany(files => files), pipeline);
        return [.. Settings.Select(setting => new Row(
            pipeline.Pack, setting.Enrol, setting.Frames,
            IdentifyVerb.Evaluate(people, faces, pipeline, setting.Enrol, setting.Frames)))];
    }
}
