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
        Assert.Equal((1, 3, true), (car.Car, car.Frames, car.IsStable));
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
        Assert.All(cars, car => Assert.True(car.IsStable));
        // The first one drives off; the second one stays itself.
        Assert.Equal(2, Take(0.8, PlateReadings.Of("RK144AT", 0.95f, x: 405)).Car);
    }

    private VisitingCar Take(double seconds, ReadPlate plate) =>
        Assert.Single(_visit.Take(new([plate], 640, 480, 0, 0), Start.AddSeconds(seconds)));

    private void Empty(double seconds) => Assert.Empty(_visit.Take(new([], 640, 480, 0, 0), Start.AddSeconds(seconds)));
}
