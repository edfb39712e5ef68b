using System.Text.Json;
using System.Text.Json.Serialization;

namespace SightPay.Server.People;

/// <summary>
/// A text that must not come out again: it is read from JSON, never written to it, and prints as a placeholder.
/// </summary>
[JsonConverter(typeof(SecretJson))]
public sealed class Secret(string value)
{
    public string Reveal() => value;

    public override string ToString() => "[secret]";
}

internal sealed class SecretJson : JsonConverter<Secret>
{
    public override Secret? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.GetString() is { } text ? new Secret(text) : null;

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A secret is never written to JSON.");
}
