using System.Buffers.Binary;
using System.Text.Json;

namespace SightPay.Vision.Models.Import;

/// <summary>A constant of the original model, always as float32 (whole numbers below 2^24 stay exact).</summary>
internal sealed record WeightTensor(int[] Shape, float[] Values)
{
    public int[] Integers => [.. Values.Select(value => (int)value)];

    /// <summary>Reads the weights of a manifest group by group from the bytes of its files.</summary>
    public static Dictionary<string, WeightTensor> ReadAll(JsonElement groups, Func<string, byte[]> readFile)
    {
        var tensors = new Dictionary<string, WeightTensor>();
        foreach (var group in groups.EnumerateArray())
        {
            var bytes = group.GetProperty("paths").EnumerateArray()
                .SelectMany(path => readFile(path.GetString()!)).ToArray();
            var offset = 0;
            foreach (var weight in group.GetProperty("weights").EnumerateArray())
            {
                var name = weight.GetProperty("name").GetString()!;
                tensors.Add(name, Read(weight, bytes, name, ref offset));
            }
            if (offset != bytes.Length)
                throw new ModelImportException("The weight file is longer than its manifest says.");
        }
        return tensors;
    }

    private static WeightTensor Read(JsonElement weight, byte[] bytes, string name, ref int offset)
    {
        var shape = weight.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32()).ToArray();
        var type = weight.GetProperty("dtype").GetString()!;
        double scale = 1, least = 0;
        if (weight.TryGetProperty("quantization", out var quantization))
        {
            type = quantization.GetProperty("dtype").GetString()!;
            if (quantization.TryGetProperty("scale", out var step))
                (scale, least) = (step.GetDouble(), quantization.GetProperty("min").GetDouble());
        }
        var width = type switch
        {
            "float32" or "int32" => 4,
            "float16" => 2,
            "uint8" => 1,
            _ => throw new ModelImportException($"Weight {name} has the unknown type {type}."),
        };
        var values = new float[shape.Aggregate(1, (product, side) => checked(product * side))];
        if (offset + ((long)values.Length * width) > bytes.Length)
            throw new ModelImportException($"The weight file ends inside {name}.");
        for (var i = 0; i < values.Length; i++, offset += width)
            values[i] = (float)((Number(bytes.AsSpan(offset, width), type) * scale) + least);
        return new WeightTensor(shape, values);
    }

    private static double Number(ReadOnlySpan<byte> bytes, string type) => type switch
    {
        "float32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "int32" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "float16" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        _ => bytes[0],
    };
}
