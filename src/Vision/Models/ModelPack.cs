using System.Security.Cryptography;
using System.Text.Json;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Models;

/// <summary>A folder of networks with its manifest.</summary>
public sealed class ModelPack
{
    private readonly string _folder;

    private ModelPack(string folder, PackManifest manifest) => (_folder, Manifest) = (folder, manifest);

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
        var entry = Manifest.Models.FirstOrDefault(model => model.Name == name)
            ?? throw new InvalidDataException($"The pack {Id} has no model {name}.");
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(_folder, Path.GetFileName(entry.File)));
        }
        catch (IOException fault)
        {
            throw new InvalidDataException($"The model {name} of the pack {Id} cannot be read: {fault.Message}", fault);
        }
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != entry.Sha256)
            throw new InvalidDataException($"The file of model {name} is not the one that the pack {Id} describes.");
        var outputs = entry.Outputs.ToDictionary(output => output.Key, output => Fixed(output.Value, pictures));
        return OnnxModel.Open(bytes, name, Fixed(entry.Input, pictures), outputs, threads);
    }

    private static long[] Fixed(IEnumerable<int> shape, int pictures) =>
        [.. shape.Select(side => side < 0 ? (long)pictures : side)];
}
