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
        Box Box)
    {
        public override string ToString() => nameof(Plate);
    }

    private sealed record Box(float X, float Y, float Width, float Height);

    /// <summary>The server takes no more.</summary>
    private const int PlatesMax = 8;

    /// <param name="at">By this computer's clock; the server's own decides.</param>
    /// <param name="cars">The foremost first.</param>
    public static byte[] Write(long counter, DateTimeOffset at, IReadOnlyList<VisitingCar> cars) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new Message(counter, at, [.. cars.Take(PlatesMax).Select(car => Of(car.Plate))]), _json);

    private static Plate Of(ReadPlate plate) => new(
        plate.Text, plate.Region, plate.Confidence,
        [.. plate.Characters.Select(character => character.Candidates)],
        new(plate.Box.X, plate.Box.Y, plate.Box.Width, plate.Box.Height));
}
