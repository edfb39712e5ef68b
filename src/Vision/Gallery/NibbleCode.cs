using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SightPay.Vision.Gallery;

/// <summary>
/// Vectors as half a byte a number, another half where it matters, and bounds that make a search by them exact.
/// <para>A vector v becomes s c + e: a step, numbers c in -7.5, -6.5 .. 7.5 (kept as levels u = c + 7.5), and what
/// rounding left over, whose length r is kept. A probe is q = t d + f with whole numbers d in -127..127. Then
/// v·q = s t (c·d) + e·(t d) + v·f, and by Cauchy and Schwarz the last two are at most r |t d| and |v| |f|. So v·q can
/// never be above <c>s t (c·d) + r |t d| + |v| |f|</c>: a row whose bound is not above the runner-up needs no closer
/// look.</para>
/// <para>The fine levels cut every step into 16 again: with them v is s (c + c'/16) + e', a bound sixteen times as
/// near.</para>
/// </summary>
/// <remarks>32 bytes hold 64 numbers: the low halves the first 32 of them, the high halves the others.</remarks>
internal static class NibbleCode
{
    public const int Levels = 16;

    private const int GroupNumbers = 64;
    private const int GroupBytes = GroupNumbers / 2;

    /// <summary>Numbers of a row, padded to whole groups.</summary>
    public static int PaddedTo(int dimensions) => (dimensions + GroupNumbers - 1) / GroupNumbers * GroupNumbers;

    /// <summary>Bytes of a row.</summary>
    public static int StrideOf(int dimensions) => PaddedTo(dimensions) / 2;

    /// <summary>Writes the levels of a vector and the fine ones.</summary>
    /// <param name="values">A whole number of eights.</param>
    public static RowScale Encode(ReadOnlySpan<float> values, Span<byte> codes, Span<byte> fine)
    {
        codes.Clear();
        fine.Clear();
        var largest = Largest(values);
        if (largest == 0) return default;
        var (step, perFineStep) = (largest / (Levels / 2), Levels * Levels / 2 / largest);
        ref var from = ref MemoryMarshal.GetReference(values);
        var (squares, fineSquares) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var i = 0; i < values.Length; i += 8)
        {
            var value = Vector256.LoadUnsafe(ref from, (nuint)i);
            // The largest number itself would be one more, and rounding can be unkind to the smallest.
            var both = Vector256.ConvertToInt32(Vector256.Clamp(
                Vector256.Floor(value * perFineStep) + Vector256.Create(Levels * Levels / 2f),
                Vector256<float>.Zero, Vector256.Create(Levels * Levels - 1f)));
            var level = both >> 4;
            var left = value - (Vector256.ConvertToSingle(level) - Vector256.Create((Levels - 1) / 2f)) * step;
            squares += left * left;
            left = value
                - (Vector256.ConvertToSingle(both) - Vector256.Create((Levels * Levels - 1) / 2f)) * (step / Levels);
            fineSquares += left * left;
            Place(level, codes, i);
            Place(both & Vector256.Create(Levels - 1), fine, i);
        }
        // The sum of some hundred float32 squares is right to a ten-thousandth.
        return new RowScale(
            step / 2, RoundedUp(Math.Sqrt(Vector256.Sum(squares) * 1.0002)),
            RoundedUp(Math.Sqrt(Vector256.Sum(fineSquares) * 1.0002)));
    }

    /// <summary>Writes eight levels where the numbers from the i-th on belong.</summary>
    private static void Place(Vector256<int> levels, Span<byte> codes, int i)
    {
        var shorts = Vector128.Narrow(levels.GetLower(), levels.GetUpper());
        var eight = Vector128.Narrow(shorts, shorts).AsUInt64().ToScalar();
        var place = codes.Slice(i / GroupNumbers * GroupBytes + i % GroupBytes, 8);
        if (i % GroupNumbers >= GroupBytes) eight = eight << 4 | MemoryMarshal.Read<ulong>(place);
        MemoryMarshal.Write(place, eight);
    }

    public static float RoundedUp(double value) => MathF.BitIncrement((float)value);

    /// <summary>2 (c·d) of the probe with rows of codes, four rows at a time.</summary>
    /// <param name="rows">As many rows as there are products, one after another.</param>
    public static void Products(ProbeCode probe, ReadOnlySpan<byte> rows, Span<int> products)
    {
        var stride = probe.Codes.Length / 2;
        if (rows.Length < products.Length * stride || products.Length % 4 != 0)
            throw new ArgumentException("Whole groups of four rows are needed.", nameof(rows));
        if (!Avx2.IsSupported)
        {
            for (var row = 0; row < products.Length; row++)
                products[row] = PortableProduct(probe, rows.Slice(row * stride, stride));
            return;
        }
        ref var first = ref MemoryMarshal.GetReference(rows);
        ref var numbers = ref MemoryMarshal.GetReference(probe.Codes);
        var shift = Vector128.Create(probe.Shift);
        for (var row = 0; row < products.Length; row += 4)
        {
            ref var a = ref Unsafe.Add(ref first, (nint)row * stride);
            Vector256<int> sumA = default, sumB = default, sumC = default, sumD = default;
            for (nuint i = 0; i < (nuint)stride; i += GroupBytes)
            {
                var low = Vector256.LoadUnsafe(ref numbers, 2 * i);
                var high = Vector256.LoadUnsafe(ref numbers, 2 * i + GroupBytes);
                sumA = Add(sumA, low, high, ref a, i);
                sumB = Add(sumB, low, high, ref a, i + (nuint)stride);
                sumC = Add(sumC, low, high, ref a, i + 2 * (nuint)stride);
                sumD = Add(sumD, low, high, ref a, i + 3 * (nuint)stride);
            }
            var sums = Avx2.HorizontalAdd(Avx2.HorizontalAdd(sumA, sumB), Avx2.HorizontalAdd(sumC, sumD));
            var sum = sums.GetLower() + sums.GetUpper();
            (sum + sum - shift).CopyTo(products[row..]);
        }
    }

    /// <summary>2 (c·d) of the probe with one row.</summary>
    public static int Product(ProbeCode probe, ReadOnlySpan<byte> row)
    {
        if (!Avx2.IsSupported) return PortableProduct(probe, row);
        ref var first = ref MemoryMarshal.GetReference(row);
        ref var numbers = ref MemoryMarshal.GetReference(probe.Codes);
        var sum = Vector256<int>.Zero;
        for (nuint i = 0; i < (nuint)row.Length; i += GroupBytes)
        {
            var low = Vector256.LoadUnsafe(ref numbers, 2 * i);
            sum = Add(sum, low, Vector256.LoadUnsafe(ref numbers, 2 * i + GroupBytes), ref first, i);
        }
        return 2 * Vector256.Sum(sum) - probe.Shift;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(
        Vector256<int> sum, Vector256<sbyte> low, Vector256<sbyte> high, ref byte row, nuint at)
    {
        var halves = Vector256.Create((byte)(Levels - 1));
        var pairs = Vector256.LoadUnsafe(ref row, at);
        var lows = pairs & halves;
        // There is no shift of bytes; what a shift of shorts drags in from the neighbour is masked off.
        var highs = (pairs.AsUInt16() >>> 4).AsByte() & halves;
        if (AvxVnni.IsSupported)
            return AvxVnni.MultiplyWideningAndAdd(AvxVnni.MultiplyWideningAndAdd(sum, lows, low), highs, high);
        // 4 * 15 * 127 still fits 16 bits, so nothing saturates.
        var products = Avx2.MultiplyAddAdjacent(lows, low) + Avx2.MultiplyAddAdjacent(highs, high);
        return sum + Avx2.MultiplyAddAdjacent(products, Vector256<short>.One);
    }

    /// <summary>For processors without AVX2.</summary>
    internal static int PortableProduct(ProbeCode probe, ReadOnlySpan<byte> row)
    {
        ref var pairs = ref MemoryMarshal.GetReference(row);
        ref var numbers = ref MemoryMarshal.GetReference(probe.Codes);
        var sum = Vector128<int>.Zero;
        for (var i = 0; i < row.Length; i += Vector128<byte>.Count)
        {
            var pair = Vector128.LoadUnsafe(ref pairs, (nuint)i);
            var number = (nuint)(i / GroupBytes * GroupNumbers + i % GroupBytes);
            sum += Dot(pair & Vector128.Create((byte)(Levels - 1)), Vector128.LoadUnsafe(ref numbers, number))
                + Dot(pair >>> 4, Vector128.LoadUnsafe(ref numbers, number + GroupBytes));
        }
        return 2 * Vector128.Sum(sum) - probe.Shift;
    }

    private static Vector128<int> Dot(Vector128<byte> levels, Vector128<sbyte> numbers)
    {
        var (lowLevels, highLevels) = Vector128.Widen(levels.AsSByte());
        var (lowNumbers, highNumbers) = Vector128.Widen(numbers);
        var (low, high) = Vector128.Widen(lowLevels * lowNumbers + highLevels * highNumbers);
        return low + high;
    }

    internal static float Largest(ReadOnlySpan<float> values)
    {
        ref var from = ref MemoryMarshal.GetReference(values);
        var most = Vector256<float>.Zero;
        for (var i = 0; i < values.Length; i += 8)
            most = Vector256.Max(most, Vector256.Abs(Vector256.LoadUnsafe(ref from, (nuint)i)));
        var largest = 0f;
        for (var k = 0; k < 8; k++) largest = MathF.Max(largest, most[k]);
        return largest;
    }
}

/// <summary>What turns the products of a row into bounds.</summary>
/// <param name="HalfStep">s / 2: products are kept doubled, so that they are whole.</param>
/// <param name="Left">r in the bound.</param>
/// <param name="FineLeft">r with the fine levels.</param>
internal readonly record struct RowScale(float HalfStep, float Left, float FineLeft);

/// <summary>A probe in codes of a byte. It holds biometric data: clear it after use.</summary>
internal sealed class ProbeCode
{
    private const int Most = 127;

    // A template's length may be off by this much (UnitVector.IsUnit).
    private const double LengthMost = 1.001;

    private readonly sbyte[] _codes;

    /// <param name="probe">A whole number of eights.</param>
    public ProbeCode(ReadOnlySpan<float> probe)
    {
        _codes = new sbyte[NibbleCode.PaddedTo(probe.Length)];
        var largest = NibbleCode.Largest(probe);
        Scale = largest / Most;
        var (sum, squares, left) = (0, 0.0, 0.0);
        for (var i = 0; i < probe.Length && largest > 0; i++)
        {
            var code = (int)MathF.Round(probe[i] * (Most / largest));
            _codes[i] = (sbyte)code;
            sum += code;
            squares += code * code;
            var rest = probe[i] - (double)code * Scale;
            left += rest * rest;
        }
        Shift = (NibbleCode.Levels - 1) * sum;
        Length = NibbleCode.RoundedUp(Scale * Math.Sqrt(squares));
        // Float32 products of n numbers and this bound itself are rounded: at most n units in the last place of 1.
        var rounding = 1e-7 * (_codes.Length + 64);
        Slack = NibbleCode.RoundedUp(LengthMost * Math.Sqrt(left) + rounding);
    }

    /// <summary>t in the bound.</summary>
    public float Scale { get; }

    /// <summary>|t d| in the bound.</summary>
    public float Length { get; }

    /// <summary>|v| |f| in the bound, and what floating point may add.</summary>
    public float Slack { get; }

    /// <summary>2 (u·d) - 2 (c·d): what the rows' codes count too much for being kept without signs.</summary>
    public int Shift { get; }

    public ReadOnlySpan<sbyte> Codes => _codes;

    public void Clear() => Array.Clear(_codes);
}
