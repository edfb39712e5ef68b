using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SightPay.Vision.Runtime;

/// <summary>Sums and mixtures of pixels, which all that shrinks or warps a picture is made of.</summary>
internal static class PixelBlend
{
    /// <summary>Red, green and blue at a point between the pixels; whole numbers are their middles, edges are repeated.
    /// </summary>
    public static Vector128<float> At(Picture picture, float x, float y)
    {
        var (x0, y0) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (width, height) = (picture.Width, picture.Height);
        // Inside, four bytes are read for a pixel of three; so the last column counts as an edge.
        return (uint)x0 < (uint)Math.Max(0, width - 2) && (uint)y0 < (uint)(height - 1)
            ? Inside(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(picture.Pixels), (y0 * width + x0) * 3), width * 3,
                x - x0, y - y0)
            : AtEdge(picture.Pixels, width, height, x0, y0, x - x0, y - y0);
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

    /// <summary>Between four pixels, of which <paramref name="at"/> is the upper left one; one byte behind each is
    /// read too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Inside(ref byte at, int stride, float right, float down)
    {
        var (a, b) = (Pixel(ref at), Pixel(ref Unsafe.Add(ref at, 3)));
        var (c, d) = (Pixel(ref Unsafe.Add(ref at, stride)), Pixel(ref Unsafe.Add(ref at, stride + 3)));
        var upper = a + (b - a) * right;
        var lower = c + (d - c) * right;
        return upper + (lower - upper) * down;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pixel(ref byte at)
    {
        var bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref at)).AsByte();
        return Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32());
    }

    /// <summary>The same anywhere: edges are repeated.</summary>
    public static Vector128<float> AtEdge(
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
