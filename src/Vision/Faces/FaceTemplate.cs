namespace SightPay.Vision.Faces;

/// <summary>
/// A face as numbers: a unit vector and the model pack that made it. Biometric data: it cannot print itself and refuses
/// JSON.
/// </summary>
[System.Text.Json.Serialization.JsonConverter(typeof(NoJson))]
public sealed class FaceTemplate
{
    private readonly float[] _values;

    /// <param name="pack">Name and version of the pack; templates of two packs are never compared.</param>
    /// <param name="values">Unit length.</param>
    /// <param name="photos">So many photographs are joined in it.</param>
    public FaceTemplate(string pack, ReadOnlySpan<float> values, int photos = 1)
    {
        (Pack, Photos) = (pack, photos);
        _values = values.ToArray();
    }

    public string Pack { get; }

    /// <summary>How many photographs are joined in it, as far as it was not stored meanwhile: a probe of several comes
    /// nearer to everybody, strangers too.</summary>
    public int Photos { get; }

    public ReadOnlySpan<float> Values => _values;

    public override string ToString() => "FaceTemplate";

    private sealed class NoJson : System.Text.Json.Serialization.JsonConverter<FaceTemplate>
    {
        public override FaceTemplate Read(
            ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert,
            System.Text.Json.JsonSerializerOptions options) =>
            throw new NotSupportedException("A face template is never read from JSON.");

        public override void Write(
            System.Text.Json.Utf8JsonWriter writer, FaceTemplate value,
            System.Text.Json.JsonSerializerOptions options) =>
            throw new NotSupportedException("A face template is never written as JSON.");
    }
}
