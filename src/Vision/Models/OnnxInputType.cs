namespace SightPay.Vision.Models;

/// <summary>
/// Some published networks take bytes and turn them into floats themselves. Ours are all handed floats, so the file's
/// declared input type is changed; the network's own conversion then has nothing left to do.
/// </summary>
internal static class OnnxInputType
{
    // Fields of onnx.proto: ModelProto.graph, GraphProto.input, ValueInfoProto.type, TypeProto.tensor_type,
    // TypeProto.Tensor.elem_type.
    private static readonly int[] Path = [7, 11, 2, 1];
    private const int ElementType = 1;
    private const byte Float = 1;
    private const byte Byte = 2;

    /// <summary>The same network with a float32 input in place of a byte one.</summary>
    /// <exception cref="InvalidDataException">The first input is not of bytes.</exception>
    public static byte[] BytesToFloats(byte[] model)
    {
        var changed = (byte[])model.Clone();
        var (start, end) = (0, changed.Length);
        foreach (var field in Path) (start, end) = Find(changed, start, end, field);
        var (at, _) = Find(changed, start, end, ElementType);
        if (changed[at] != Byte) throw new InvalidDataException("The network does not take bytes.");
        changed[at] = Float;
        return changed;
    }

    /// <summary>Where the content of a message's first field of a number lies.</summary>
    private static (int Start, int End) Find(byte[] bytes, int start, int end, int field)
    {
        for (var at = start; at < end;)
        {
            var key = Number(bytes, ref at);
            var content = at;
            switch (key & 7)
            {
                case 0: Number(bytes, ref at); break;
                case 1: at += 8; break;
                case 2:
                    var length = (int)Number(bytes, ref at);
                    content = at;
                    at = checked(at + length);
                    break;
                case 5: at += 4; break;
                default: throw new InvalidDataException("The file is no ONNX network.");
            }
            if (key >> 3 == (ulong)field && at <= end) return (content, at);
        }
        throw new InvalidDataException("The file is no ONNX network, or it has no input.");
    }

    private static ulong Number(byte[] bytes, ref int at)
    {
        var number = 0UL;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var part = bytes[at++];
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) return number;
        }
        throw new InvalidDataException("The file is no ONNX network.");
    }
}
