using SightPay.Tests.Support;
using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;
using SightPay.Vision.Tests.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Plates;

/// <summary>The whole way from pixels to plates, on cars that the tests draw.</summary>
public abstract class PlatePipelineTests(PlateBed bed)
{
    [SkippableTheory]
    [InlineData("pl", "WX 12345", "WX12345")]
    [InlineData("pl", "WO 53011", "WO53011")]
    [InlineData("de", "B SE 5579", "BSE5579")]
    [InlineData("gb", "OY09 FEU", "OY09FEU")]
    [InlineData("sk", "RK-099AN", "RK099AN")]
    [InlineData("br", "ABC 1D23", "ABC1D23")]
    [InlineData("us", "4ABC123", "4ABC123")]
    [InlineData("in", "MH 12 AB 1234", "MH12AB1234")]
    [InlineData("nz", "KLM 357", "KLM357")]
    public void A_plate_is_read_as_its_region_writes_it(string region, string drawn, string plate)
    {
        var reading = bed.Read(new(drawn), region);
        var read = Assert.Single(reading.Plates);
        Assert.Equal((plate, region), (read.Text, read.Region));
        Assert.Equal(plate.Length, read.Characters.Count);
        Assert.InRange(read.Confidence, 0.3f, 1);
        // The plate hangs 0.1 m below the middle and is 0.52 m wide.
        Assert.InRange(read.Box.Centre.X, 610, 670);
        Assert.InRange(read.Box.Centre.Y, 380, 410);
        Assert.InRange(read.Box.Width, 120, 220);
    }

    [SkippableTheory]
    [InlineData("in", "MH12\nAB1234", "MH12AB1234")]
    [InlineData("br", "ABC\n1234", "ABC1234")]
    [InlineData("gb", "AB12\nCDE", "AB12CDE")]
    public void A_plate_of_two_lines_is_read_from_top_to_bottom(string region, string drawn, string plate) =>
        Assert.Equal(plate, Assert.Single(bed.Read(new(drawn), region).Plates).Text);

    public static TheoryData<string> Conditions =>
        ["tilted", "from the side", "night", "bright", "dirty", "far away", "very near", "a band with a letter", "4K"];

    [SkippableTheory]
    [MemberData(nameof(Conditions))]
    public void A_plate_is_read_in_bad_conditions(string condition)
    {
        var plain = new DrawnCar("RK 376 AF");
        var (car, width, height) = condition switch
        {
            "tilted" => (plain with { TiltDegrees = 9 }, 1280, 720),
            "from the side" => (plain with { TurnDegrees = 30, TiltDegrees = 4 }, 1280, 720),
            "night" => (plain with { Light = 0.12f }, 1280, 720),
            "bright" => (plain with { Light = 1.25f }, 1280, 720),
            "dirty" => (plain with { Dirt = 0.35f }, 1280, 720),
            "far away" => (plain with { MetrePixels = 140 }, 1280, 720),
            "very near" => (plain with { MetrePixels = 1_100 }, 1280, 720),
            "a band with a letter" => (plain with { Band = 'S' }, 1280, 720),
            "4K" => (plain with { TurnDegrees = -20 }, 3840, 2160),
            _ => throw new ArgumentOutOfRangeException(nameof(condition)),
        };
        Assert.Equal("RK376AF", bed.Read(car, "sk", width, height).Foremost?.Text);
    }

    public static TheoryData<string> Unreadable =>
        ["no plate", "a word on a sign", "burnt out", "dark", "mud", "tiny picture", "gradient", "one pixel", "noise"];

    [SkippableTheory]
    [MemberData(nameof(Unreadable))]
    public void What_shows_no_readable_plate_has_none(string kind)
    {
        var car = new DrawnCar("ABC 1234");
        var picture = kind switch
        {
            "no plate" => PlateBed.Photo(car with { HasNoPlate = true }),
            "a word on a sign" => PlateBed.Photo(car with { HasNoPlate = true, Sign = "DORADCA" }),
            "burnt out" => PlateBed.Photo(car with { Light = 40 }),
            "dark" => PlateBed.Photo(car with { Light = 0.004f }),
            "mud" => PlateBed.Photo(car with { Dirt = 3 }),
            "tiny picture" => PlateBed.Photo(car, 80, 45),
            "gradient" => DrawnPictures.Gradient(640, 480),
            "one pixel" => DrawnPictures.Gradient(1, 1),
            _ => Noise(640, 480),
        };
        foreach (var region in (string[])["pl", "br", "us", "eu"])
            Assert.Empty(bed.Pipeline.Read(picture, region).Plates);
    }

    [SkippableTheory]
    [InlineData("DORADCA")] // A shop sign that another system took for a plate.
    [InlineData("RESTAURACJA")]
    [InlineData("OTWARTE")]
    public void A_word_above_the_car_is_not_its_plate(string word)
    {
        var reading = bed.Read(new("WO 53011") { Sign = word }, "pl");
        Assert.Equal("WO53011", Assert.Single(reading.Plates).Text);
    }

    [SkippableTheory]
    [InlineData("de", "  AB 1234")] // Of M AB 1234 the first letter cannot be seen.
    [InlineData("de", "M AB 12  ")]
    [InlineData("nz", "KLM 3  ")]
    public void What_is_left_of_a_plate_is_never_sure(string region, string drawn)
    {
        foreach (var metre in (float[])[340, 700])
        {
            var reading = bed.Read(new(drawn) { MetrePixels = metre }, region);
            Assert.All(reading.Plates, plate => Assert.InRange(plate.Confidence, 0, 0.45f));
        }
    }

    [SkippableTheory]
    [InlineData("de", "M AB 1234", "MAB1234")]
    [InlineData("de", "AB 1234", "AB1234")]
    [InlineData("nz", "KLM 3", "KLM3")]
    public void A_short_plate_in_the_middle_of_a_long_one_is_whole(string region, string drawn, string plate)
    {
        foreach (var metre in (float[])[340, 700])
        {
            var read = Assert.Single(bed.Read(new(drawn) { MetrePixels = metre }, region).Plates);
            Assert.Equal(plate, read.Text);
            Assert.InRange(read.Confidence, 0.5f, 1);
        }
    }

    [SkippableFact]
    public void A_plate_of_a_foreign_format_is_not_read_as_one_of_the_region()
    {
        var car = new DrawnCar("ABC 1D23");
        Assert.Empty(bed.Read(car, "sk").Plates);
        Assert.Single(bed.Read(car, "br").Plates);
    }

    [SkippableFact]
    public void Two_cars_are_two_plates_and_the_nearer_one_is_foremost()
    {
        var reading = bed.Read(
            new("AB12 CDE") { Left = -0.9f, Neighbour = new("XY34 FGH") { Left = 1.1f } }, "gb");
        Assert.Equal(["AB12CDE", "XY34FGH"], reading.Plates.Select(plate => plate.Text).Order());
        Assert.Equal("AB12CDE", reading.Foremost!.Text);
    }

    [SkippableFact]
    public void An_unknown_region_is_an_error_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => bed.Read(new("ABC 1234"), "xx"));

    [SkippableFact]
    public void The_callers_picture_is_never_changed()
    {
        var picture = PlateBed.Photo(new("ABC 1234"));
        var before = picture.Pixels.ToArray();
        bed.Pipeline.Read(picture, "br");
        Assert.True(picture.Pixels.SequenceEqual(before));
    }

    [SkippableFact]
    public async Task Four_callers_get_the_same_answer_as_one()
    {
        DrawnCar[] cars = [new("ABC 1234"), new("DEF 5678") { TiltDegrees = 5 }, new("GHJ 9012") { MetrePixels = 200 }];
        var photos = cars.Select(car => PlateBed.Photo(car)).ToArray();
        var alone = photos.Select(photo => bed.Pipeline.Read(photo, "br")).ToArray();
        var together = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            Task.Run(() => bed.Pipeline.Read(photos[i % photos.Length], "br"))));
        for (var i = 0; i < together.Length; i++)
            Assert.Equal(
                alone[i % photos.Length].Plates.Select(plate => (plate.Text, plate.Quad)),
                together[i].Plates.Select(plate => (plate.Text, plate.Quad)));
    }

    [SkippableFact]
    public void A_frame_allocates_little_beside_its_result()
    {
        var photo = PlateBed.Photo(new("ABC 1234"));
        for (var i = 0; i < 3; i++) bed.Pipeline.Read(photo, "br");
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            // Once only: where two lines are read at once for the first time, buffers for the second are made.
            var before = GC.GetAllocatedBytesForCurrentThread();
            bed.Pipeline.Read(photo, "br");
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.InRange(least, 1, 16_384);
    }

    [SkippableFact]
    public void A_clear_plate_is_looked_for_once_and_read_a_few_times()
    {
        var runs = new List<NetworkRun>();
        var reading = bed.Pipeline.Read(PlateBed.Photo(new("ABC 1234") { MetrePixels = 700 }), "br", runs);
        Assert.Equal("ABC1234", reading.Foremost?.Text);
        Assert.Single(runs, run => run.Network == bed.Pipeline.Detector.Network);
        Assert.InRange(runs.Count, 3, 5);
    }

    private static Picture Noise(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        new Random(11).NextBytes(pixels);
        return new(width, height, pixels);
    }
}

public sealed class StandardPlatePipelineTests(PlateBed bed) : PlatePipelineTests(bed), IClassFixture<PlateBed>;

public sealed class PrecisePlatePipelineTests(PrecisePlateBed bed)
    : PlatePipelineTests(bed), IClassFixture<PrecisePlateBed>;
