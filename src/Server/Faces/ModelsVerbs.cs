using System.CommandLine;
using SightPay.Vision.Models;

namespace SightPay.Server.Faces;

/// <summary>
/// <c>sightpay models list | verify | add precise [--from DIR]</c>. They need no database and ask nothing. Exit codes:
/// 0 done and nothing is damaged, 1 not done or damaged.
/// </summary>
/// <param name="packs">Folder of added packs, read when a verb runs: the help needs none.</param>
internal sealed class ModelsVerbs(Func<string> packs, TextWriter output, TextWriter errors)
{
    public const int Done = 0;
    public const int NotDone = 1;

    public Command Make()
    {
        var list = new Command("list", "Shows the packs that are installed, their networks, licences and sources.");
        list.SetAction(_ => List());
        var verify = new Command("verify", "Compares every installed file with its hash.");
        verify.SetAction(_ => Verify());
        var pack = new Argument<string>("PACK") { Description = "precise." };
        pack.AcceptOnlyFromAmong(PrecisePack.Name);
        var from = new Option<DirectoryInfo?>("--from")
        {
            Description = "A folder that holds the files already; else they are fetched from their official places.",
        };
        var add = new Command("add", "Installs a pack: every file is compared with its hash.") { pack, from };
        add.SetAction((given, ct) => AddAsync(given.GetValue(from), ct));
        return new Command("models", "The model packs that recognise faces and plates.") { list, verify, add };
    }

    internal int List()
    {
        var installed = new InstalledPacks(packs());
        var result = Done;
        foreach (var name in Names(installed)) result |= Told(() => Show(installed.Open(name)));
        if (!installed.HasPrecise)
            output.WriteLine($"{PrecisePack.Id}: not installed. Add it with: models add {PrecisePack.Name}");
        return result;
    }

    internal int Verify()
    {
        var installed = new InstalledPacks(packs());
        var result = Done;
        foreach (var name in Names(installed)) result |= Told(() => Check(installed.Open(name)));
        return result;
    }

    internal async Task<int> AddAsync(DirectoryInfo? from, CancellationToken ct)
    {
        try
        {
            using var http = new HttpClient();
            IFilePlace place = from is null ? new OfficialPlaces(http) : new FileFolder(from.FullName);
            var installer = new PackInstaller(packs()) { Took = Tell };
            var folder = await installer.AddPreciseAsync(place, ct);
            await output.WriteLineAsync(
                $"{PrecisePack.Id} is installed in {folder}. The server uses it from its next start on; people who "
                + "enrolled with another pack are not recognised until they enrol again.");
            return Done;
        }
        catch (Exception fault) when (fault is PublishedFileException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"{fault.Message} Nothing was changed.");
            return NotDone;
        }
    }

    private static IEnumerable<string> Names(InstalledPacks installed) =>
        installed.HasPrecise ? ["standard", PrecisePack.Name] : ["standard"];

    private void Tell(PublishedFile file) => output.WriteLine(
        $"  {file.Name}: {file.Licence}, {file.Work}; {file.SizeBytes} bytes, hash right");

    private int Show(ModelPack pack)
    {
        output.WriteLine($"{pack.Id} in {pack.Folder}");
        foreach (var model in pack.Manifest.Models)
            output.WriteLine(
                $"  {model.Name}: {model.Licence}, {model.Package}"
                + $"{(model.Package.StartsWith('@') ? $" {model.PackageVersion}" : "")}, {model.SizeBytes} bytes");
        return Done;
    }

    private int Check(ModelPack pack)
    {
        var damages = pack.Damages();
        foreach (var damage in damages) errors.WriteLine(damage);
        output.WriteLine(
            damages.Count == 0
                ? $"{pack.Id}: all {pack.Manifest.Models.Count} files are right."
                : $"{pack.Id}: {damages.Count} of {pack.Manifest.Models.Count} files are damaged.");
        return damages.Count == 0 ? Done : NotDone;
    }

    private int Told(Func<int> act)
    {
        try
        {
            return act();
        }
        catch (Exception fault) when (fault is InvalidDataException or DirectoryNotFoundException)
        {
            errors.WriteLine(fault.Message);
            return NotDone;
        }
    }
}
