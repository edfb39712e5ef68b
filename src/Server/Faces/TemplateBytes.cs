using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SightPay.Vision.Faces;

namespace SightPay.Server.Faces;

/// <summary>A template as bytes, the form in which it is sealed: its floats, little-endian.</summary>
internal static class TemplateBytes
{
    public static byte[] Of(FaceTemplate template)
    {
        var values = template.Values;
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    public static FaceTemplate Read(string pack, ReadOnlySpan<byte> bytes)
    {
        Span<float> values = stackalloc float[bytes.Length / sizeof(float)];
        bytes.CopyTo(MemoryMarshal.AsBytes(values));
        ToThisMachine(values);
        var template = new FaceTemplate(pack, values);
        values.Clear();
        return template;
    }

    /// <summary>Bytes that were read into floats as they were.</summary>
    public static void ToThisMachine(Span<float> values)
    {
        if (BitConverter.IsLittleEndian) return;
        var words = MemoryMarshal.Cast<float, int>(values);
        BinaryPrimitives.ReverseEndianness(words, words);
    }
}
