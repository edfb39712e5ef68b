using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using SightPay.Vision.Models.Import;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Models;

/// <summary>
/// The importer on small graphs written here, whose results are worked out by hand. The real networks are compared
/// with their originals in <see cref="StandardPackTests"/>.
/// </summary>
public sealed class ImportTests
{
    private static readonly TensorName Picture = new("image", [1, 2, 3, 2]);

    [Fact]
    public void Channels_keep_their_place_through_planes_and_back()
    {
        // Reshape looks at the order of the values, so a layout that is not turned back would show.
        var graph = new GraphText()
            .Constant("half", [2], 0.5f, -0.5f)
            .Constant("shape", [2], "int32", 1, 12)
            .Node("sum", "AddV2", ["x", "half"])
            .Node("flat", "Reshape", ["sum", "shape"]);
        float[] input = [.. Enumerable.Range(0, 12).Select(i => (float)i)];
        float[] expected = [.. input.Select((value, i) => value + (i % 2 == 0 ? 0.5f : -0.5f))];
        Assert.Equal(expected, Answer(graph, "flat", [1, 12], input));
    }

    [Fact]
    public void Padding_of_the_same_size_adds_on_the_far_side()
    {
        // Two by three pixels, stride 2, window 2: TensorFlow pads the odd width on the right.
        var graph = new GraphText().Node(
            "pool", "MaxPool", ["x"],
            new { ksize = Numbers(1, 2, 2, 1), strides = Numbers(1, 2, 2, 1), padding = Text("SAME") });
        float[] input = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6];
        Assert.Equal([5, -1, 6, -3], Answer(graph, "pool", [1, 1, 2, 2], input));
    }

    [Fact]
    public void Convolution_takes_bias_and_slope_in_the_order_of_its_inputs()
    {
        var graph = new GraphText()
            .Constant("w", [1, 1, 2, 2], 1, 0, 0, 1)
            .Constant("b", [2], 10, -10)
            .Constant("a", [1, 1, 2], 7, 0.25f)
            .Node("y", "_FusedConv2D", ["x", "w", "b", "a"], new
            {
                strides = Numbers(1, 1, 1, 1),
                padding = Text("VALID"),
                fused_ops = Texts("BiasAdd", "Prelu"),
            });
        float[] input = [1, 2, 3, 4, 5, 6, 7, 8, 9, 30, -20, 12];
        Assert.Equal(
            [11, -2, 13, -1.5f, 15, -1, 17, -0.5f, 19, 20, -70, 2], Answer(graph, "y", [1, 2, 3, 2], input));
    }

    [Fact]
    public void The_same_graph_gives_the_same_bytes()
    {
        var graph = new GraphText().Constant("c", [2], 1, 2).Node("y", "Mul", ["x", "c"]);
        Assert.Equal(Converted(graph, "y", [1, 2, 3, 2]), Converted(graph, "y", [1, 2, 3, 2]));
    }

    [Fact]
    public void Weights_of_every_kind_are_read()
    {
        var bytes = new byte[4 + 4 + 2];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, -7);
        BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(4), (Half)1.5);
        BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(6), (Half)(-2));
        (bytes[8], bytes[9]) = (0, 200);
        using var manifest = JsonDocument.Parse(
            """
            [{"paths":["w"],"weights":[
              {"name":"whole","shape":[1],"dtype":"int32"},
              {"name":"half","shape":[2],"dtype":"float32","quantization":{"dtype":"float16"}},
              {"name":"byte","shape":[1,2],"dtype":"float32","quantization":{"dtype":"uint8","scale":0.5,"min":-3}}]}]
            """);
        var weights = WeightTensor.ReadAll(manifest.RootElement, _ => bytes);
        Assert.Equal([-7], weights["whole"].Integers);
        Assert.Equal([1.5f, -2], weights["half"].Values);
        Assert.Equal([-3, 97], weights["byte"].Values);
        Assert.Throws<ModelImportException>(() => WeightTensor.ReadAll(manifest.RootElement, _ => bytes[..9]));
        Assert.Throws<ModelImportException>(() => WeightTensor.ReadAll(manifest.RootElement, _ => [.. bytes, 0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"modelTopology\":{}}")]
    [InlineData("{\"modelTopology\":{\"node\":[{\"name\":\"x\"}]},\"weightsManifest\":[]}")]
    public void What_is_no_graph_is_refused(string json) =>
        Assert.Throws<ModelImportException>(() => TfGraph.Read(Encoding.UTF8.GetBytes(json), []));

    [Fact]
    public void An_operator_or_shape_that_the_importer_does_not_know_is_named()
    {
        Assert.Contains("Mystery", Refusal(new GraphText().Node("y", "Mystery", ["x"])));
        Assert.Contains("Elu", Refusal(new GraphText()
            .Constant("w", [1, 1, 2, 2], 1, 0, 0, 1)
            .Node("y", "_FusedConv2D", ["x", "w"], new
            {
                strides = Numbers(1, 1, 1, 1), padding = Text("SAME"), fused_ops = Texts("Elu"),
            })));
        Assert.Contains("y", Refusal(new GraphText().Node("z", "Relu", ["x"])));
        var graph = new GraphText().Node("y", "Relu", ["x"]).Read();
        var fault = Assert.Throws<ModelImportException>(
            () => TfConverter.Convert(graph, "test", new("image", [1, 4, 4, 3]), Outputs("y", [1])));
        Assert.Contains("2x3x2", fault.Message);
    }

    [Fact]
    public void Another_version_of_mobilefacenet_is_refused()
    {
        var json = "{}"u8.ToArray();
        var fault = Assert.Throws<ModelImportException>(() => StandardPackImport.ConvertTf("mobilefacenet", json, []));
        Assert.Contains("3.0.4", fault.Message);
    }

    [Fact]
    public void The_repair_refuses_a_graph_of_another_form()
    {
        var whole = Damaged(prelus: 33, strayRelus: 16);
        Assert.Equal(33, MobileFaceNetRepair.Apply(whole).Nodes.Count(node => node.Op == "Prelu"));
        TfNode Turned(TfNode node) => node.Name == "s3/sub" ? node with { Inputs = ["s3/Abs", "s3/in"] } : node;
        foreach (var graph in (TfGraph[])[
            Damaged(prelus: 32, strayRelus: 16), Damaged(prelus: 33, strayRelus: 15),
            whole with { Nodes = [.. whole.Nodes.Where(node => node.Name != "s3/Abs")] },
            whole with { Nodes = [.. whole.Nodes.Select(Turned)] }])
        {
            Assert.Throws<ModelImportException>(() => MobileFaceNetRepair.Apply(graph));
        }
    }

    [Fact]
    public void The_repair_takes_the_stray_relus_out_and_turns_the_slopes()
    {
        var repaired = MobileFaceNetRepair.Apply(Damaged(prelus: 33, strayRelus: 16));
        Assert.DoesNotContain(repaired.Nodes, node => node.Fused.Contains("Relu"));
        Assert.DoesNotContain(repaired.Nodes, node => node.Op is "Relu" or "Abs" or "Sub" or "Mul" or "Add");
        var prelu = repaired.Nodes.Single(node => node.Name == "s5/add");
        Assert.Equal(["s5/in", "s5/slope"], prelu.Inputs);
        Assert.Equal([-0.5f], repaired.Weights["s5/slope"].Values);
    }

    [Fact]
    public void Weights_that_are_not_dlibs_are_refused()
    {
        var other = """[{"paths":["w"],"weights":[{"name":"fc","shape":[1],"dtype":"float32"}]}]"""u8.ToArray();
        TensorName input = new("image", [-1, 3, 150, 150]), output = new("embedding", [-1, 128]);
        Assert.Throws<ModelImportException>(() => DlibConverter.Convert(other, new byte[4], "dlib", input, output));
        Assert.Throws<ModelImportException>(() => DlibConverter.Convert([], [], "dlib", input, output));
    }

    /// <summary>PReLUs in parts, the first of them after a depthwise convolution that swallowed their Relu.</summary>
    private static TfGraph Damaged(int prelus, int strayRelus)
    {
        var nodes = new List<TfNode>();
        var weights = new Dictionary<string, WeightTensor>();
        for (var i = 0; i < prelus; i++)
        {
            var (s, isSwallowed) = ($"s{i}/", i < strayRelus);
            weights[s + "mul"] = new WeightTensor([1], [0.25f]);
            nodes.Add(new TfNode(s + "mul", "Const", []));
            nodes.Add(new TfNode(s + "in", "FusedDepthwiseConv2dNative", ["x"])
            {
                Fused = isSwallowed ? ["BiasAdd", "Relu"] : ["BiasAdd"],
            });
            if (!isSwallowed)
                nodes.Add(new TfNode(s + "Relu", "Relu", [s + "in"]));
            nodes.Add(new TfNode(s + "Abs", "Abs", [s + "in"]));
            nodes.Add(new TfNode(s + "sub", "Sub", [s + "in", s + "Abs"]));
            nodes.Add(new TfNode(s + "mul_1", "Mul", [s + "sub", s + "mul"]));
            nodes.Add(new TfNode(s + "add", "Add", [isSwallowed ? s + "in" : s + "Relu", s + "mul_1"]));
        }
        return new TfGraph(nodes, weights);
    }

    private static string Refusal(GraphText graph) =>
        Assert.Throws<ModelImportException>(() => Converted(graph, "y", [1, 2, 3, 2])).Message;

    private static float[] Answer(GraphText graph, string output, int[] shape, float[] input)
    {
        var outputs = new Dictionary<string, long[]> { ["out"] = [.. shape.Select(side => (long)side)] };
        using var model = OnnxModel.Open(Converted(graph, output, shape), "test", [1, 2, 3, 2], outputs, threads: 1);
        using var run = model.Rent();
        input.CopyTo(run.Input);
        run.Run();
        return run.Output("out").ToArray();
    }

    private static byte[] Converted(GraphText graph, string output, int[] shape) =>
        TfConverter.Convert(graph.Read(), "test", Picture, Outputs(output, shape));

    private static Dictionary<string, TensorName> Outputs(string node, int[] shape) =>
        new() { [node] = new("out", shape) };

    private static object Numbers(params int[] values) => new { list = new { i = values.Select(value => $"{value}") } };

    private static object Text(string value) => new { s = Base64(value) };

    private static object Texts(params string[] values) => new { list = new { s = values.Select(Base64) } };

    private static string Base64(string value) => Convert.ToBase64String(Encoding.ASCII.GetBytes(value));

    /// <summary>Writes the two files of a small graph with a two by three input of two channels, x.</summary>
    private sealed class GraphText
    {
        private readonly List<object> _nodes = [];
        private readonly List<object> _weights = [];
        private readonly List<byte> _bytes = [];

        public GraphText() => Node("x", "Placeholder", [], new
        {
            shape = new { shape = new { dim = ((string[])["-1", "2", "3", "2"]).Select(size => new { size }) } },
        });

        public GraphText Node(string name, string op, string[] input, object? attr = null)
        {
            _nodes.Add(new { name, op, input, attr = attr ?? new { } });
            return this;
        }

        public GraphText Constant(string name, int[] shape, params float[] values) =>
            Constant(name, shape, "float32", values);

        public GraphText Constant(string name, int[] shape, string dtype, params float[] values)
        {
            _weights.Add(new { name, shape, dtype });
            foreach (var value in values)
                _bytes.AddRange(dtype == "int32" ? BitConverter.GetBytes((int)value) : BitConverter.GetBytes(value));
            return Node(name, "Const", []);
        }

        public TfGraph Read() => TfGraph.Read(
            JsonSerializer.SerializeToUtf8Bytes(new
            {
                modelTopology = new { node = _nodes },
                weightsManifest = (object[])[new { paths = (string[])["w"], weights = _weights }],
            }),
            [.. _bytes]);
    }
}
