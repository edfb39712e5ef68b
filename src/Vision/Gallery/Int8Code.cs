using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SightPay.Vision.Gallery;

/// <summary>
/// Vectors as one byte a number, and a bound that makes a search by them exact.
/// <para>A vector v becomes s c + e: a scale, whole numbers c in -127..127, and what rounding left over, whose length r
/// is kept. For a probe q = t d + f in the same form, v·q = s t (c·d) + e·(t d) + v·f, and by Cauchy and Schwarz the
/// last two are at most r |t d| and |v| |f|. So v·q can never be above
/// <c>s t (c·d) + r |t d| + |v| |f|</c>: a row whose bound is not above the runner-up needs no closer look.</para>
/// </summary>
internal static class Int8Code
{
    public const int Most = 127;

    /// <summary>Codes of a row are padded with zeros to whole vectors of 32.</summary>
    public static int StrideOf(int dimensions) => (dimensions + 31) / 32 * 32;

    /// <summary>Writes the codes of a vector.</summary>
    /// <returns>Its scale, and the length of what rounding left over, rounded up.</returns>
    public static (float Scale, float Left) Encode(ReadOnlySpan<float> values, Span<sbyte> codes)
    {
        codes.Clear();
        var largest = Largest(values);
        if (largest == 0) return (0, 0);
        var (scale, perScale) = (largest / Most, Most / largest);
        ref var from = ref MemoryMarshal.GetReference(values);
        ref var to = ref Unsafe.As<sbyte, byte>(ref MemoryMarshal.GetReference(codes));
        var squares = Vector256<float>.Zero;
        var i = 0;
        for (; i <= values.Length - 8; i += 8)
        {
            var value = Vector256.LoadUnsafe(ref from, (nuint)i);
            var code = Vector256.Round(value * perScale);
            var numbers = Vector256.ConvertToInt32(code);
            var shorts = Vector128.Narrow(numbers.GetLower(), numbers.GetUpper());
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, i), Vector128.Narrow(shorts, shorts).AsUInt64().ToScalar());
            var left = Vector256.FusedMultiplyAdd(code, Vector256.Create(-scale), value);
            squares += left * left;
        }
        var sum = Vector256.Sum(squares);
        for (; i < values.Length; i++)
        {
            var code = MathF.Round(values[i] * perScale);
            codes[i] = (sbyte)code;
            var left = MathF.FusedMultiplyAdd(code, -scale, values[i]);
            sum += left * left;
        }
        // The sum of some hundred float32 squares is right to a ten-thousandth.
        return (scale, RoundedUp(Math.Sqrt(sum * 1.0002)));
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        ref var from = ref MemoryMarshal.GetReference(values);
        var most = Vector256<float>.Zero;
        var i = 0;
        for (; i <= values.Length - 8; i += 8)
            most = Vector256.Max(most, Vector256.Abs(Vector256.LoadUnsafe(ref from, (nuint)i)));
        var largest = 0f;
        for (var k = 0; k < 8; k++) largest = MathF.Max(largest, most[k]);
        for (; i < values.Length; i++) largest = MathF.Max(largest, MathF.Abs(values[i]));
        return largest;
    }

    public static float RoundedUp(double value) => MathF.BitIncrement((float)value);

    /// <summary>Products of the probe with rows of codes, four rows at a time.</summary>
    /// <param name="rows">As many rows as there are products, one after another.</param>
    public static void Products(ProbeCode probe, ReadOnlySpan<sbyte> rows, Span<int> products)
    {
        var stride = probe.Codes.Length;
        if (rows.Length < products.Length * stride || products.Length % 4 != 0)
            throw new ArgumentException("Whole groups of four rows are needed.", nameof(rows));
        if (!Avx2.IsSupported)
        {
            for (var row = 0; row < products.Length; row++)
                products[row] = PortableProduct(probe.Codes, rows.Slice(row * stride, stride));
            return;
        }
        ref var first = ref MemoryMarshal.GetReference(rows);
        ref var sizes = ref MemoryMarshal.GetReference(probe.Sizes);
        ref var signs = ref MemoryMarshal.GetReference(probe.Codes);
        for (var row = 0; row < products.Length; row += 4)
        {
            ref var a = ref Unsafe.Add(ref first, (nint)row * stride);
            Vector256<int> sumA = default, sumB = default, sumC = default, sumD = default;
            for (nuint i = 0; i < (nuint)stride; i += 32)
            {
                var size = Vector256.LoadUnsafe(ref sizes, i);
                var sign = Vector256.LoadUnsafe(ref signs, i);
                sumA = Add(sumA, size, sign, ref a, i);
                sumB = Add(sumB, size, sign, ref a, i + (nuint)stride);
                sumC = Add(sumC, size, sign, ref a, i + 2 * (nuint)stride);
                sumD = Add(sumD, size, sign, ref a, i + 3 * (nuint)stride);
            }
            var sums = Avx2.HorizontalAdd(Avx2.HorizontalAdd(sumA, sumB), Avx2.HorizontalAdd(sumC, sumD));
            (sums.GetLower() + sums.GetUpper()).CopyTo(products[row..]);
        }
    }

    /// <summary>The processor multiplies unsigned by signed bytes, so the probe's signs move to the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(
        Vector256<int> sum, Vector256<byte> size, Vector256<sbyte> sign, ref sbyte row, nuint at)
    {
        var signed = Avx2.Sign(Vector256.LoadUnsafe(ref row, at), sign);
        if (AvxVnni.IsSupported) return AvxVnni.MultiplyWideningAndAdd(sum, size, signed);
        // 2 * 127 * 127 still fits 16 bits, so nothing saturates.
        var pairs = Avx2.MultiplyAddAdjacent(size, signed);
        return sum + Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One);
    }

    /// <summary>For processors without AVX2.</summary>
    internal static int PortableProduct(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        var sum = Vector<int>.Zero;
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var i = 0;
        for (; i <= a.Length - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref x, (nuint)i), out var lowX, out var highX);
            Vector.Widen(Vector.LoadUnsafe(ref y, (nuint)i), out var lowY, out var highY);
            Vector.Widen(lowX * lowY + highX * highY, out var low, out var high);
            sum += low + high;
        }
        var product = Vector.Sum(sum);
        for (; i < a.Length; i++) product += a[i] * b[i];
        return product;
    }
}

/// <summary>A probe in codes. It holds biometric data: clear it after use.</summary>
internal sealed class ProbeCode
{
    // A template's length may be off by this much (UnitVector.IsUnit).
    private const double LengthMost = 1.001;

    private readonly sbyte[] _codes;
    private readonly byte[] _sizes;

    public ProbeCode(ReadOnlySpan<float> probe)
    {
        _codes = new sbyte[Int8Code.StrideOf(probe.Length)];
        _sizes = new byte[_codes.Length];
        (Scale, var rest) = Int8Code.Encode(probe, _codes);
        var squares = 0.0;
        for (var i = 0; i < _codes.Length; i++)
        {
            _sizes[i] = (byte)Math.Abs((int)_codes[i]);
            squares += (double)_codes[i] * _codes[i];
        }
        Length = Int8Code.RoundedUp(Scale * Math.Sqrt(squares));
        // Float32 products of n numbers and this bound itself are rounded: at most n units in the last place of 1.
        var rounding = 1e-7 * (_codes.Length + 64);
        Slack = Int8Code.RoundedUp(LengthMost * rest + rounding);
    }

    /// <summary>t in the bound.</summary>
    public float Scale { get; }

    /// <summary>|t d| in the bound.</summary>
    public float Length { get; }

    /// <summary>|v| |f| in the bound, and what floating point may add.</summary>
    public float Slack { get; }

    public ReadOnlySpan<sbyte> Codes => _codes;

    /// <summary>The codes without their signs.</summary>
    public ReadOnlySpan<byte> Sizes => _sizes;

    public void Clear()
    {
        Array.Clear(_codes);
        Array.Clear(_sizes);
    }
}
