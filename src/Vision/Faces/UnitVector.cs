using System.Numerics;
using System.Runtime.InteropServices;

namespace SightPay.Vision.Faces;

/// <summary>Lengths and products of templates.</summary>
internal static class UnitVector
{
    // Float32 rounding keeps a normalised vector of a few hundred numbers well inside this.
    private const float LengthTolerance = 1e-3f;

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length) throw new ArgumentException("The vectors differ in length.", nameof(b));
        var sum = Vector<float>.Zero;
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
            sum = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref x, (nuint)i), Vector.LoadUnsafe(ref y, (nuint)i), sum);
        var dot = Vector.Sum(sum);
        for (; i < a.Length; i++) dot += a[i] * b[i];
        return dot;
    }

    /// <exception cref="ArgumentException">The vector has no direction: zero or not finite.</exception>
    public static void Normalise(Span<float> values)
    {
        var length = MathF.Sqrt(Dot(values, values));
        if (!(length > 1e-6f) || !float.IsFinite(length))
            throw new ArgumentException("The vector has no direction.", nameof(values));
        foreach (ref var value in values) value /= length;
    }

    /// <summary>False for vectors with NaN or infinity too, since their length is neither.</summary>
    public static bool IsUnit(ReadOnlySpan<float> values) =>
        MathF.Abs(MathF.Sqrt(Dot(values, values)) - 1) <= LengthTolerance;
}
