using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Models;

/// <summary>A folder of networks with its manifest.</summary>
public sealed class ModelPack
{
    private ModelPack(string folder, PackManifest manifest) => (Folder, Manifest) = (folder, manifest);

    public string Folder { get; }
    public PackManifest Manifest { get; }

    /// <summary>Name and version, stored with every template the pack makes.</summary>
    public string Id => $"{Manifest.Name}-{Manifest.Version}";

    /// <exception cref="InvalidDataException">There is no pack in the folder, or its manifest is damaged.</exception>
    public static ModelPack Load(string folder)
    {
        var path = Path.Combine(folder, PackManifest.FileName);
        try
        {
            var manifest = JsonSerializer.Deserialize<PackManifest>(File.ReadAllBytes(path), PackManifest.Json);
            return new ModelPack(folder, manifest ?? throw new JsonException("It is empty."));
        }
        catch (Exception fault) when (fault is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{folder} is no model pack: {fault.Message}", fault);
        }
    }

    /// <summary>Opens a network after its bytes were compared with the manifest's hash.</summary>
    /// <param name="name">As in the manifest.</param>
    /// <param name="threads">Threads inside one run.</param>
    /// <param name="pictures">How many pictures one run takes, for networks that leave it open.</param>
    /// <exception cref="InvalidDataException">The file is missing or is not the one the manifest describes.</exception>
    public OnnxModel Open(string name, int threads, int pictures = 1)
    {
        var entry = Entry(name);
        var bytes = ReadChecked(entry);
        var outputs = entry.Outputs.ToDictionary(output => output.Key, output => Fixed(output.Value, pictures));
        return OnnxModel.Open(bytes, name, Fixed(entry.Input, pictures), outputs, threads);
    }

    /// <summary>Opens a network that leaves the size of pictures open, at all sizes it will be run with.</summary>
    /// <exception cref="InvalidDataException">The file is missing or is not the one the manifest describes.</exception>
    public OnnxModel Open(string name, int threads, IReadOnlyList<ModelShape> shapes) =>
        OnnxModel.Open(ReadChecked(Entry(name)), name, shapes, threads);

    /// <summary>The text of a file that is no network.</summary>
    /// <exception cref="InvalidDataException">The file is missing or is not the one the manifest describes.</exception>
    public string ReadText(string name) => Encoding.UTF8.GetString(ReadChecked(Entry(name)));

    /// <summary>Whether the pack has it: optional files may be missing, and older packs may lack some.</summary>
    public bool Has(string name) => Manifest.Models.Any(model => model.Name == name);

    /// <summary>Compares every file with the manifest; a sentence for each one that differs.</summary>
    public IReadOnlyList<string> Damages()
    {
        var damages = new List<string>();
        foreach (var entry in Manifest.Models)
        {
            try
            {
                ReadChecked(entry);
            }
            catch (InvalidDataException fault)
            {
                damages.Add(fault.Message);
            }
        }
        return damages;
    }

    internal static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private PackEntry Entry(string name) =>
        Manifest.Models.FirstOrDefault(model => model.Name == name)
        ?? throw new InvalidDataException($"The pack {Id} has no model {name}.");

    private byte[] ReadChecked(PackEntry entry)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(Folder, Path.GetFileName(entry.File)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"The model {entry.Name} of the pack {Id} cannot be read: {fault.Message}", fault);
        }
        return HashOf(bytes) == entry.Sha256
            ? bytes
            : throw new InvalidDataException(
                $"The file of model {entry.Name} is not the one that the pack {Id} describes.");
    }

    private static long[] Fixed(IEnumerable<int> shape, int pictures) =>
        [.. shape.Select(side => side < 0 ? (long)pictures : side)];
}
