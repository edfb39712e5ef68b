using System.Diagnostics;

namespace SightPay.Browser.Tests;

/// <summary>The unit tests of the pages (Vitest), so that one command runs everything.</summary>
public sealed class PageUnitTests
{
    [SkippableFact]
    public async Task The_unit_tests_of_the_pages_pass()
    {
        var web = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "web"));
        Skip.IfNot(Directory.Exists(Path.Combine(web, "node_modules")), "The pages were not built here.");
        var start = new ProcessStartInfo("npm", ["test"])
        {
            WorkingDirectory = web, RedirectStandardOutput = true, RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // A watcher would never end; vitest asks this variable.
        start.Environment["CI"] = "true";
        using var npm = Process.Start(start)!;
        npm.StandardInput.Close();
        var output = npm.StandardOutput.ReadToEndAsync();
        var errors = npm.StandardError.ReadToEndAsync();
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, await output + await errors);
        Assert.Contains("passed", await output, StringComparison.Ordinal);
    }
}
