using System.Text.Json;

namespace SightPay.Server.Api;

/// <summary>Enum members as the snake_case words of the API and the tables.</summary>
public static class Words
{
    public static string Of<T>(T value) where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The member that a word of a table stands for.</summary>
    public static T Read<T>(string word) where T : struct, Enum =>
        Enum.Parse<T>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}
