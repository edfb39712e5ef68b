using SightPay.Server.Database;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Database;

public sealed class PostgresBinariesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_cluster_takes_the_newest_of_the_system()
    {
        Install("system/15/bin", 15);
        Install("system/17/bin", 17);
        Assert.Equal(17, (await ChooseAsync(null)).Major);
    }

    [Fact]
    public async Task An_existing_cluster_picks_its_own_version()
    {
        Install("system/15/bin", 15);
        Install("system/17/bin", 17);
        Assert.Equal(15, (await ChooseAsync(15)).Major);
    }

    [Fact]
    public async Task One_on_the_path_counts()
    {
        Install("path", 16);
        Assert.Equal(16, (await ChooseAsync(null, Path.Combine(_folder.Path, "path"))).Major);
    }

    [Fact]
    public async Task One_too_old_for_our_sql_does_not()
    {
        Install("system/14/bin", 14);
        var fault = await Assert.ThrowsAsync<StoreException>(() => ChooseAsync(null));
        Assert.Contains("apt-get install postgresql", fault.Message);
    }

    [Fact]
    public async Task The_builds_own_is_the_last_resort_and_is_copied_to_where_everybody_may_run_it()
    {
        var built = Path.Combine(_folder.Path, "built");
        Install("built/bin", 18);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "built", "libicu.so.60.2"), "library");
        await File.WriteAllTextAsync(
            Path.Combine(built, "pg-symlinks.json"),
            """[{"source":"native/libicu.so.60.2","target":"native/lib/libicu.so.60"}]""");
        var binaries = await ChooseAsync(null, built: built);
        var copy = Path.Combine(_folder.Path, "copy");
        Assert.Equal((18, Path.Combine(copy, "bin")), (binaries.Major, binaries.Folder));
        Assert.Equal("library", await File.ReadAllTextAsync(Path.Combine(copy, "lib", "libicu.so.60")));
        Assert.True(File.GetUnixFileMode(binaries.Postgres).HasFlag(UnixFileMode.OtherExecute));
    }

    private Task<PostgresBinaries> ChooseAsync(int? cluster, string path = "/nowhere", string? built = null) =>
        PostgresBinaries.ChooseAsync(
            cluster, built, Path.Combine(_folder.Path, "copy"), default, path, Path.Combine(_folder.Path, "system"));

    private void Install(string folder, int major)
    {
        var programs = Path.Combine(_folder.Path, folder);
        Directory.CreateDirectory(programs);
        foreach (var name in new[] { "postgres", "initdb" })
        {
            var file = Path.Combine(programs, name);
            File.WriteAllText(file, $"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.4'\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
