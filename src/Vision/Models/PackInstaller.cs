using System.Text.Json;

namespace SightPay.Vision.Models;

/// <summary>
/// Puts the precise pack into a folder of packs: all files are taken and compared with their hashes, the networks are
/// converted, the new folder is written beside the old one, and one rename puts it in place. Whatever goes wrong before
/// that changes nothing.
/// </summary>
public sealed class PackInstaller(string packs)
{
    /// <summary>Told about each file as soon as it was taken.</summary>
    public Action<PublishedFile> Took { get; init; } = _ => { };

    /// <returns>The pack's folder.</returns>
    /// <exception cref="PublishedFileException">A file cannot be had; the message says which.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async Task<string> AddPreciseAsync(IFilePlace place, CancellationToken ct)
    {
        var taken = new Dictionary<string, byte[]>();
        foreach (var file in PrecisePack.Files)
        {
            taken[file.Name] = await place.ReadAsync(file, ct);
            Took(file);
        }
        var (manifest, files) = PrecisePack.Make(taken);
        return Put(manifest, files);
    }

    private string Put(PackManifest manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        var folder = Path.Combine(packs, manifest.Name);
        // Folders that begin with a dot are no packs. What a killed installation left is cleared away by the next.
        var (fresh, old) = (Path.Combine(packs, $".{manifest.Name}.new"), Path.Combine(packs, $".{manifest.Name}.old"));
        foreach (var leftover in (string[])[fresh, old])
            if (Directory.Exists(leftover)) Directory.Delete(leftover, recursive: true);
        Directory.CreateDirectory(fresh);
        foreach (var (name, bytes) in files) File.WriteAllBytes(Path.Combine(fresh, name), bytes);
        File.WriteAllBytes(
            Path.Combine(fresh, PackManifest.FileName),
            JsonSerializer.SerializeToUtf8Bytes(manifest, PackManifest.Json));
        if (Directory.Exists(folder)) Directory.Move(folder, old);
        Directory.Move(fresh, folder);
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        return folder;
    }
}
