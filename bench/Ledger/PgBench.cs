using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace SightPay.Bench.Ledger;

/// <summary>Runs PostgreSQL's own benchmark program against one database.</summary>
internal sealed partial class PgBench(string program, string connectionString)
{
    /// <summary>From the newest of Debian's versions, else from the PATH; null: not installed.</summary>
    public static string? Find()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian) : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => new FileInfo(Path.Combine(folder, "pgbench")))
            .Where(file => file.Exists)
            .Select(file => file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName);
        return versions
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var major) ? major : 0)
            .Select(folder => Path.Combine(folder, "bin", "pgbench"))
            .Where(File.Exists)
            .Concat(onPath)
            // The server's programs must lie beside it.
            .FirstOrDefault(path => File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "postgres")));
    }

    public Task FillAsync(int scale, CancellationToken ct) =>
        RunAsync(["-i", "-q", "-s", scale.ToString(CultureInfo.InvariantCulture)], ct);

    public async Task<double> TransactionsPerSecondAsync(int clients, int seconds, CancellationToken ct)
    {
        var report = await RunAsync(
            ["-n", "-M", "prepared", "-j", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
                "-c", clients.ToString(CultureInfo.InvariantCulture),
                "-T", seconds.ToString(CultureInfo.InvariantCulture)], ct);
        var rate = Rate().Match(report);
        if (!rate.Success) throw new InvalidDataException($"pgbench gave no rate: {report}");
        return double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private async Task<string> RunAsync(string[] arguments, CancellationToken ct)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = target.Host,
                ["PGPORT"] = target.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = target.Username,
                ["PGPASSWORD"] = target.Password,
                ["PGDATABASE"] = target.Database,
            },
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(ct);
        var report = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0) throw new InvalidDataException($"pgbench failed: {await errors}");
        return report;
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex Rate();
}
