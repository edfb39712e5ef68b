using System.Diagnostics;
using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Vision.Tests.Models;

/// <summary>The build's own tool, started as the build starts it, but where there is no npm to be found.</summary>
public sealed class EngineRestoreTests
{
    [Fact]
    public async Task What_is_already_restored_is_not_restored_again()
    {
        var project = Path.GetDirectoryName(EnginePaths.Root)!;
        var made = Directory.GetCreationTimeUtc(EnginePaths.StandardPack);
        var wish = EnginePaths.Postgres is null ? "never" : "always";
        Assert.Equal((0, ""), await RestoreWithoutNpmAsync(project, wish));
        Assert.Equal(made, Directory.GetCreationTimeUtc(EnginePaths.StandardPack));
    }

    [Fact]
    public async Task Without_npm_one_sentence_says_what_to_install_and_nothing_is_left()
    {
        using var repository = new TemporaryFolder();
        var original = Path.GetDirectoryName(EnginePaths.Root)!;
        string[] files =
        [
            ".npmrc", "src/Vision/Models/PackManifest.cs", "engines/package.json", "engines/package-lock.json",
            "engines/postgresql/package.json", "engines/postgresql/package-lock.json",
        ];
        foreach (var file in files)
        {
            var target = Path.Combine(repository.Path, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(original, "..", file), target);
        }
        foreach (var folder in (string[])["src/Vision/Models/Import", "engines/licences"])
            Directory.CreateDirectory(Path.Combine(repository.Path, folder));
        var project = Path.Combine(repository.Path, "engines");
        var (exitCode, answer) = await RestoreWithoutNpmAsync(project, "never");
        Assert.Equal(1, exitCode);
        Assert.Contains("install Node.js", answer);
        Assert.Single(answer.Trim().Split('\n'));
        Assert.False(Directory.Exists(Path.Combine(project, "dist")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(project, "obj", "restore")));
    }

    private static async Task<(int ExitCode, string Answer)> RestoreWithoutNpmAsync(string project, string wish)
    {
        // The tool was built beside this test, in the same configuration.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var engines = Path.GetDirectoryName(EnginePaths.Root)!;
        var tool = Path.Combine(engines, "bin", configuration, "net10.0", "SightPay.Engines.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["exec", tool, project, wish])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = "";
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var answer = await process.StandardOutput.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        return (process.ExitCode, answer);
    }
}
