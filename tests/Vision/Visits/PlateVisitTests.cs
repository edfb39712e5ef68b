using SightPay.Vision.Plates;
using SightPay.Vision.Tests.Plates;
using SightPay.Vision.Visits;
using Xunit;

namespace SightPay.Vision.Tests.Visits;

public sealed class PlateVisitTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 8, 0, 0, TimeSpan.Zero);

    private readonly PlateVisit _visit = new();

    [Fact]
    public void Frames_of_one_car_become_one_plate_that_is_surer_than_each()
    {
        Take(0, PlateReadings.Of("RK099AN", 0.8f, x: 100));
        Take(0.3, PlateReadings.Of("RK099AN", 0.85f, x: 104));
        var car = Take(0.6, PlateReadings.Of("RK099AN", 0.82f, x: 109));
        Assert.Equal("RK099AN", car.Plate.Text);
        Assert.Equal((1, 3, false), (car.Car, car.Frames, car.IsStable));
        Assert.InRange(car.Plate.Confidence, 0.86f, 1);
        Assert.Equal(109, car.Plate.Box.X);
    }

    [Fact]
    public void A_misread_character_is_outvoted_and_stays_among_the_candidates()
    {
        Take(0, PlateReadings.Of("RK099AN", 0.9f, x: 100));
        Take(0.3, PlateReadings.Of("RK099AM", 0.9f, x: 103, doubt: (6, 'N')));
        var car = Take(0.6, PlateReadings.Of("RK099AN", 0.9f, x: 106));
        Assert.Equal(("RK099AN", 1), (car.Plate.Text, car.Car));
        Assert.Contains(car.Plate.Characters[6].Candidates, candidate => candidate.Character == 'M');
        Assert.All(
            car.Plate.Characters, place => Assert.InRange(place.Candidates.Sum(c => c.Probability), 0.5f, 1.001f));
    }

    [Fact]
    public void A_missing_character_is_outvoted()
    {
        Take(0, PlateReadings.Of("RK099AN", 0.9f, x: 100));
        Take(0.3, PlateReadings.Of("RK099A", 0.7f, x: 101));
        Assert.Equal("RK099AN", Take(0.6, PlateReadings.Of("RK099AN", 0.9f, x: 102)).Plate.Text);
    }

    [Fact]
    public void The_same_frame_for_an_hour_is_one_sighting()
    {
        var frame = PlateReadings.Of("RK099AN", 0.9f);
        for (var second = 0; second < 3600; second++)
        {
            var car = Take(second, frame);
            Assert.Equal((1L, 1, false), (car.Car, car.Frames, car.IsStable));
        }
    }

    [Fact]
    public void A_car_that_leaves_and_one_that_comes_are_two()
    {
        Take(0, PlateReadings.Of("RK099AN", 0.9f, x: 100));
        var second = Take(0.5, PlateReadings.Of("BA268IM", 0.9f, x: 100));
        Assert.Equal((2L, 1, "BA268IM"), (second.Car, second.Frames, second.Plate.Text));
    }

    [Fact]
    public void A_car_that_comes_back_is_a_new_visit()
    {
        Take(0, PlateReadings.Of("RK099AN", 0.9f));
        Empty(2);
        Assert.Equal(1, Take(3.9, PlateReadings.Of("RK099AN", 0.91f)).Car);
        Assert.Equal(2, Take(8, PlateReadings.Of("RK099AN", 0.92f)).Car);
    }

    [Fact]
    public void Neighbours_of_a_fleet_side_by_side_stay_two()
    {
        PlateReading Frame(float shift) => new(
        [
            PlateReadings.Of("RK143AT", 0.95f, x: 100 + shift), PlateReadings.Of("RK144AT", 0.95f, x: 400 + shift),
        ], 640, 480, 0, 0);
        _visit.Take(Frame(0), Start);
        var cars = _visit.Take(Frame(3), Start.AddSeconds(0.4));
        Assert.Equal(["RK143AT", "RK144AT"], cars.Select(car => car.Plate.Text));
        Assert.Equal([1L, 2L], cars.Select(car => car.Car));
        // The foremost one alone is counted.
        Assert.Equal([2, 0], cars.Select(car => car.Frames));
        // The first one drives off; the second one stays itself.
        Assert.Equal(2, Take(0.8, PlateReadings.Of("RK144AT", 0.95f, x: 405)).Car);
    }

    /// <summary>Readings that take turns, of one plate or of two, are never certain.</summary>
    [Theory]
    [InlineData("AB1234")] // A part of it.
    [InlineData("MAB1284")]
    [InlineData("XY9999")]
    public void Readings_that_take_turns_never_agree(string other)
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.True(Take(i, PlateReadings.Of("MAB1234", 0.9f, x: 100 + i)) is { Frames: <= 1, IsStable: false });
            Take(i + 0.5, PlateReadings.Of(other, 0.9f, x: 100 + i));
        }
        // Enough in a row do, as soon as the vote is theirs too.
        var car = Take(10, PlateReadings.Of("MAB1234", 0.9f, x: 110));
        for (var i = 1; i < 12; i++) car = Take(10 + 0.2 * i, PlateReadings.Of("MAB1234", 0.9f, x: 110 + i));
        Assert.Equal(("MAB1234", 12, true), (car.Plate.Text, car.Frames, car.IsStable));
    }

    [Fact]
    public void A_frame_that_reads_otherwise_is_not_counted_for_the_vote()
    {
        for (var i = 0; i < 7; i++) Take(i * 0.1, PlateReadings.Of("RK099AN", 0.9f, x: 100 + i));
        var car = Take(1, PlateReadings.Of("RK099AM", 0.6f, x: 105));
        Assert.Equal(("RK099AN", 0, false), (car.Plate.Text, car.Frames, car.IsStable));
    }

    [Fact]
    public void Frames_of_a_vote_are_not_added_to_those_that_it_counted_before()
    {
        Assert.Equal(2, Take(0, PlateReadings.Of("RK099AN", 0.9f, x: 1) with { Frames = 2 }).Frames);
        Assert.Equal(3, Take(1, PlateReadings.Of("RK099AN", 0.9f, x: 2) with { Frames = 2 }).Frames);
        Assert.Equal(9, Take(2, PlateReadings.Of("RK099AN", 0.9f, x: 3) with { Frames = 9 }).Frames);
        // Whoever is not sure is no witness.
        Assert.Equal(9, Take(2.5, PlateReadings.Of("RK099AN", 0.4f, x: 9) with { Frames = 50 }).Frames);
        // The same picture, whatever it claims.
        Assert.Equal(9, Take(3, PlateReadings.Of("RK099AN", 0.9f, x: 3) with { Frames = 50 }).Frames);
        // A visit later it begins anew.
        Assert.Equal(1, Take(124, PlateReadings.Of("RK099AN", 0.9f, x: 4)).Frames);
    }

    private VisitingCar Take(double seconds, ReadPlate plate) =>
        Assert.Single(_visit.Take(new([plate], 640, 480, 0, 0), Start.AddSeconds(seconds)));

    private void Empty(double seconds) => Assert.Empty(_visit.Take(new([], 640, 480, 0, 0), Start.AddSeconds(seconds)));
}
