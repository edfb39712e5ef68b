using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Models;

public sealed class OnnxInputTypeTests
{
    [SkippableFact]
    public void A_network_of_bytes_takes_floats_and_differs_in_one_byte()
    {
        var path = Path.Combine(SharedFolder.Require("shared/models"), "cct_xs_v1_global.onnx");
        var bytes = File.ReadAllBytes(path);
        var shape = new Dictionary<string, long[]> { ["Identity:0"] = [1, 9, 37] };
        Assert.Throws<ArgumentException>(() => OnnxModel.Open(bytes, "bytes", [1, 64, 128, 3], shape, 1));
        var changed = OnnxInputType.BytesToFloats(bytes);
        Assert.Equal(1, bytes.Zip(changed).Count(pair => pair.First != pair.Second));
        using var model = OnnxModel.Open(changed, "floats", [1, 64, 128, 3], shape, 1);
        using var run = model.Rent();
        run.Input.Fill(128);
        run.Run();
        // Each slot is a distribution over the alphabet and the empty sign.
        var first = 0f;
        foreach (var chance in run.Output("Identity:0")[..37]) first += chance;
        Assert.Equal(1, first, 1e-3);
        Assert.Throws<InvalidDataException>(() => OnnxInputType.BytesToFloats(changed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no network at all, but some text that is long enough")]
    public void What_is_no_network_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(
            () => OnnxInputType.BytesToFloats(System.Text.Encoding.ASCII.GetBytes(text)));
}
