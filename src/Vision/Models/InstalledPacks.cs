namespace SightPay.Vision.Models;

/// <summary>Which packs there are: the standard one, which comes with the build, and those added to a folder.</summary>
/// <param name="folder">Folder of added packs; it may be absent.</param>
public sealed class InstalledPacks(string folder)
{
    private const string Standard = "standard";

    public bool HasPrecise => File.Exists(Path.Combine(FolderOf(PrecisePack.Name), PackManifest.FileName));

    /// <summary>The most accurate one that is installed.</summary>
    /// <exception cref="InvalidDataException">It is damaged or of another version. Another one is not taken in its
    /// place: everybody would have to enrol again.</exception>
    public ModelPack Best => Open(HasPrecise ? PrecisePack.Name : Standard);

    /// <param name="name">standard or precise.</param>
    /// <exception cref="InvalidDataException">There is no such pack, or it is damaged or of another version.
    /// </exception>
    public ModelPack Open(string name)
    {
        if (name == Standard) return ModelPack.Load(EnginePaths.StandardPack);
        if (name != PrecisePack.Name)
            throw new InvalidDataException($"There is no pack {name}. Packs are {Standard} and {PrecisePack.Name}.");
        if (!HasPrecise) throw new InvalidDataException($"The pack {name} is not installed in {folder}. {Cure}");
        var pack = ModelPack.Load(FolderOf(name));
        return pack.Id == PrecisePack.Id
            ? pack
            : throw new InvalidDataException(
                $"The pack in {FolderOf(name)} is {pack.Id}; this program needs {PrecisePack.Id}. {Cure}");
    }

    private static string Cure => $"Run: sightpay models add {PrecisePack.Name}";

    private string FolderOf(string name) => Path.Combine(folder, name);
}
