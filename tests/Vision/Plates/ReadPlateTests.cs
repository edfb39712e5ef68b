using SightPay.Vision.Plates;
using SightPay.Vision.Visits;
using Xunit;

namespace SightPay.Vision.Tests.Plates;

public sealed class ReadPlateTests
{
    [Fact]
    public void A_plate_prints_nothing_of_itself()
    {
        var plate = PlateReadings.Of("RK099AN", 0.9f);
        var reading = new PlateReading([plate], 640, 480, 1, 2);
        object[] all = [plate, plate.Characters[0], plate.Characters[0].Candidates[0], reading,
            new VisitingCar(plate, 1, 2, true)];
        foreach (var text in all.Select(each => each.ToString()!))
        {
            Assert.DoesNotContain("RK", text);
            Assert.DoesNotContain("099", text);
        }
    }

    [Fact]
    public void It_is_as_sure_as_its_weakest_character()
    {
        var plate = new ReadPlate(
            "A1", "us",
            [new([new('A', 0.9f)]), new([new('1', 0.4f), new('I', 0.35f)])],
            PlateQuad.Of(new(10, 20, 30, 10)));
        Assert.Equal(0.4f, plate.Confidence);
        Assert.Equal(new PlateBox(10, 20, 30, 10), plate.Box);
    }

    [Fact]
    public void The_box_holds_a_tilted_quad()
    {
        var quad = new PlateQuad(new(10, 5), new(50, 15), new(48, 25), new(8, 15));
        Assert.Equal(new PlateBox(8, 5, 42, 20), quad.Bounds);
    }
}

/// <summary>Readings as a pipeline would give them.</summary>
internal static class PlateReadings
{
    public static ReadPlate Of(
        string text, float confidence, string region = "sk", float x = 100, (int Place, char Other)? doubt = null) =>
        new(
            text, region,
            [
                .. text.Select((character, i) => doubt is { } other && other.Place == i
                    ? new PlateCharacter([new(character, 0.5f), new(other.Other, 0.4f)])
                    : new PlateCharacter([new(character, confidence)])),
            ],
            PlateQuad.Of(new(x, 200, 100, 22)));
}
