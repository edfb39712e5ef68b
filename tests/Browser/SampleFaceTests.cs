using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit.Abstractions;

namespace SightPay.Browser.Tests;

public sealed class SampleFaceTests(ITestOutputHelper output)
{
    [Fact]
    public void Explore()
    {
        using var faces = new SampleFaces();
        using var pipeline = FacePipeline.Open(EnginePaths.StandardPack);
        foreach (var sample in Enumerable.Range(1, 6).Select(n => $"sample{n}.jpg"))
        {
            var group = PictureCodec.Decode(File.ReadAllBytes(Path.Combine(EnginePaths.Samples, sample)), new());
            var boxes = pipeline.Read(group, FaceDemand.Recognise).Boxes;
            output.WriteLine($"{sample} {group} {boxes.Count}");
            for (var person = 0; person < boxes.Count; person++)
            {
                var first = faces.Look(sample, person, new Look(230));
                var second = faces.Look(sample, person, new Look(180, 0.45f, 0.52f, 0.25f, 0.8f, 0.4f));
                var a = faces.Read(first);
                var b = faces.Read(second);
                var same = a.Target?.Template is { } x && b.Target?.Template is { } y ? FacePipeline.Similarity(x, y) : -1;
                output.WriteLine($"  {person} {boxes[person]} first {a.Boxes.Count} {a.Target?.Quality} second {b.Boxes.Count} {b.Target?.Quality.Flaw} {same:0.00}");
                File.WriteAllBytes($"/tmp/guardtools/{sample}-{person}.jpg", PictureCodec.EncodeJpeg(first, 90));
            }
        }
    }
}
