using System.Buffers.Binary;

namespace SightPay.Vision.Models.Import;

/// <summary>
/// Builds one ONNX file. Names are numbered in the order of the calls, so the same calls give the same bytes.
/// </summary>
internal sealed class OnnxGraph
{
    // Old enough for every runtime of the last years, new enough for the operators used.
    private const int IrVersion = 8;
    private const int OperatorSet = 16;
    private const int FloatType = 1;
    private const int Int64Type = 7;

    private readonly ProtoWriter _nodes = new();
    private readonly ProtoWriter _constants = new();
    private readonly ProtoWriter _inputs = new();
    private readonly ProtoWriter _outputs = new();
    private int _count;

    /// <summary>Adds an operator and gives the name of its result.</summary>
    public string Add(string op, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        AddNamed($"v{++_count}", op, inputs, attributes);

    /// <summary>Adds an operator whose result has a given name: an output of the graph.</summary>
    public string AddNamed(
        string output, string op, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs)
            node.Text(1, input);
        node.Text(2, output).Text(4, op);
        foreach (var (name, value) in attributes)
            node.Message(5, Attribute(name, value));
        _nodes.Message(1, node);
        return output;
    }

    public string Constant(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        var raw = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i]);
        return Constant(raw, FloatType, shape, values.Length);
    }

    public string Constant(ReadOnlySpan<long> values)
    {
        var raw = new byte[values.Length * sizeof(long)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(i * sizeof(long)), values[i]);
        return Constant(raw, Int64Type, [values.Length], values.Length);
    }

    /// <summary>Declares the input. A length of -1 is free: the caller chooses it.</summary>
    public void Input(string name, ReadOnlySpan<int> shape) => _inputs.Message(11, ValueInfo(name, shape));

    public void Output(string name, ReadOnlySpan<int> shape) => _outputs.Message(12, ValueInfo(name, shape));

    /// <summary>The finished file.</summary>
    public byte[] ToBytes(string name)
    {
        var graph = new ProtoWriter();
        var title = new ProtoWriter().Text(2, name);
        byte[] all =
            [.. _nodes.Written, .. title.Written, .. _constants.Written, .. _inputs.Written, .. _outputs.Written];
        graph.Integer(1, IrVersion).Text(2, "SightPay").Bytes(7, all);
        graph.Message(8, new ProtoWriter().Text(1, "").Integer(2, OperatorSet));
        return graph.Written.ToArray();
    }

    private string Constant(byte[] raw, int type, ReadOnlySpan<int> shape, int length)
    {
        var product = 1;
        var tensor = new ProtoWriter();
        foreach (var side in shape)
        {
            tensor.Integer(1, side);
            product *= side;
        }
        if (product != length)
            throw new ArgumentException($"A constant of {length} values does not have the given shape.");
        var name = $"c{++_count}";
        tensor.Integer(2, type).Text(8, name).Bytes(9, raw);
        _constants.Message(5, tensor);
        return name;
    }

    private static ProtoWriter Attribute(string name, object value)
    {
        var attribute = new ProtoWriter().Text(1, name);
        switch (value)
        {
            case float number:
                return attribute.Float(2, number).Integer(20, 1);
            case int number:
                return attribute.Integer(3, number).Integer(20, 2);
            case string text:
                return attribute.Text(4, text).Integer(20, 3);
            case int[] numbers:
                foreach (var number in numbers)
                    attribute.Integer(8, number);
                return attribute.Integer(20, 7);
            default:
                throw new ArgumentException($"Attribute {name} has an unknown type.");
        }
    }

    private static ProtoWriter ValueInfo(string name, ReadOnlySpan<int> shape)
    {
        var dimensions = new ProtoWriter();
        foreach (var side in shape)
        {
            dimensions.Message(
                1, side < 0 ? new ProtoWriter().Text(2, "batch") : new ProtoWriter().Integer(1, side));
        }
        var tensor = new ProtoWriter().Integer(1, FloatType).Message(2, dimensions);
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, tensor));
    }
}
