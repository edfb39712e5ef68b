using System.Runtime.InteropServices;

namespace SightPay.Vision.Runtime;

/// <summary>Memory that begins with a line of the cache and stays where it is; the collector frees it.</summary>
internal static class AlignedMemory
{
    private const int AlignmentBytes = 64;

    /// <summary>Zeros.</summary>
    public static Memory<T> Allocate<T>(int length) where T : unmanaged
    {
        var size = Marshal.SizeOf<T>();
        var spare = AlignmentBytes / size;
        var array = GC.AllocateArray<T>(length + spare, pinned: true);
        var past = (int)((nuint)Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) % AlignmentBytes) / size;
        return array.AsMemory(past == 0 ? 0 : spare - past, length);
    }
}
