using System.Text;
using System.Text.Json;

namespace SightPay.Vision.Models.Import;

/// <summary>One operator of a TensorFlow.js graph; inputs are names of other nodes.</summary>
internal sealed record TfNode(string Name, string Op, string[] Inputs)
{
    public int[] Strides { get; init; } = [];
    public int[] Dilations { get; init; } = [];
    public int[] WindowSize { get; init; } = [];
    public int[] SqueezeAxes { get; init; } = [];
    public int[] Shape { get; init; } = [];
    public string Padding { get; init; } = "";

    /// <summary>What follows a convolution or product within the same node: BiasAdd, Relu, Relu6, Prelu.</summary>
    public string[] Fused { get; init; } = [];
}

/// <summary>A TensorFlow.js graph model as its two files describe it, in their order.</summary>
internal sealed record TfGraph(IReadOnlyList<TfNode> Nodes, Dictionary<string, WeightTensor> Weights)
{
    public static TfGraph Read(byte[] json, byte[] weights)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var nodes = root.GetProperty("modelTopology").GetProperty("node").EnumerateArray().Select(ReadNode);
            return new TfGraph([.. nodes], WeightTensor.ReadAll(root.GetProperty("weightsManifest"), _ => weights));
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException or OverflowException)
        {
            throw new ModelImportException("This is not a TensorFlow.js graph model: " + fault.Message);
        }
    }

    private static TfNode ReadNode(JsonElement node)
    {
        var inputs = node.TryGetProperty("input", out var names)
            ? names.EnumerateArray().Select(name => name.GetString()!).Where(name => !name.StartsWith('^'))
            : [];
        return new TfNode(
            node.GetProperty("name").GetString()!,
            node.GetProperty("op").GetString()!,
            [.. inputs.Select(name => name.Split(':')[0])])
        {
            Strides = Numbers(node, "strides"),
            Dilations = Numbers(node, "dilations"),
            WindowSize = Numbers(node, "ksize"),
            SqueezeAxes = Numbers(node, "squeeze_dims"),
            Shape = ReadShape(node),
            Padding = Attribute(node, "padding", "s") is { } padding ? Text(padding) : "",
            Fused = [.. List(node, "fused_ops", "s").Select(Text)],
        };
    }

    private static int[] ReadShape(JsonElement node) =>
        Attribute(node, "shape", "shape") is { } shape && shape.TryGetProperty("dim", out var sides)
            ? [.. sides.EnumerateArray().Select(side => Number(side.GetProperty("size")))]
            : [];

    private static int[] Numbers(JsonElement node, string name) => [.. List(node, name, "i").Select(Number)];

    private static IEnumerable<JsonElement> List(JsonElement node, string name, string kind) =>
        Attribute(node, name, "list") is { } list && list.TryGetProperty(kind, out var items)
            ? items.EnumerateArray()
            : [];

    private static JsonElement? Attribute(JsonElement node, string name, string kind) =>
        node.TryGetProperty("attr", out var attributes) && attributes.TryGetProperty(name, out var attribute)
        && attribute.TryGetProperty(kind, out var value)
            ? value
            : null;

    // Whole numbers are written as strings by some converters and as numbers by others.
    private static int Number(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? int.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
        : value.GetInt32();

    private static string Text(JsonElement value) =>
        Encoding.ASCII.GetString(Convert.FromBase64String(value.GetString()!));
}
