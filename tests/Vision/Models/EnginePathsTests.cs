using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Vision.Tests.Models;

public sealed class EnginePathsTests
{
    [Fact]
    public void The_build_put_everything_in_place()
    {
        Assert.True(File.Exists(EnginePaths.OnnxRuntime));
        Assert.True(File.Exists(EnginePaths.Libvips));
        Assert.Equal(9, ModelPack.Load(EnginePaths.StandardPack).Manifest.Models.Count);
        for (var i = 1; i <= 6; i++)
            Assert.True(File.Exists(Path.Combine(EnginePaths.Samples, $"sample{i}.jpg")));
        Assert.True(EnginePaths.Postgres is null || File.Exists(Path.Combine(EnginePaths.Postgres, "bin", "postgres")));
    }

    [Fact]
    public void The_folder_is_found_above_a_build_and_beside_a_published_program()
    {
        using var folder = new TemporaryFolder();
        var dist = Directory.CreateDirectory(Path.Combine(folder.Path, "engines", "dist")).FullName;
        var bin = Directory.CreateDirectory(Path.Combine(folder.Path, "src", "Server", "bin")).FullName;
        // A folder without its stamp is one that a killed build left behind.
        var fault = Assert.Throws<DirectoryNotFoundException>(() => EnginePaths.FindFrom(bin));
        Assert.Contains("dotnet build", fault.Message);
        File.WriteAllText(Path.Combine(dist, EnginePaths.Stamp), "x");
        Assert.Equal(dist, EnginePaths.FindFrom(bin));
        Assert.Equal(dist, EnginePaths.FindFrom(folder.Path + Path.DirectorySeparatorChar));
    }
}
