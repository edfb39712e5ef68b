using System.CommandLine;
using System.Text.Json;
using SightPay.Bench.Faces;
using SightPay.Bench.Plates;

namespace SightPay.Bench.Tests;

/// <summary>The evaluations run here over a few rows of their sets, which lie beside the repository or nowhere.
/// </summary>
public sealed class EvaluationTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("sightpay-evaluation-");

    [SkippableFact]
    public async Task Plates_of_photographs_are_counted_by_region()
    {
        WritePlates(perRegion: 2);
        var figures = await RunAsync(PlatesVerb.Create(), "--misses");
        Assert.Equal(6, figures.GetProperty("n").GetInt32());
        // Which photographs are read may change with the models; that most of them are does not.
        Assert.InRange(figures.GetProperty("exact_folded").GetInt32(), 4, 6);
        Assert.InRange(figures.GetProperty("found").GetInt32(), 5, 6);
        Assert.Equal(
            ["br", "eu", "us"],
            figures.GetProperty("regions").EnumerateObject().Select(region => region.Name).Order());
        Assert.True(figures.GetProperty("median_ms").GetDouble() > 0);
        var one = await RunAsync(PlatesVerb.Create(), "--region br");
        Assert.Equal(2, one.GetProperty("n").GetInt32());
    }

    [SkippableFact]
    public async Task Plates_that_were_read_are_matched_and_nobody_else_pays()
    {
        WritePlates(perRegion: 2);
        var figures = await RunAsync(PlateMatchVerb.Create(), "");
        Assert.InRange(figures.GetProperty("reads").GetInt32(), 5, 6);
        Assert.InRange(figures.GetProperty("right").GetInt32(), 1, 6);
        Assert.Equal(0, figures.GetProperty("wrong_payer").GetInt32());
        Assert.Equal(0, figures.GetProperty("wrong_payer_unenrolled").GetInt32());
    }

    [SkippableFact]
    public async Task Visits_need_less_of_a_face_the_more_frames_they_join()
    {
        WritePeople(people: 8, photos: 7);
        var figures = await RunAsync(VisitsVerb.Create(), "");
        Assert.Equal(8, figures.GetProperty("people").GetInt32());
        foreach (var point in figures.GetProperty("points").EnumerateArray())
        {
            var accept = point.GetProperty("accept").EnumerateArray().Select(look => look.GetDouble()).ToArray();
            Assert.Equal(3, accept.Length);
            Assert.All(accept, cosine => Assert.InRange(cosine, 0, 1));
        }
    }

    [Fact]
    public async Task An_evaluation_without_its_set_says_so()
    {
        var (errors, output) = (new StringWriter(), new StringWriter());
        var code = await PlatesVerb.Create().Parse($"--data {_data.FullName} --pack standard")
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        Assert.Equal(1, code);
        Assert.Contains("plates.csv", errors.ToString());
        Assert.Empty(output.ToString());
    }

    public void Dispose() => _data.Delete(recursive: true);

    /// <summary>The first rows of each region; the photographs stay where they are.</summary>
    private void WritePlates(int perRegion)
    {
        var shared = Shared("plates");
        var lines = File.ReadAllLines(Path.Combine(shared, "plates.csv"));
        Write("plates.csv", lines[0], lines.Skip(1).GroupBy(line => line.Split(',')[1])
            .SelectMany(region => region.Take(perRegion)).Select(line => Path.Combine(shared, line)));
    }

    private void WritePeople(int people, int photos)
    {
        var shared = Shared("faces");
        var lines = File.ReadAllLines(Path.Combine(shared, "identities.csv"));
        Write("identities.csv", lines[0], lines.Skip(1).GroupBy(line => line.Split(',')[1])
            .Where(person => person.Count() >= photos).Take(people)
            .SelectMany(person => person.Take(photos)).Select(line => Path.Combine(shared, line)));
    }

    private void Write(string list, string heading, IEnumerable<string> rows) =>
        File.WriteAllLines(Path.Combine(_data.FullName, list), rows.Prepend(heading));

    /// <summary>A folder of the evaluation sets; skips the test by name where it is absent.</summary>
    private static string Shared(string set)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", set);
            if (Directory.Exists(candidate)) return candidate;
        }
        Skip.If(true, $"../shared/data/{set} is not there.");
        return "";
    }

    private async Task<JsonElement> RunAsync(Command verb, string options)
    {
        var (errors, output) = (new StringWriter(), new StringWriter());
        var code = await verb.Parse($"--data {_data.FullName} --pack standard {options}")
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        Assert.True(code == 0, $"{output}{errors}");
        return JsonDocument.Parse(output.ToString().Trim().Split('\n')[^1]).RootElement;
    }
}
