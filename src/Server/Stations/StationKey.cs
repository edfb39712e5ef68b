using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SightPay.Server.Stations;

/// <summary>
/// A secret of 32 random bytes in base64url: a station's key or the code of a one-time link. It cannot print itself;
/// whoever must hand it out says so with <see cref="Reveal"/>.
/// </summary>
[JsonConverter(typeof(NoJson))]
public sealed class StationKey
{
    private const int RandomBytes = 32;
    private readonly string _clear;

    private StationKey(string clear) => _clear = clear;

    public static StationKey New() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)));

    public static StationKey Of(string clear) => new(clear);

    /// <summary>The key in clear, for its owner alone.</summary>
    public string Reveal() => _clear;

    /// <summary>SHA-256; the key has 256 random bits, so nothing slower is needed.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(_clear));

    public override string ToString() => "StationKey";

    private sealed class NoJson : JsonConverter<StationKey>
    {
        public override StationKey Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException("A station key is never read from JSON.");

        public override void Write(Utf8JsonWriter writer, StationKey value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A station key is never written as JSON.");
    }
}
