using System.Text.Json;

namespace SightPay.Server.Stations;

/// <summary>Enum members as the snake_case words of the API and the tables.</summary>
public static class Words
{
    public static string Of<T>(T value) where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
