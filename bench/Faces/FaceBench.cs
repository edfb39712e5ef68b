using System.Collections;
using System.CommandLine;
using System.Text.Json;
using SightPay.Server.Web;
using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using Spectre.Console;

namespace SightPay.Bench.Faces;

/// <summary>What the face verbs have in common: their options, progress on the terminal and the last line.</summary>
internal static class FaceBench
{
    public static Option<DirectoryInfo> Data() => new("--data")
    {
        Description = "Folder of the photographs and their lists.",
        Required = true,
    };

    public static Option<string?> Pack() => new("--pack")
    {
        Description = "standard or precise; default: the best that is installed.",
    };

    /// <param name="threads">One model run per core: evaluations want throughput.</param>
    public static FacePipeline Open(string? pack, int threads = 1) => FacePipeline.Open(PackOf(pack), threads);

    /// <summary>The pack of a name; the best one that is installed without a name.</summary>
    public static ModelPack PackOf(string? pack)
    {
        var installed = new InstalledPacks(AddedPacks());
        return pack is null ? installed.Best : installed.Open(pack);
    }

    /// <summary>Names of the packs that can be opened here.</summary>
    public static string[] Installed() =>
        new InstalledPacks(AddedPacks()).HasPrecise ? ["standard", "precise"] : ["standard"];

    /// <summary>The folder that the server would use.</summary>
    private static string AddedPacks() => Settings.Read(Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "")).ModelsFolder;

    /// <summary>Runs a verb; what it cannot do is one sentence on the error stream and exit code 1.</summary>
    public static void Run(this Command verb, Func<ParseResult, TextWriter, object> measure) =>
        verb.SetAction(result =>
        {
            var output = result.InvocationConfiguration.Output;
            try
            {
                var figures = measure(result, output);
                output.WriteLine(JsonSerializer.Serialize(figures));
                return 0;
            }
            catch (Exception fault) when (fault is BenchException or IOException or InvalidDataException or
                SettingsException)
            {
                result.InvocationConfiguration.Error.WriteLine(fault.Message);
                return 1;
            }
        });

    /// <summary>Does something to every index, on all cores, with a progress bar on the error stream.</summary>
    public static void ForAll(string title, int count, Action<int> act) => WithProgress(title, count, advance =>
        Parallel.For(0, count, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            act(i);
            advance();
        }));

    /// <summary>Does something to every index, one after the other, as whatever is timed needs it.</summary>
    public static void OneByOne(string title, int count, Action<int> act) => WithProgress(title, count, advance =>
    {
        for (var i = 0; i < count; i++)
        {
            act(i);
            advance();
        }
    });

    private static void WithProgress(string title, int count, Action<Action> work)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        console.Progress().AutoClear(true).Start(progress =>
        {
            var bar = progress.AddTask(title, maxValue: Math.Max(1, count));
            work(() => bar.Increment(1));
        });
    }

    public static double Rounded(double figure, int digits = 5) => Math.Round(figure, digits);
}

/// <summary>A verb cannot do its work; the message says what to do.</summary>
internal sealed class BenchException(string message) : Exception(message);
