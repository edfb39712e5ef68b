using System.Globalization;
using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Plates;

/// <summary>
/// A floor under what `bench plates` measures: every fifth photograph of the evaluation set, so that a fault in
/// geometry or colours shows at once.
/// </summary>
public sealed class PhotographTests(PlateBed bed) : IClassFixture<PlateBed>
{
    [SkippableTheory]
    [InlineData("eu", 0.8)]
    [InlineData("br", 0.8)]
    [InlineData("us", 0.5)]
    public void Plates_of_whole_photographs_are_read(string region, double shareMin)
    {
        var data = SharedFolder.Require("shared/data/plates");
        var rows = File.ReadLines(Path.Combine(data, "plates.csv")).Skip(1).Select(line => line.Split(','))
            .Where(row => row[1] == region).Where((_, i) => i % 5 == 0).ToArray();
        var (right, elsewhere) = (0, 0);
        foreach (var row in rows)
        {
            var photo = PictureCodec.Decode(File.ReadAllBytes(Path.Combine(data, row[0])), new PictureLimits());
            var reading = bed.Pipeline.Read(photo, region);
            var place = new PlateBox(Number(row[3]), Number(row[4]), Number(row[5]), Number(row[6]));
            if (reading.Foremost is { } plate && ConfusableGlyphs.Fold(plate.Text) == ConfusableGlyphs.Fold(row[2]))
                right++;
            elsewhere += reading.Plates.Count(plate => plate.Box.Overlap(place) == 0);
        }
        Assert.InRange(right / (double)rows.Length, shareMin, 1);
        Assert.InRange(elsewhere, 0, 1);
    }

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
