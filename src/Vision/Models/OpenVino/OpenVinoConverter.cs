using SightPay.Vision.Models.Import;

namespace SightPay.Vision.Models.OpenVino;

/// <summary>
/// An OpenVINO network with one picture in and one row of numbers out, as ONNX. It knows the layers that
/// face-reidentification-retail-0095 and landmarks-regression-retail-0009 are made of and refuses all others. The
/// networks take planes of blue, green and red; the converted ones take rows of red, green and blue like all of ours.
/// </summary>
internal sealed class OpenVinoConverter
{
    // Blue, green, red: the order in which the networks were trained.
    private static readonly long[] BlueFirst = [2, 1, 0];

    private readonly OpenVinoGraph _source;
    private readonly OnnxGraph _onnx = new();
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<int, WeightTensor> _constants = [];

    private OpenVinoConverter(OpenVinoGraph source) => _source = source;

    /// <param name="source">The network.</param>
    /// <param name="name">Name of the network in the file.</param>
    /// <param name="input">Name and shape the input gets: pictures, rows, columns, 3.</param>
    /// <param name="output">Name and shape the output gets: pictures, numbers.</param>
    /// <exception cref="ModelImportException">A layer, attribute or shape is not one the importer knows.</exception>
    public static byte[] Convert(OpenVinoGraph source, string name, TensorName input, TensorName output)
    {
        var converter = new OpenVinoConverter(source);
        foreach (var layer in source.Layers) converter.Take(layer, input, output);
        if (source.Layers.Count(layer => layer.Type == "Parameter") != 1
            || source.Layers.Count(layer => layer.Type == "Result") != 1)
            throw new ModelImportException($"{name} has not exactly one input and one output.");
        return converter._onnx.ToBytes(name);
    }

    private void Take(OpenVinoLayer layer, TensorName input, TensorName output)
    {
        switch (layer.Type)
        {
            case "Const":
                _constants[layer.Id] = _source.Constant(layer);
                break;
            case "Convert" when layer.Text("destination_type") == "f32" && _constants.ContainsKey(Input(layer, 0)):
                _constants[layer.Id] = _constants[Input(layer, 0)];
                break;
            case "Result":
                Result(layer, output);
                break;
            default:
                _names[layer.Id] = Operator(layer, input);
                break;
        }
    }

    private string Operator(OpenVinoLayer layer, TensorName input) => layer.Type switch
    {
        "Parameter" => Parameter(layer, input),
        "Add" => Pair(layer, "Add"),
        "Multiply" => Pair(layer, "Mul"),
        "Convolution" => Convolution(layer, isGrouped: false),
        "GroupConvolution" => Convolution(layer, isGrouped: true),
        "PReLU" => Prelu(layer),
        "Sigmoid" => _onnx.Add("Sigmoid", [Name(layer, 0)]),
        "MaxPool" => Pool(layer, "MaxPool"),
        "AvgPool" => Pool(layer, "AveragePool", ("count_include_pad", IsTrue(layer, "exclude-pad") ? 0 : 1)),
        _ => throw new ModelImportException($"The layer {layer.Name} is of the unknown type {layer.Type}."),
    };

    private string Parameter(OpenVinoLayer layer, TensorName input)
    {
        var shape = layer.Numbers("shape");
        if (shape.Length != 4 || shape[1] != 3 || shape[2] != input.Shape[1] || shape[3] != input.Shape[2])
            throw new ModelImportException($"The input of the model is {string.Join('x', shape)}.");
        _onnx.Input(input.Name, input.Shape);
        var planes = _onnx.Add("Transpose", [input.Name], ("perm", new[] { 0, 3, 1, 2 }));
        return _onnx.Add("Gather", [planes, _onnx.Constant(BlueFirst)], ("axis", 1));
    }

    private void Result(OpenVinoLayer layer, TensorName output)
    {
        var shape = _source.Layers.Single(other => other.Id == Input(layer, 0)).Shape;
        if (shape.Aggregate(1, (product, side) => product * side) != output.Shape[1])
            throw new ModelImportException($"The output of the model is {string.Join('x', shape)}.");
        _onnx.AddNamed(output.Name, "Flatten", [Name(layer, 0)], ("axis", 1));
        _onnx.Output(output.Name, output.Shape);
    }

    private string Pair(OpenVinoLayer layer, string op)
    {
        if (layer.Data.GetValueOrDefault("auto_broadcast", "numpy") != "numpy")
            throw new ModelImportException($"The layer {layer.Name} stretches its inputs in an unknown way.");
        return _onnx.Add(op, [Name(layer, 0), Name(layer, 1)]);
    }

    private string Convolution(OpenVinoLayer layer, bool isGrouped)
    {
        var filter = Weights(layer, 1);
        // A grouped filter counts its groups first: groups, outputs a group, inputs a group, rows, columns.
        var groups = isGrouped ? filter.Shape[0] : 1;
        var shape = isGrouped ? [groups * filter.Shape[1], .. filter.Shape[2..]] : filter.Shape;
        return _onnx.Add(
            "Conv", [Name(layer, 0), _onnx.Constant(filter.Values, shape)],
            ("kernel_shape", shape[2..]), ("strides", layer.Numbers("strides")), ("pads", Pads(layer)),
            ("dilations", layer.Numbers("dilations")), ("group", groups));
    }

    private string Prelu(OpenVinoLayer layer)
    {
        var slope = Weights(layer, 1);
        // One slope for all channels is a leaky Relu, which the engine runs inside the convolution before it.
        return slope.Values.Length == 1
            ? _onnx.Add("LeakyRelu", [Name(layer, 0)], ("alpha", slope.Values[0]))
            : _onnx.Add("PRelu", [Name(layer, 0), _onnx.Constant(slope.Values, slope.Values.Length, 1, 1)]);
    }

    private string Pool(OpenVinoLayer layer, string op, params ReadOnlySpan<(string Name, object Value)> more) =>
        _onnx.Add(
            op, [Name(layer, 0)],
            [
                ("kernel_shape", layer.Numbers("kernel")), ("strides", layer.Numbers("strides")),
                ("pads", Pads(layer)),
                ("ceil_mode", layer.Data.GetValueOrDefault("rounding_type", "floor") switch
                {
                    "floor" => 0,
                    "ceil" => 1,
                    var other => throw new ModelImportException($"The layer {layer.Name} rounds by {other}."),
                }),
                .. more,
            ]);

    private static int[] Pads(OpenVinoLayer layer) =>
        layer.Data.GetValueOrDefault("auto_pad", "explicit") == "explicit"
            ? [.. layer.Numbers("pads_begin"), .. layer.Numbers("pads_end")]
            : throw new ModelImportException($"The layer {layer.Name} pads in an unknown way.");

    private static bool IsTrue(OpenVinoLayer layer, string name) => layer.Text(name) is "true" or "1";

    private static int Input(OpenVinoLayer layer, int port) =>
        port < layer.Inputs.Length
            ? layer.Inputs[port]
            : throw new ModelImportException($"The layer {layer.Name} ({layer.Type}) lacks an input.");

    private string Name(OpenVinoLayer layer, int port)
    {
        var input = Input(layer, port);
        if (_names.TryGetValue(input, out var name)) return name;
        if (!_constants.TryGetValue(input, out var constant))
            throw new ModelImportException($"The layer {layer.Name} reads something that gives no value.");
        return _names[input] = _onnx.Constant(constant.Values, constant.Shape);
    }

    private WeightTensor Weights(OpenVinoLayer layer, int port) =>
        _constants.TryGetValue(Input(layer, port), out var constant)
            ? constant
            : throw new ModelImportException($"The weights of the layer {layer.Name} are no constant.");
}
