using System.Collections.Frozen;
using System.Text.Json;

namespace SightPay.Server.Api;

/// <summary>Enum members as the snake_case words of the API and the tables.</summary>
public static class Words
{
    public static string Of<T>(T value) where T : struct, Enum =>
        Known<T>.Words.TryGetValue(value, out var word) ? word : Spell(value);

    /// <summary>The member that a word of a table stands for.</summary>
    public static T Read<T>(string word) where T : struct, Enum =>
        Known<T>.Members.TryGetValue(word, out var member)
            ? member
            : throw new ArgumentException($"{typeof(T).Name} has no member {word}.", nameof(word));

    private static string Spell<T>(T value) where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static class Known<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Words =
            Enum.GetValues<T>().Distinct().ToFrozenDictionary(value => value, Spell);

        public static readonly FrozenDictionary<string, T> Members =
            Words.ToFrozenDictionary(each => each.Value, each => each.Key, StringComparer.Ordinal);
    }
}
