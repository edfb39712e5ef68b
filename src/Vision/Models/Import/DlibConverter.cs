using System.Text.Json;

namespace SightPay.Vision.Models.Import;

/// <summary>
/// The face recognition network of dlib from the weight files of face-api. There is no graph in them: this is the
/// network as dlib defines it (29 convolutions, each followed by a scale, in residual blocks).
/// </summary>
internal sealed class DlibConverter
{
    private static readonly float[] Mean = [122.782f, 117.001f, 104.298f];

    private readonly OnnxGraph _onnx = new();
    private readonly Dictionary<string, WeightTensor> _weights;

    private DlibConverter(Dictionary<string, WeightTensor> weights) => _weights = weights;

    public static byte[] Convert(byte[] manifest, byte[] weights, string name, TensorName input, TensorName output)
    {
        try
        {
            using var document = JsonDocument.Parse(manifest);
            var tensors = WeightTensor.ReadAll(document.RootElement, _ => weights);
            return new DlibConverter(tensors).Network(name, input, output);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException
            or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new ModelImportException("These are not face-api's weights of dlib's network: " + fault.Message);
        }
    }

    private byte[] Network(string name, TensorName input, TensorName output)
    {
        _onnx.Input(input.Name, input.Shape);
        var x = _onnx.Add("Sub", [input.Name, _onnx.Constant(Mean, 1, 3, 1, 1)]);
        x = _onnx.Add("Mul", [x, _onnx.Constant([1 / 256f])]);
        x = Relu(Convolution(x, "conv32_down", stride: 2, pad: 0));
        x = _onnx.Add("MaxPool", [x], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }));
        x = Residuals(x, "conv32", 3);
        x = Down(x, "conv64_down", addedChannels: 32, isOneSmaller: false);
        x = Residuals(x, "conv64", 3);
        x = Down(x, "conv128_down", addedChannels: 64, isOneSmaller: false);
        x = Residuals(x, "conv128", 2);
        x = Down(x, "conv256_down", addedChannels: 128, isOneSmaller: true);
        x = Residuals(x, "conv256", 2);
        x = Down(x, "conv256_down_out", addedChannels: 0, isOneSmaller: true);
        x = _onnx.Add("Flatten", [_onnx.Add("GlobalAveragePool", [x])], ("axis", 1));
        var matrix = _weights["fc"];
        _onnx.AddNamed(output.Name, "MatMul", [x, _onnx.Constant(matrix.Values, matrix.Shape)]);
        _onnx.Output(output.Name, output.Shape);
        return _onnx.ToBytes(name);
    }

    private string Residuals(string x, string block, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            var y = Relu(Convolution(x, $"{block}_{i}/conv1", stride: 1, pad: 1));
            y = Convolution(y, $"{block}_{i}/conv2", stride: 1, pad: 1);
            x = Relu(_onnx.Add("Add", [y, x]));
        }
        return x;
    }

    /// <summary>Halves the sides. The shortcut is an average pool; what a branch lacks is filled with zeros.</summary>
    private string Down(string x, string block, int addedChannels, bool isOneSmaller)
    {
        var y = Relu(Convolution(x, block + "/conv1", stride: 2, pad: 0));
        y = Convolution(y, block + "/conv2", stride: 1, pad: 1);
        if (isOneSmaller)
            y = _onnx.Add("Pad", [y, _onnx.Constant([0L, 0, 0, 0, 0, 0, 1, 1])], ("mode", "constant"));
        var shortcut = _onnx.Add(
            "AveragePool", [x], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }));
        if (addedChannels > 0)
        {
            var pads = _onnx.Constant([0L, 0, 0, 0, 0, addedChannels, 0, 0]);
            shortcut = _onnx.Add("Pad", [shortcut, pads], ("mode", "constant"));
        }
        return Relu(_onnx.Add("Add", [shortcut, y]));
    }

    /// <summary>A convolution with its scale folded in.</summary>
    private string Convolution(string x, string block, int stride, int pad)
    {
        var filter = _weights[block + "/conv/filters"];
        var bias = _weights[block + "/conv/bias"].Values;
        var scale = _weights[block + "/scale/weights"].Values;
        var shift = _weights[block + "/scale/biases"].Values;
        var (size, channels, count) = (filter.Shape[0], filter.Shape[2], filter.Shape[3]);
        var folded = new float[filter.Values.Length];
        var at = 0;
        for (var k = 0; k < count; k++)
        {
            for (var c = 0; c < channels; c++)
            {
                for (var p = 0; p < size * size; p++)
                    folded[at++] = filter.Values[(((p * channels) + c) * count) + k] * scale[k];
            }
        }
        float[] foldedBias = [.. bias.Select((value, k) => (value * scale[k]) + shift[k])];
        return _onnx.Add(
            "Conv",
            [x, _onnx.Constant(folded, count, channels, size, size), _onnx.Constant(foldedBias, count)],
            ("kernel_shape", new[] { size, size }),
            ("strides", new[] { stride, stride }),
            ("pads", new[] { pad, pad, pad, pad }));
    }

    private string Relu(string x) => _onnx.Add("Relu", [x]);
}
