using System.Diagnostics;
using System.Text.Json;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests;

/// <summary>The tour by HTTP in the README, run as it stands there.</summary>
public sealed class TourTests(RunningServer server) : IClassFixture<RunningServer>
{
    [SkippableFact]
    public async Task The_readmes_tour_opens_two_gates_and_fills_a_car_up_twice()
    {
        foreach (var tool in new[] { "bash", "curl", "jq" })
            Skip.IfNot(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(
                folder => File.Exists(Path.Combine(folder, tool))), $"{tool} is not installed.");
        await server.StartAsync();
        using (var faces = new SampleFaces())
        {
            await File.WriteAllBytesAsync(
                Path.Combine(server.DataFolder, "me.jpg"), faces.Photo(SampleFaces.Asha, SampleFaces.AtHome));
        }
        await File.WriteAllBytesAsync(
            Path.Combine(server.DataFolder, "car.jpg"), new DrawnCar("WB 02 AK 1234").Jpeg());

        var said = await RunAsync(Tour());
        Assert.Equal(["open", "open"], Values(said, "decision"));
        Assert.Equal(["0", "500"], Values(said, "fare_minor"));
        Assert.Equal(["9500"], Values(said, "available_minor"));
        // Offered is answered by a yes and becomes held; the pump delivers, and it is paid. Then a bill by the camera.
        Assert.Equal(["held", "paid", "paid"], Values(said, "state", "hold_minor"));
        Assert.Equal(["0", "210820", "52705"], Values(said, "amount_minor", "hold_minor"));
        var pumps = await File.ReadAllTextAsync(Path.Combine(server.DataFolder, "pumps.txt"));
        Assert.Contains("F1-P1  nozzle 1 is free up to 23.716 l", pumps);
        Assert.Contains("F1-P1  the line is cut: the delivery waits to be told", pumps);
        Assert.Contains("F1-P2  camera: accept (ok)", pumps);
        var verified = await File.ReadAllTextAsync(Path.Combine(server.DataFolder, "verified.txt"));
        Assert.Contains("Proved: fuel of INR 527.05, F1", verified);
        Assert.Contains("the head you kept", verified);
        Assert.Contains("the server's log", verified);
    }

    /// <summary>The blocks of shell script, with this server's address, data folder and program put in.</summary>
    private string Tour()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "SightPay.slnx"))) root = root.Parent!;
        var readme = File.ReadAllText(Path.Combine(root.FullName, "README.md"));
        var blocks = readme.Split("```bash\n").Skip(1).Select(block => block.Split("```")[0])
            .Where((block, i) => i == 0 || block.Contains("simulate-pump", StringComparison.Ordinal)
                || block.Contains("verify-receipt", StringComparison.Ordinal));
        var lines = string.Join('\n', blocks).TrimEnd().Split('\n')
            .Select(line => line.StartsWith("sightpay simulate-pump", StringComparison.Ordinal)
                ? $"{line} >> pumps.txt"
                : line).ToList();
        Put("api=", server.Address);
        Put("data=", server.DataFolder);
        Put("sightpay() ", $"{{ dotnet {RunningServer.Program} \"$@\"; }}");
        lines[^1] += " > verified.txt";
        return string.Join('\n', lines);

        void Put(string name, string value) =>
            lines[lines.FindIndex(line => line.StartsWith(name, StringComparison.Ordinal))] = name + value;
    }

    private async Task<IReadOnlyList<JsonElement>> RunAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail"])
        {
            WorkingDirectory = server.DataFolder, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, output);
        return Documents(output);
    }

    /// <summary>The answers stand one behind the other.</summary>
    private static List<JsonElement> Documents(string output)
    {
        var reader = new Utf8JsonReader(
            System.Text.Encoding.UTF8.GetBytes(output), new JsonReaderOptions { AllowMultipleValues = true });
        var documents = new List<JsonElement>();
        while (reader.Read()) documents.Add(JsonElement.ParseValue(ref reader));
        return documents;
    }

    /// <param name="beside">Only of documents that have this, too.</param>
    private static string[] Values(IEnumerable<JsonElement> documents, string name, string? beside = null) =>
    [
        .. documents
            .Where(document => document.TryGetProperty(name, out _)
                && (beside is null || document.TryGetProperty(beside, out _)))
            .Select(document => document.GetProperty(name).ToString()),
    ];
}
