using System.Text.Json;
using SightPay.Vision.Plates;
using SightPay.Vision.Visits;

namespace SightPay.Station.Plates;

/// <summary>What a pump's camera read, as <c>POST /pumps/{id}/sightings</c> takes it.</summary>
internal static class PlateMessage
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private sealed record Message(long Counter, DateTimeOffset At, IReadOnlyList<Plate> Plates);

    private sealed record Plate(
        string Text, string Region, float Confidence, IReadOnlyList<IReadOnlyList<CharacterCandidate>> Characters,
        Box Box, int Frames)
    {
        public override string ToString() => nameof(Plate);
    }

    private sealed record Box(float X, float Y, float Width, float Height);

    /// <summary>The server takes no more.</summary>
    private const int PlatesMax = 8;
    private const int FramesMax = 1_000;

    /// <param name="at">By this computer's clock; the server's own decides.</param>
    /// <param name="cars">The foremost first.</param>
    public static byte[] Write(long counter, DateTimeOffset at, IReadOnlyList<VisitingCar> cars) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new Message(counter, at, [.. cars.Take(PlatesMax).Select(Of)]), _json);

    private static Plate Of(VisitingCar car) => new(
        car.Plate.Text, car.Plate.Region, car.Plate.Confidence,
        [.. car.Plate.Characters.Select(character => character.Candidates)],
        new(car.Plate.Box.X, car.Plate.Box.Y, car.Plate.Box.Width, car.Plate.Box.Height),
        Math.Clamp(car.Frames, 1, FramesMax));
}
