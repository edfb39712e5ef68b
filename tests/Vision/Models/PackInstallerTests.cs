using System.Net;
using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Vision.Tests.Models;

/// <summary>The precise pack from files that lie beside the repository or nowhere.</summary>
public sealed class PackInstallerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<PublishedFile> _taken = [];

    private string Packs => Path.Combine(_folder.Path, "models");
    private string Pack => Path.Combine(Packs, PrecisePack.Name);

    [SkippableFact]
    public async Task All_files_make_a_pack_whose_files_are_right()
    {
        var files = SharedFolder.Require("shared/models");
        Assert.False(new InstalledPacks(Packs).HasPrecise);
        await AddAsync(new FileFolder(files));
        var installed = new InstalledPacks(Packs);
        Assert.True(installed.HasPrecise);
        Assert.Equal(PrecisePack.Id, installed.Best.Id);
        Assert.Empty(installed.Best.Damages());
        Assert.All(installed.Best.Manifest.Models, model => Assert.NotEmpty(model.Licence));
        Assert.Equal(PrecisePack.Files, _taken);
        using var embedder = installed.Best.Open("face-reidentification-retail-0095", threads: 1);
        using var detector = installed.Best.Open("yunet", threads: 1);
        using var liveness = installed.Best.Open("minifasnet-v2", threads: 1);
        using var plates = installed.Best.Open("cct-xs-v1", threads: 1);
    }

    [SkippableFact]
    public async Task The_conversion_gives_the_same_bytes_on_every_machine()
    {
        await AddAsync(new FileFolder(SharedFolder.Require("shared/models")));
        var hashes = new InstalledPacks(Packs).Best.Manifest.Models.ToDictionary(model => model.Name, m => m.Sha256);
        Assert.Equal(ReidSha256, hashes["face-reidentification-retail-0095"]);
    }

    [SkippableTheory]
    [InlineData("face_detection_yunet_2023mar.onnx")]
    [InlineData("face-reidentification-retail-0095.bin")]
    public async Task A_missing_or_changed_file_is_named_and_nothing_changes(string name)
    {
        var files = Copied();
        var path = Path.Combine(files, name);
        var bytes = await File.ReadAllBytesAsync(path);
        File.Delete(path);
        await RefusedAsync(files, name);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        await RefusedAsync(files, name);
        await File.WriteAllBytesAsync(path, bytes[..^1]);
        await RefusedAsync(files, name);
        Assert.False(Directory.Exists(Packs));
    }

    [SkippableFact]
    public async Task A_failed_second_installation_leaves_the_first_as_it_is()
    {
        var files = Copied();
        await AddAsync(new FileFolder(files));
        var before = Contents();
        File.Delete(Path.Combine(files, "2.7_80x80_MiniFASNetV2.onnx"));
        await RefusedAsync(files, "2.7_80x80_MiniFASNetV2.onnx");
        Assert.Equal(before, Contents());
        // What a killed installation left behind is in nobody's way.
        Directory.CreateDirectory(Path.Combine(Packs, ".precise.new", "half"));
        await AddAsync(new FileFolder(SharedFolder.Require("shared/models")));
        Assert.Equal(before, Contents());
        Assert.Equal([Pack], Directory.GetDirectories(Packs));
    }

    [SkippableFact]
    public async Task A_damaged_or_older_pack_is_not_replaced_by_another_in_silence()
    {
        await AddAsync(new FileFolder(SharedFolder.Require("shared/models")));
        var model = Path.Combine(Pack, "face_detection_yunet_2023mar.onnx");
        await File.AppendAllTextAsync(model, "x");
        var damage = Assert.Single(new InstalledPacks(Packs).Best.Damages());
        Assert.Contains("yunet", damage);
        Assert.Throws<InvalidDataException>(() => new InstalledPacks(Packs).Best.Open("yunet", threads: 1));
        File.Delete(model);
        Assert.Contains("yunet", Assert.Single(new InstalledPacks(Packs).Best.Damages()));
        var manifest = Path.Combine(Pack, PackManifest.FileName);
        var text = await File.ReadAllTextAsync(manifest);
        await File.WriteAllTextAsync(manifest, text.Replace("\"version\": \"1\"", "\"version\": \"0\""));
        var fault = Assert.Throws<InvalidDataException>(() => new InstalledPacks(Packs).Best);
        Assert.Contains("models add", fault.Message);
        await File.WriteAllTextAsync(manifest, "{}");
        Assert.Throws<InvalidDataException>(() => new InstalledPacks(Packs).Best);
    }

    [Fact]
    public void Without_an_added_pack_the_standard_one_is_the_best()
    {
        var installed = new InstalledPacks(Packs);
        Assert.Equal("standard", installed.Best.Manifest.Name);
        Assert.Empty(installed.Best.Damages());
        Assert.Contains("models add", Assert.Throws<InvalidDataException>(() => installed.Open("precise")).Message);
        Assert.Throws<InvalidDataException>(() => installed.Open("other"));
    }

    [Fact]
    public async Task A_place_with_other_bytes_is_passed_over_and_one_without_an_answer_too()
    {
        byte[] right = [1, 2, 3];
        string[] hosts = ["gone.test", "other.test", "long.test", "right.test"];
        var file = new PublishedFile(
            "a.onnx", 3, ModelPack.HashOf(right), "MIT", "a",
            [.. hosts.Select(host => new Uri($"http://{host}/a"))]);
        using var http = new HttpClient(new Places
        {
            ["other.test"] = [1, 2, 4], ["long.test"] = [1, 2, 3, 4], ["right.test"] = right,
        });
        Assert.Equal(right, await new OfficialPlaces(http).ReadAsync(file, default));
        var nowhere = file with { Places = [.. file.Places.Take(3)] };
        var fault = await Assert.ThrowsAsync<PublishedFileException>(
            () => new OfficialPlaces(http).ReadAsync(nowhere, default));
        Assert.Contains("a.onnx", fault.Message);
        Assert.Contains("gone.test", fault.Message);
        Assert.Contains("long.test has another file", fault.Message);
    }

    [Fact]
    public void Every_file_has_a_licence_that_allows_business_and_a_place()
    {
        Assert.All(PrecisePack.Files, file =>
        {
            Assert.Contains(file.Licence, (string[])["MIT", "Apache-2.0"]);
            Assert.All(file.Places, place => Assert.Equal("https", place.Scheme));
            Assert.NotEmpty(file.Places);
            Assert.Matches("^[0-9a-f]{64}$", file.Sha256);
        });
    }

    public void Dispose() => _folder.Dispose();

    private const string ReidSha256 = "59fcc5d218be9fc8287270080d864829ff290131488f76e8965558f50472b683";

    private Task<string> AddAsync(IFilePlace place) =>
        new PackInstaller(Packs) { Took = _taken.Add }.AddPreciseAsync(place, default);

    private async Task RefusedAsync(string files, string name)
    {
        var fault = await Assert.ThrowsAsync<PublishedFileException>(() => AddAsync(new FileFolder(files)));
        Assert.Contains(name, fault.Message);
    }

    private string Copied()
    {
        var copy = Directory.CreateDirectory(Path.Combine(_folder.Path, "files")).FullName;
        foreach (var file in Directory.EnumerateFiles(SharedFolder.Require("shared/models")))
        {
            var target = Path.Combine(copy, Path.GetFileName(file));
            File.WriteAllBytes(target, File.ReadAllBytes(file));
        }
        return copy;
    }

    private SortedDictionary<string, string> Contents() => new(Directory.EnumerateFiles(Pack).ToDictionary(
        path => Path.GetFileName(path), path => ModelPack.HashOf(File.ReadAllBytes(path))));

    /// <summary>Answers by host; an unknown one has nothing.</summary>
    private sealed class Places : HttpMessageHandler
    {
        private readonly Dictionary<string, byte[]> _files = [];

        public byte[] this[string host] { set => _files[host] = value; }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(
            _files.TryGetValue(request.RequestUri!.Host, out var bytes)
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) }
                : new HttpResponseMessage(HttpStatusCode.NotFound));
    }
}
