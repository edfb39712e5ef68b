namespace SightPay.Vision.Models;

/// <summary>
/// Where the build put native libraries, models and (maybe) PostgreSQL: the folder <c>engines/dist</c>, found by
/// walking up from the program's own folder, or beside a published program.
/// </summary>
public static class EnginePaths
{
    /// <summary>The file that the build writes when everything else is in place.</summary>
    internal const string Stamp = "stamp";

    private static readonly Lazy<string> Found = new(
        () => FindFrom(AppContext.BaseDirectory), LazyThreadSafetyMode.PublicationOnly);

    /// <exception cref="DirectoryNotFoundException">Says which command makes it.</exception>
    public static string Root => Found.Value;

    /// <summary>The library of ONNX Runtime.</summary>
    public static string OnnxRuntime => Library("libonnxruntime");

    /// <summary>The library of libvips.</summary>
    public static string Libvips => Library("libvips-cpp");

    /// <summary>Folder of the standard pack's ONNX files.</summary>
    public static string StandardPack => Path.Combine(Root, "models", "standard");

    /// <summary>Group pictures for tests, from a restored package: sample1.jpg .. sample6.jpg.</summary>
    public static string Samples => Path.Combine(Root, "samples");

    /// <summary>
    /// PostgreSQL from npm, ready to run (with <c>bin</c>, <c>lib</c> and <c>share</c>), or null where the build found
    /// one on the system.
    /// </summary>
    public static string? Postgres =>
        Path.Combine(Root, "pgsql") is var folder && Directory.Exists(folder) ? folder : null;

    internal static string FindFrom(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "engines", "dist");
            if (File.Exists(Path.Combine(candidate, Stamp)))
                return candidate;
        }
        throw new DirectoryNotFoundException(
            $"No engines/dist was found in or above {start}. Run `dotnet build` in the repository once: it restores "
            + "the native libraries and models there.");
    }

    private static string Library(string name)
    {
        var folder = Path.Combine(Root, "native");
        return Directory.EnumerateFiles(folder, name + "*").FirstOrDefault()
            ?? throw new FileNotFoundException(
                $"{name} is not in {folder}. Delete engines/dist and run `dotnet build`: it restores it.");
    }
}
