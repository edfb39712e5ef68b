using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Vision.Tests;

/// <summary>What is never part of the repository: personal data and files of others, beside it or nowhere.</summary>
internal static class SharedFolder
{
    /// <summary>Installs the precise pack from the files beside the repository.</summary>
    public static ModelPack InstallPrecise(string packs)
    {
        var place = new FileFolder(Require("shared/models"));
        new PackInstaller(packs).AddPreciseAsync(place, default).GetAwaiter().GetResult();
        return new InstalledPacks(packs).Best;
    }

    /// <summary>The folder; skips the test by name where it is absent.</summary>
    public static string Require(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, name);
            if (Directory.Exists(candidate)) return candidate;
        }
        Skip.If(true, $"../{name} is not there.");
        return "";
    }
}
