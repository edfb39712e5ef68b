using System.Security.Cryptography;
using System.Text;
using SightPay.Vision.Models.Import;

namespace SightPay.Engines;

/// <summary>
/// Makes engines/dist: restores the npm packages beside it, copies the few files that are needed, converts the models,
/// and only then puts the finished folder in place. Killed at any moment, the next build starts again from nothing.
/// </summary>
internal sealed class EngineRestore(string project, PostgresqlWish wish)
{
    private const int LockTimeoutMs = 20 * 60 * 1000;
    private const int LockPollMs = 200;

    private readonly string _dist = Path.Combine(project, "dist");
    private readonly string _restores = Path.Combine(project, "obj", "restore");

    // A folder of its own for every run: the npm of a killed build may still be writing into the last one.
    private readonly string _work = Path.Combine(project, "obj", "restore", Path.GetRandomFileName());

    public async Task RunAsync()
    {
        Directory.CreateDirectory(_restores);
        using var only = await TakeLockAsync();
        var withPostgresql = wish switch
        {
            PostgresqlWish.Auto => !await SystemPostgresql.ExistsAsync(),
            _ => wish == PostgresqlWish.Always,
        };
        var fingerprint = Fingerprint(withPostgresql);
        var stamp = Path.Combine(_dist, "stamp");
        // Another build may have made it while this one waited, or only the files' times have changed.
        if (File.Exists(stamp) && File.ReadAllText(stamp) == fingerprint)
        {
            File.SetLastWriteTimeUtc(stamp, TimeProvider.System.GetUtcNow().UtcDateTime);
            return;
        }
        try
        {
            Clean();
            await MakeAsync(withPostgresql, fingerprint);
        }
        finally
        {
            Clean();
        }
    }

    private async Task MakeAsync(bool withPostgresql, string fingerprint)
    {
        var built = Path.Combine(_work, "dist");
        Directory.CreateDirectory(built);
        foreach (var text in Directory.EnumerateFiles(Path.Combine(project, "licences")))
            Copy(text, Path.Combine(built, "licences"));
        Fill(built, await NpmRestore.RunAsync(project, Path.Combine(_work, "engines"), Npmrc));
        if (withPostgresql)
        {
            var packages = await NpmRestore.RunAsync(
                Path.Combine(project, "postgresql"), Path.Combine(_work, "postgresql"), Npmrc);
            PostgresqlTree.Copy(packages, Path.Combine(built, "pgsql"), Path.Combine(built, "licences"));
        }
        File.WriteAllText(Path.Combine(built, "stamp"), fingerprint);
        if (Directory.Exists(_dist))
            Directory.Move(_dist, Path.Combine(_work, "old"));
        Directory.Move(built, _dist);
    }

    private string Npmrc => Path.Combine(project, "..", ".npmrc");

    private static void Fill(string dist, string packages)
    {
        var natives = NativeFiles.ForThisMachine();
        foreach (var file in natives.Select(pattern => NativeFiles.Find(packages, pattern)))
            Copy(file, Path.Combine(dist, "native"));
        foreach (var sample in Enumerable.Range(1, 6))
        {
            var file = Path.Combine(packages, "@vladmandic/face-api/demo", $"sample{sample}.jpg");
            Copy(file, Path.Combine(dist, "samples"));
        }
        StandardPackImport.Run(packages, Path.Combine(dist, "models", "standard"));
        foreach (var (package, file) in NativeFiles.Licences(packages))
            Copy(file, Path.Combine(dist, "licences", package));
    }

    /// <summary>Everything that decides what dist holds: the lock files, this tool, the importer, the wish.</summary>
    private string Fingerprint(bool withPostgresql)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] files =
        [
            Path.Combine(project, "package-lock.json"),
            Path.Combine(project, "postgresql", "package-lock.json"),
            .. Sources(project),
            .. Sources(Path.Combine(project, "../src/Vision/Models/Import")),
            Path.Combine(project, "../src/Vision/Models/PackManifest.cs"),
        ];
        foreach (var file in files)
            hash.AppendData(File.ReadAllBytes(file));
        hash.AppendData(Encoding.UTF8.GetBytes($"{withPostgresql} {NativeFiles.Platform}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs").Order(StringComparer.Ordinal);

    /// <summary>One restore at a time; the lock falls with its process, however that ends.</summary>
    private async Task<FileStream> TakeLockAsync()
    {
        var path = Path.Combine(project, "obj", "restore.lock");
        for (var waitedMs = 0; ; waitedMs += LockPollMs)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waitedMs < LockTimeoutMs)
            {
                await Task.Delay(LockPollMs);
            }
            catch (IOException)
            {
                throw new RestoreException(
                    "Another build has been restoring engines/dist for 20 minutes; end it first.");
            }
        }
    }

    internal static void Copy(string file, string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    /// <summary>What cannot be deleted yet is deleted by the next restore.</summary>
    private void Clean()
    {
        foreach (var folder in Directory.EnumerateDirectories(_restores))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"{folder} is still in use.");
            }
        }
    }
}
