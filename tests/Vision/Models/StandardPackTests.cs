using System.Security.Cryptography;
using System.Text.Json;
using SightPay.Vision.Models;
using Xunit;

namespace SightPay.Vision.Tests.Models;

/// <summary>
/// Every converted network against values recorded from its original: TensorFlow.js 4.22 running the original graphs
/// (MobileFaceNet with its repair made in the original graph: BiasAdd only, constants negated) and face-api 1.7.15
/// running its own dlib network, each on the drawn input below.
/// </summary>
public sealed class StandardPackTests
{
    private const double Tolerance = 1e-4;

    private static readonly Recorded[] All = JsonSerializer.Deserialize<Recorded[]>(
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Models", "recorded-outputs.json")),
        JsonSerializerOptions.Web)!;

    public static TheoryData<string> Names => [.. All.Select(recorded => recorded.Model)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_converted_network_gives_the_values_of_its_original(string name)
    {
        var recorded = All.Single(item => item.Model == name);
        var pack = ModelPack.Load(EnginePaths.StandardPack);
        var entry = pack.Manifest.Models.Single(model => model.Name == name);
        using var model = pack.Open(name, threads: 1);
        using var run = model.Rent();
        DrawInto(run.Input, [.. entry.Input], recorded.Least, recorded.Most);
        run.Run();
        Assert.Equal(entry.Outputs.Keys.Order(), recorded.Outputs.Keys.Order());
        foreach (var (output, expected) in recorded.Outputs)
            RequireEqual(expected, run.Output(output), $"{name}/{output}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_conversion_gives_the_same_bytes_on_every_machine(string name)
    {
        var entry = ModelPack.Load(EnginePaths.StandardPack).Manifest.Models.Single(model => model.Name == name);
        var bytes = File.ReadAllBytes(Path.Combine(EnginePaths.StandardPack, entry.File));
        Assert.Equal(All.Single(item => item.Model == name).Sha256, entry.Sha256);
        Assert.Equal(entry.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(entry.SizeBytes, bytes.Length);
        Assert.Equal("MIT", entry.Licence);
        Assert.NotEmpty(entry.PackageVersion);
    }

    [Theory]
    [InlineData("mobilefacenet")]
    [InlineData("dlib-face-recognition")]
    public void Two_pictures_in_one_run_give_what_each_gives_alone(string name)
    {
        var pack = ModelPack.Load(EnginePaths.StandardPack);
        var shape = pack.Manifest.Models.Single(model => model.Name == name).Input.ToArray();
        using var single = pack.Open(name, threads: 1);
        using var pair = pack.Open(name, threads: 1, pictures: 2);
        using var one = single.Rent();
        using var two = pair.Rent();
        var half = two.Input.Length / 2;
        DrawInto(two.Input[..half], shape, -1, 1);
        DrawInto(two.Input[half..], shape, -0.5, 0.7);
        two.Run();
        var joined = two.Output("embedding").ToArray();
        for (var i = 0; i < 2; i++)
        {
            two.Input.Slice(i * half, half).CopyTo(one.Input);
            one.Run();
            var alone = one.Output("embedding").ToArray();
            Assert.All(
                alone.Zip(joined.Skip(i * alone.Length)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Fact]
    public void A_changed_model_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(EnginePaths.StandardPack))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        var liveness = Path.Combine(folder.Path, "liveness.onnx");
        var bytes = File.ReadAllBytes(liveness);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(liveness, bytes);
        var pack = ModelPack.Load(folder.Path);
        Assert.Contains("liveness", Assert.Throws<InvalidDataException>(() => pack.Open("liveness", 1)).Message);
        File.Delete(liveness);
        Assert.Contains("liveness", Assert.Throws<InvalidDataException>(() => pack.Open("liveness", 1)).Message);
        Assert.Throws<InvalidDataException>(() => pack.Open("absent", 1));
        pack.Open("antispoof", 1).Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"name\":null,\"version\":\"1\",\"models\":[]}")]
    public void A_folder_without_a_readable_manifest_is_no_pack(string? manifest)
    {
        using var folder = new TemporaryFolder();
        if (manifest is not null)
            File.WriteAllText(Path.Combine(folder.Path, PackManifest.FileName), manifest);
        Assert.Throws<InvalidDataException>(() => ModelPack.Load(folder.Path));
    }

    private static void RequireEqual(Values expected, ReadOnlySpan<float> actual, string what)
    {
        double sum = 0, squares = 0;
        foreach (var value in actual)
            sum += value;
        var mean = sum / actual.Length;
        foreach (var value in actual)
            squares += (value - mean) * (value - mean);
        RequireNear(expected.Mean, mean, what + " mean");
        RequireNear(expected.Deviation, Math.Sqrt(squares / actual.Length), what + " deviation");
        double[] places = [0, 0.1, 0.25, 0.5, 0.7, 0.9];
        for (var i = 0; i < places.Length; i++)
            RequireNear(expected.Samples[i], actual[(int)(places[i] * (actual.Length - 1))], $"{what} sample {i}");
    }

    /// <summary>Within the tolerance, relative to values above 1 (box coordinates run to hundreds of pixels).</summary>
    private static void RequireNear(double expected, double actual, string what) => Assert.True(
        Math.Abs(expected - actual) <= Tolerance * Math.Max(1, Math.Abs(expected)), $"{what}: {expected} {actual}");

    /// <summary>A drawn picture whose values any language computes exactly alike.</summary>
    private static void DrawInto(Span<float> input, int[] shape, double least, double most)
    {
        var isPlanar = shape[1] == 3;
        var (height, width) = isPlanar ? (shape[2], shape[3]) : (shape[1], shape[2]);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    var step = ((x * 3) + (y * 5) + (channel * 7) + (x * y % 11)) % 64;
                    var at = isPlanar ? (((channel * height) + y) * width) + x : (((y * width) + x) * 3) + channel;
                    input[at] = (float)(least + ((most - least) * step / 63));
                }
            }
        }
    }

    private sealed record Recorded(
        string Model, string Sha256, double Least, double Most, Dictionary<string, Values> Outputs);

    private sealed record Values(double Mean, double Deviation, double[] Samples);
}
