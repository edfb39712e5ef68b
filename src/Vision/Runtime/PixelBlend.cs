using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SightPay.Vision.Runtime;

/// <summary>Sums and mixtures of pixels, which all that shrinks or warps a picture is made of.</summary>
internal static class PixelBlend
{
    private const int Stretch = 8;

    /// <summary>Where a row of samples starts and how far it goes with each, in pixels of the source.</summary>
    public readonly record struct Line(float X, float Y, float StepX, float StepY);

    /// <summary>Red, green and blue at a point between the pixels; whole numbers are their middles, edges are repeated.
    /// </summary>
    public static Vector128<float> At(Picture picture, float x, float y) =>
        At(picture.Pixels, picture.Width, picture.Height, x, y);

    private static Vector128<float> At(ReadOnlySpan<byte> pixels, int width, int height, float x, float y)
    {
        var (x0, y0) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        return (uint)x0 < (uint)Math.Max(0, width - 2) && (uint)y0 < (uint)(height - 1)
            ? Inside(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(pixels), (y0 * width + x0) * 3), width * 3,
                x - x0, y - y0)
            : AtEdge(pixels, width, height, x0, y0, x - x0, y - y0);
    }

    /// <summary>Points along a line, each byte times a scale plus an offset, as many as <paramref name="target"/> holds
    /// three floats of.</summary>
    public static void Along(
        ReadOnlySpan<byte> pixels, int width, int height, Line line, float scale, float offset, Span<float> target)
    {
        var count = target.Length / 3;
        for (var i = 0; i < count;)
        {
            i = AlongInside(pixels, width, height, line, i, scale, offset, target);
            for (var end = Math.Min(i + Stretch, count); i < end; i++)
            {
                var value = At(pixels, width, height, line.X + i * line.StepX, line.Y + i * line.StepY);
                Put(value * scale + Vector128.Create(offset), target, i);
            }
        }
    }

    /// <summary>Whole stretches from pixel <paramref name="i"/> on, until one touches an edge. Places are reckoned
    /// eight at a time, and no call to the edges keeps the numbers out of the registers: a quarter of the time.
    /// </summary>
    /// <returns>The first pixel that is still to be done.</returns>
    private static int AlongInside(
        ReadOnlySpan<byte> pixels, int width, int height, Line line, int i, float scale, float offset,
        Span<float> target)
    {
        ref var source = ref MemoryMarshal.GetReference(pixels);
        ref var to = ref MemoryMarshal.GetReference(target);
        var (scales, offsets) = (Vector128.Create(scale), Vector128.Create(offset));
        var ends = Vector256.Create(Math.Max(0, width - 2)).AsUInt32();
        var lastRow = Vector256.Create(Math.Max(0, height - 1)).AsUInt32();
        Span<int> places = stackalloc int[Stretch];
        Span<float> rights = stackalloc float[Stretch];
        Span<float> downs = stackalloc float[Stretch];
        // One pixel stays behind the last stretch: four floats are written for three.
        for (; (i + Stretch) * 3 < target.Length; i += Stretch)
        {
            var steps = Vector256.Create((float)i) + Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);
            var x = steps * line.StepX + Vector256.Create(line.X);
            var y = steps * line.StepY + Vector256.Create(line.Y);
            var (left, upper) = (Vector256.Floor(x), Vector256.Floor(y));
            var (x0, y0) = (Vector256.ConvertToInt32(left), Vector256.ConvertToInt32(upper));
            if (!Vector256.LessThanAll(x0.AsUInt32(), ends) || !Vector256.LessThanAll(y0.AsUInt32(), lastRow)) break;
            ((y0 * width + x0) * 3).CopyTo(places);
            (x - left).CopyTo(rights);
            (y - upper).CopyTo(downs);
            for (var j = 0; j < Stretch; j++)
            {
                var value = Inside(ref Unsafe.Add(ref source, places[j]), width * 3, rights[j], downs[j]);
                Vector128.FusedMultiplyAdd(value, scales, offsets).StoreUnsafe(ref to, (nuint)((i + j) * 3));
            }
        }
        return i;
    }

    /// <summary>sums = (starts ? 0 : sums) + share * bytes.</summary>
    public static void AddWeighted(ReadOnlySpan<byte> bytes, float share, Span<float> sums, bool starts)
    {
        var i = 0;
        ref var from = ref MemoryMarshal.GetReference(bytes);
        ref var to = ref MemoryMarshal.GetReference(sums);
        if (Vector128.IsHardwareAccelerated)
        {
            var weight = Vector256.Create(share);
            for (; i <= bytes.Length - 16; i += 16)
            {
                var wide = Vector256.Create(
                    Vector128.WidenLower(Vector128.LoadUnsafe(ref from, (nuint)i)),
                    Vector128.WidenUpper(Vector128.LoadUnsafe(ref from, (nuint)i)));
                var low = Vector256.ConvertToSingle(Vector256.WidenLower(wide).AsInt32());
                var high = Vector256.ConvertToSingle(Vector256.WidenUpper(wide).AsInt32());
                var (at, next) = ((nuint)i, (nuint)i + 8);
                if (starts)
                {
                    (low * weight).StoreUnsafe(ref to, at);
                    (high * weight).StoreUnsafe(ref to, next);
                }
                else
                {
                    Vector256.FusedMultiplyAdd(low, weight, Vector256.LoadUnsafe(ref to, at)).StoreUnsafe(ref to, at);
                    Vector256.FusedMultiplyAdd(high, weight, Vector256.LoadUnsafe(ref to, next))
                        .StoreUnsafe(ref to, next);
                }
            }
        }
        for (; i < bytes.Length; i++) sums[i] = (starts ? 0 : sums[i]) + share * bytes[i];
    }

    /// <summary>Between four pixels, of which <paramref name="at"/> is the upper left one; two bytes behind each pair
    /// are read too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Inside(ref byte at, int stride, float right, float down)
    {
        var (upper, lower) = (Pair(ref at), Pair(ref Unsafe.Add(ref at, stride)));
        var pair = Vector256.FusedMultiplyAdd(lower - upper, Vector256.Create(down), upper);
        var first = pair.GetLower();
        var second = Vector256.Shuffle(pair, Vector256.Create(3, 4, 5, 6, 7, 7, 7, 7)).GetLower();
        return Vector128.FusedMultiplyAdd(second - first, Vector128.Create(right), first);
    }

    /// <summary>Two pixels that are neighbours, three floats each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(ref byte at)
    {
        var bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref at)).AsByte();
        var wide = Vector128.WidenLower(bytes).ToVector256Unsafe();
        return Vector256.ConvertToSingle(Vector256.WidenLower(wide).AsInt32());
    }

    /// <summary>Writes three of four floats; the next pixel overwrites the fourth, if it is written at all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(Vector128<float> value, Span<float> target, int pixel)
    {
        if (pixel * 3 + 4 <= target.Length)
            value.StoreUnsafe(ref MemoryMarshal.GetReference(target), (nuint)(pixel * 3));
        else
            value.AsVector3().CopyTo(target[(pixel * 3)..]);
    }

    private static Vector128<float> AtEdge(
        ReadOnlySpan<byte> pixels, int width, int height, int x0, int y0, float right, float down)
    {
        var a = Clamped(pixels, width, height, x0, y0);
        var b = Clamped(pixels, width, height, x0 + 1, y0);
        var c = Clamped(pixels, width, height, x0, y0 + 1);
        var d = Clamped(pixels, width, height, x0 + 1, y0 + 1);
        var upper = a + (b - a) * right;
        var lower = c + (d - c) * right;
        return upper + (lower - upper) * down;
    }

    private static Vector128<float> Clamped(ReadOnlySpan<byte> pixels, int width, int height, int x, int y)
    {
        var i = (Math.Clamp(y, 0, height - 1) * width + Math.Clamp(x, 0, width - 1)) * 3;
        return Vector128.Create(pixels[i], pixels[i + 1], pixels[i + 2], 0f);
    }
}
