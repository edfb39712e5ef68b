using System.Globalization;
using System.Text;
using SightPay.Vision.Models;
using SightPay.Vision.Models.Import;
using SightPay.Vision.Models.OpenVino;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Models.OpenVino;

/// <summary>
/// Every layer the importer knows, on small networks written here, whose results are worked out by hand. The input is
/// two by two pixels; values are red, green, blue, and the network sees planes of blue, green, red.
/// </summary>
public sealed class OpenVinoConverterTests
{
    private static readonly float[] Pixels = [1, 10, 100, 2, 20, 200, 3, 30, 300, 4, 40, 400];

    /// <summary>No pack needs this network, and every layer of it is known.</summary>
    [SkippableFact]
    public void Landmarks_0009_is_converted_to_the_same_bytes_on_every_machine_and_runs()
    {
        var file = Path.Combine(SharedFolder.Require("shared/models"), "landmarks-regression-retail-0009");
        var graph = OpenVinoGraph.Read(File.ReadAllBytes(file + ".xml"), File.ReadAllBytes(file + ".bin"));
        var converted = OpenVinoConverter.Convert(
            graph, "landmarks-regression-retail-0009", new("image", [-1, 48, 48, 3]), new("points", [-1, 10]));
        Assert.Equal("7619de1c2010b48dc153ac6131b45a86d4addccf337ad445fe7ce1e253c49872", ModelPack.HashOf(converted));
        using var model = OnnxModel.Open(
            converted, "landmarks", [1, 48, 48, 3], new Dictionary<string, long[]> { ["points"] = [1, 10] },
            threads: 1);
    }

    [Fact]
    public void Rows_of_red_first_become_planes_of_blue_first()
    {
        var net = new NetText().Constant("one", [1], 0).Layer("Add", ["input", "one"], [1, 3, 2, 2]);
        Assert.Equal([100, 200, 300, 400, 10, 20, 30, 40, 1, 2, 3, 4], Answer(net, 12));
    }

    [Theory]
    [InlineData("f16")]
    [InlineData("f32")]
    public void Scale_and_shift_of_every_channel(string type)
    {
        var net = new NetText()
            .Constant("scale", [1, 3, 1, 1], type, 0.5f, 2, -1)
            .Layer("Multiply", ["input", "scale"], [1, 3, 2, 2])
            .Constant("shift", [1, 3, 1, 1], type, 0.25f, 0, 8)
            .Layer("Add", ["last", "shift"], [1, 3, 2, 2]);
        Assert.Equal([50.25f, 100.25f, 150.25f, 200.25f, 20, 40, 60, 80, 7, 6, 5, 4], Answer(net, 12));
    }

    [Fact]
    public void A_convolution_pads_and_strides_as_it_says()
    {
        // One output: the blue plane by a window of 2x2 that counts its upper left twice and its lower right once.
        float[] window = [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        var net = new NetText().Constant("w", [1, 3, 2, 2], window)
            .Layer("Convolution", ["input", "w"], [1, 1, 2, 2], Window("1, 1", "1, 0", "0, 1"));
        // A row of zeros above and a column of zeros at the right.
        Assert.Equal([200, 0, 200 + 400, 400], Answer(net, 4));
        var strided = new NetText().Constant("w", [1, 3, 2, 2], window)
            .Layer("Convolution", ["input", "w"], [1, 1, 1, 1], Window("2, 2", "0, 0", "0, 0"));
        Assert.Equal([200 + 400], Answer(strided, 1));
    }

    [Fact]
    public void A_grouped_convolution_keeps_its_channels_apart()
    {
        var net = new NetText().Constant("w", [3, 1, 1, 2, 2], [1, 1, 1, 1, 0.5f, 0, 0, 0, 0, 0, 0, 3])
            .Layer("GroupConvolution", ["input", "w"], [1, 3, 1, 1], Window("1, 1", "0, 0", "0, 0"));
        Assert.Equal([1000, 5, 12], Answer(net, 3));
    }

    [Fact]
    public void One_slope_or_one_for_each_channel()
    {
        var below = new NetText().Constant("minus", [1], -1).Layer("Multiply", ["input", "minus"], [1, 3, 2, 2]);
        var one = below.Constant("a", [1], 0.25f).Layer("PReLU", ["last", "a"], [1, 3, 2, 2]);
        Assert.Equal([-25, -50, -75, -100, -2.5f, -5, -7.5f, -10, -0.25f, -0.5f, -0.75f, -1], Answer(one, 12));
        var each = new NetText().Constant("minus", [1], -1).Layer("Multiply", ["input", "minus"], [1, 3, 2, 2])
            .Constant("a", [3], 0.5f, -1, 0).Layer("PReLU", ["last", "a"], [1, 3, 2, 2]);
        Assert.Equal([-50, -100, -150, -200, 10, 20, 30, 40, 0, 0, 0, 0], Answer(each, 12));
        var above = new NetText().Constant("a", [1], 0.25f).Layer("PReLU", ["input", "a"], [1, 3, 2, 2]);
        Assert.Equal([100, 200, 300, 400, 10, 20, 30, 40, 1, 2, 3, 4], Answer(above, 12));
    }

    [Fact]
    public void Pools_take_the_largest_or_the_mean()
    {
        var largest = new NetText().Layer("MaxPool", ["input"], [1, 3, 1, 1], Pool("0, 0", "true"));
        Assert.Equal([400, 40, 4], Answer(largest, 3));
        var mean = new NetText().Layer("AvgPool", ["input"], [1, 3, 1, 1], Pool("0, 0", "true"));
        Assert.Equal([250, 25, 2.5f], Answer(mean, 3));
        // With a border of zeros the window holds one pixel only; whether it counts as one or as four is the question.
        var without = new NetText().Layer("AvgPool", ["input"], [1, 3, 2, 2], Pool("1, 1", "true"));
        Assert.Equal([100, 200, 300, 400, 10, 20, 30, 40, 1, 2, 3, 4], Answer(without, 12));
        var with = new NetText().Layer("AvgPool", ["input"], [1, 3, 2, 2], Pool("1, 1", "false"));
        Assert.Equal([25, 50, 75, 100, 2.5f, 5, 7.5f, 10, 0.25f, 0.5f, 0.75f, 1], Answer(with, 12));
    }

    [Fact]
    public void Sigmoid_squeezes()
    {
        var net = new NetText().Constant("zero", [1], 0).Layer("Multiply", ["input", "zero"], [1, 3, 2, 2])
            .Layer("Sigmoid", ["last"], [1, 3, 2, 2]);
        Assert.All(Answer(net, 12), value => Assert.Equal(0.5f, value));
    }

    [Fact]
    public void Layers_in_any_order_are_sorted_and_the_same_network_gives_the_same_bytes()
    {
        NetText Net() => new NetText().Constant("one", [1], 1).Layer("Add", ["input", "one"], [1, 3, 2, 2]);
        Assert.Equal(Converted(Net(), 12), Converted(Net(), 12));
        Assert.Equal(101, Answer(Net().Reversed(), 12)[0]);
    }

    [Fact]
    public void What_the_importer_does_not_know_is_named()
    {
        Assert.Contains("LSTMCell", Refusal(new NetText().Layer("LSTMCell", ["input"], [1, 3, 2, 2])));
        Assert.Contains("last", Refusal(new NetText().Layer(
            "MaxPool", ["input"], [1, 3, 1, 1], Pool("0, 0", "true").Replace("explicit", "same_upper"))));
        Assert.Contains("rounds", Refusal(new NetText().Layer(
            "MaxPool", ["input"], [1, 3, 1, 1], Pool("0, 0", "true").Replace("floor", "up"))));
        Assert.Contains("strides", Refusal(new NetText().Layer(
            "MaxPool", ["input"], [1, 3, 1, 1], """kernel="2,2" """)));
        Assert.Contains("no constant", Refusal(new NetText().Layer(
            "Convolution", ["input", "input"], [1, 3, 2, 2], Window("1, 1", "0, 0", "0, 0"))));
        Assert.Contains("1x3x2x2", Refusal(new NetText().Layer("Sigmoid", ["input"], [1, 3, 2, 2]), length: 3));
        Assert.Contains("weight file", Refusal(new NetText().Constant("w", [99], 1).Layer(
            "Add", ["input", "w"], [1, 3, 2, 2])));
        Assert.Contains("i64", Refusal(new NetText().Constant("w", [1], "i64", 1).Layer(
            "Add", ["input", "w"], [1, 3, 2, 2])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<net version='11'/>")]
    [InlineData("<net version='6'><layers/><edges/></net>")]
    [InlineData("<!DOCTYPE net [<!ENTITY a 'b'>]><net version='11'><layers/><edges/></net>")]
    [InlineData("<net version='11'><layers><layer id='x' name='x' type='x'/></layers><edges/></net>")]
    public void What_is_no_network_is_refused(string xml) =>
        Assert.Throws<ModelImportException>(() => OpenVinoGraph.Read(Encoding.UTF8.GetBytes(xml), []));

    private static string Window(string strides, string before, string after) =>
        $"""auto_pad="explicit" dilations="1, 1" strides="{strides}" pads_begin="{before}" pads_end="{after}" """;

    /// <summary>A window of 2x2; with a border it moves by two, so that each holds one pixel.</summary>
    private static string Pool(string border, string excludesPad) =>
        $"""auto_pad="explicit" kernel="2, 2" strides="2, 2" pads_begin="{border}" pads_end="{border}" """
        + $"""rounding_type="floor" exclude-pad="{excludesPad}" """;

    private static string Refusal(NetText net, int length = 12) =>
        Assert.Throws<ModelImportException>(() => Converted(net, length)).Message;

    private static float[] Answer(NetText net, int length)
    {
        var outputs = new Dictionary<string, long[]> { ["out"] = [1, length] };
        using var model = OnnxModel.Open(Converted(net, length), "test", [1, 2, 2, 3], outputs, threads: 1);
        using var run = model.Rent();
        Pixels.CopyTo(run.Input);
        run.Run();
        return run.Output("out").ToArray();
    }

    private static byte[] Converted(NetText net, int length) =>
        OpenVinoConverter.Convert(net.Read(), "test", new("image", [-1, 2, 2, 3]), new("out", [-1, length]));

    /// <summary>Writes the two files of a small network. "last" is the layer added last but for constants.</summary>
    private sealed class NetText
    {
        private readonly List<string> _layers = [];
        private readonly List<string> _edges = [];
        private readonly List<byte> _weights = [];
        private readonly Dictionary<string, int> _ids = [];
        private int[] _shape = [1, 3, 2, 2];
        private bool _isReversed;

        public NetText() => _ids["input"] = _ids["last"] =
            Write("input", "Parameter", """shape="1,3,2,2" element_type="f32" """, _shape);

        public NetText Constant(string name, int[] shape, params float[] values) =>
            Constant(name, shape, "f32", values);

        /// <summary>As OpenVINO compresses them: halves are followed by a layer that widens them.</summary>
        public NetText Constant(string name, int[] shape, string type, params float[] values)
        {
            var (offset, width) = (_weights.Count, type == "f16" ? 2 : 4);
            foreach (var value in values)
                _weights.AddRange(width == 2 ? BitConverter.GetBytes((Half)value) : BitConverter.GetBytes(value));
            var size = shape.Aggregate(width, (product, side) => product * side);
            _ids[name] = Write(
                name, "Const",
                $"""element_type="{type}" shape="{string.Join(", ", shape)}" offset="{offset}" size="{size}" """,
                shape);
            if (type != "f16") return this;
            var half = _ids[name];
            _ids[name] = Write(name, "Convert", """destination_type="f32" """, shape);
            _edges.Add(Edge(half, _ids[name], 0));
            return this;
        }

        public NetText Layer(string type, string[] inputs, int[] shape, string data = "auto_broadcast=\"numpy\"")
        {
            var id = Write("last", type, data, shape);
            for (var port = 0; port < inputs.Length; port++) _edges.Add(Edge(_ids[inputs[port]], id, port));
            (_ids["last"], _shape) = (id, shape);
            return this;
        }

        public NetText Reversed()
        {
            _isReversed = true;
            return this;
        }

        public OpenVinoGraph Read()
        {
            var result = Write("result", "Result", "", null);
            _edges.Add(Edge(_ids["last"], result, 0));
            if (_isReversed) _layers.Reverse();
            var xml = $"""
                <?xml version="1.0"?>
                <net name="test" version="11"><layers>{string.Concat(_layers)}</layers>
                <edges>{string.Concat(_edges)}</edges></net>
                """;
            return OpenVinoGraph.Read(Encoding.UTF8.GetBytes(xml), [.. _weights]);
        }

        private int Write(string name, string type, string data, int[]? shape)
        {
            var sides = shape?.Select(side => $"<dim>{side.ToString(CultureInfo.InvariantCulture)}</dim>");
            var output = sides is null ? "" : $"""<output><port id="9">{string.Concat(sides)}</port></output>""";
            var id = _layers.Count;
            _layers.Add($"""<layer id="{id}" name="{name}" type="{type}"><data {data}/>{output}</layer>""");
            return id;
        }

        private static string Edge(int from, int to, int port) =>
            $"""<edge from-layer="{from}" from-port="9" to-layer="{to}" to-port="{port}"/>""";
    }
}
