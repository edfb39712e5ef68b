using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SightPay.Engines;

internal enum PostgresqlWish
{
    /// <summary>Only where the system has none that is new enough.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>Looks for a PostgreSQL server that this machine already has.</summary>
internal static partial class SystemPostgresql
{
    private const int MajorMin = 15;

    public static async Task<bool> ExistsAsync()
    {
        foreach (var postgres in Candidates())
        {
            if (await IsNewEnoughAsync(postgres))
                return true;
        }
        return false;
    }

    private static IEnumerable<string> Candidates()
    {
        const string debian = "/usr/lib/postgresql";
        var versioned = Directory.Exists(debian)
            ? Directory.EnumerateDirectories(debian).Select(folder => Path.Combine(folder, "bin"))
            : [];
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return versioned.Concat(path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Where(folder => File.Exists(Path.Combine(folder, "initdb")))
            .Select(folder => Path.Combine(folder, "postgres"))
            .Where(File.Exists);
    }

    private static async Task<bool> IsNewEnoughAsync(string postgres)
    {
        try
        {
            var start = new ProcessStartInfo(postgres, "--version") { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var answer = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            var major = Major().Match(answer);
            return major.Success && int.Parse(major.Groups[1].Value, CultureInfo.InvariantCulture) >= MajorMin;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    [GeneratedRegex(@"PostgreSQL\) (\d+)")]
    private static partial Regex Major();
}
