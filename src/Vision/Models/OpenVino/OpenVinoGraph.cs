using System.Buffers.Binary;
using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using SightPay.Vision.Models.Import;

namespace SightPay.Vision.Models.OpenVino;

/// <summary>One layer of an OpenVINO network; inputs are the ids of other layers, in the order of the ports.</summary>
internal sealed record OpenVinoLayer(
    int Id, string Name, string Type, IReadOnlyDictionary<string, string> Data, int[] Inputs, int[] Shape)
{
    /// <exception cref="ModelImportException">The layer does not say it.</exception>
    public string Text(string name) =>
        Data.TryGetValue(name, out var text)
            ? text
            : throw new ModelImportException($"The layer {Name} ({Type}) has no {name}.");

    public int[] Numbers(string name) => OpenVinoGraph.Numbers(Text(name));
}

/// <summary>
/// OpenVINO's intermediate representation, version 10 or 11: layers in XML, constants in one binary file. Layers come
/// sorted, each after the layers it reads.
/// </summary>
internal sealed class OpenVinoGraph
{
    private readonly byte[] _weights;

    private OpenVinoGraph(IReadOnlyList<OpenVinoLayer> layers, byte[] weights) =>
        (Layers, _weights) = (layers, weights);

    public IReadOnlyList<OpenVinoLayer> Layers { get; }

    /// <exception cref="ModelImportException">The files are no network of a known version.</exception>
    public static OpenVinoGraph Read(byte[] xml, byte[] weights)
    {
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            var net = XDocument.Load(reader).Root!;
            if (net.Name != "net" || (string?)net.Attribute("version") is not ("10" or "11"))
                throw new ModelImportException("The XML is no OpenVINO network of version 10 or 11.");
            var edges = net.Element("edges")!.Elements("edge").ToLookup(
                edge => (int)edge.Attribute("to-layer")!,
                edge => (Port: (int)edge.Attribute("to-port")!, From: (int)edge.Attribute("from-layer")!));
            var layers = net.Element("layers")!.Elements("layer").Select(layer => Layer(layer, edges)).ToList();
            return new OpenVinoGraph(Sorted(layers), weights);
        }
        catch (Exception fault) when (fault is XmlException or NullReferenceException or FormatException
            or ArgumentException or OverflowException)
        {
            throw new ModelImportException("This is not an OpenVINO network: " + fault.Message);
        }
    }

    /// <summary>A constant as float32, which every half is exactly.</summary>
    /// <exception cref="ModelImportException">Its bytes are not in the file, or it is of another type.</exception>
    public WeightTensor Constant(OpenVinoLayer layer)
    {
        var shape = layer.Numbers("shape");
        var type = layer.Text("element_type");
        var width = type switch
        {
            "f16" => sizeof(ushort),
            "f32" => sizeof(float),
            _ => throw new ModelImportException($"The constant {layer.Name} has the unknown type {type}."),
        };
        var values = new float[shape.Aggregate(1, (product, side) => checked(product * side))];
        var (offset, size) = (Whole(layer.Text("offset")), Whole(layer.Text("size")));
        if (size != (long)values.Length * width || offset < 0 || offset + size > _weights.Length)
            throw new ModelImportException($"The constant {layer.Name} does not lie in the weight file.");
        var bytes = _weights.AsSpan((int)offset, (int)size);
        for (var i = 0; i < values.Length; i++)
            values[i] = width == sizeof(float)
                ? BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * width)..])
                : (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * width)..]);
        return new WeightTensor(shape, values);
    }

    internal static int[] Numbers(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

    private static long Whole(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static OpenVinoLayer Layer(XElement layer, ILookup<int, (int Port, int From)> edges)
    {
        var id = (int)layer.Attribute("id")!;
        var data = layer.Element("data")?.Attributes() ?? [];
        // All layers of these networks have one result, or none.
        var result = layer.Element("output")?.Elements("port").Single().Elements("dim").Select(side => (int)side);
        return new OpenVinoLayer(
            id, (string)layer.Attribute("name")!, (string)layer.Attribute("type")!,
            data.ToDictionary(attribute => attribute.Name.LocalName, attribute => attribute.Value),
            [.. edges[id].OrderBy(edge => edge.Port).Select(edge => edge.From)], [.. result ?? []]);
    }

    private static List<OpenVinoLayer> Sorted(List<OpenVinoLayer> layers)
    {
        var byId = layers.ToDictionary(layer => layer.Id);
        var (sorted, started) = (new List<OpenVinoLayer>(), new HashSet<int>());
        foreach (var layer in layers) Visit(layer.Id);
        return sorted;

        // A layer is added after its inputs; a circle would never end, so it is met by its mark.
        void Visit(int id)
        {
            if (!started.Add(id)) return;
            if (!byId.TryGetValue(id, out var layer))
                throw new ModelImportException($"An edge leads from a layer {id} that is not there.");
            foreach (var input in layer.Inputs) Visit(input);
            sorted.Add(layer);
        }
    }
}
