// Pointers in wrong and in right places, so that the pointer rule is seen to fail. Nothing here runs.
using System.Runtime.InteropServices;

namespace Sample.Pointers
{
    internal sealed unsafe class Field(byte* at)
    {
        private readonly byte* _at = at;

        public bool IsNull => _at is null;
    }

    internal sealed unsafe class Parameter
    {
        public static byte First(byte* at) => *at;
    }

    internal sealed unsafe class Pinned
    {
        public static byte First(byte[] bytes)
        {
            fixed (byte* at = bytes) return *at;
        }
    }

    internal sealed class Import
    {
        [DllImport("libc", EntryPoint = "getpid")]
        public static extern int ProcessId();
    }

    internal sealed class Library
    {
        public static bool Exists(string path) => NativeLibrary.TryLoad(path, out _);
    }

    internal sealed class Spans
    {
        private static readonly float[] _weights = [0.5f, 0.25f];

        public static float Sum(ReadOnlySpan<byte> bytes, int count)
        {
            Span<float> some = stackalloc float[4];
            Span<byte> more = count < 64 ? stackalloc byte[64] : new byte[count];
            Span<long> dimensions = stackalloc long[] { 1, 3, count, count };
            ReadOnlySpan<int> fixedOnes = [1, 2, 3];
            bytes.CopyTo(more);
            some[0] = _weights[0] * more[0] * dimensions[2] * fixedOnes[1];
            return some[0];
        }
    }
}

namespace Sample.Pointers.Runtime
{
    public sealed class Shows
    {
        public nint Handle { get; init; }
    }

    public sealed class Hides
    {
        private readonly nint _handle = 1;

        public bool IsOpen => _handle != 0;
    }
}
