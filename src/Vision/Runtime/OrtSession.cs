using System.Runtime.InteropServices;

namespace SightPay.Vision.Runtime;

internal sealed record NamedShape(string Name, long[] Shape)
{
    public int Length => checked((int)Shape.Aggregate(1L, (product, side) => checked(product * side)));
}

internal sealed record DeclaredValue(string Name, int Type, long[] Shape);

internal sealed record SlotLayout(NamedShape Input, NamedShape[] Outputs);

/// <summary>A loaded network. Every slot holds a reference, so it outlives the last of them.</summary>
internal sealed class OrtSession : SafeHandle
{
    private OrtSession()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    public static OrtSession Open(ReadOnlySpan<byte> model, int threads)
    {
        var session = new OrtSession();
        session.SetHandle(OrtApi.Instance.OpenSession(model, threads));
        return session;
    }

    public IReadOnlyList<DeclaredValue> Values(bool isOutput)
    {
        var api = OrtApi.Instance;
        var count = api.Count(handle, isOutput);
        return [.. Enumerable.Range(0, count).Select(index =>
        {
            var (type, shape) = api.Declared(handle, isOutput, index);
            return new DeclaredValue(api.Name(handle, isOutput, index), type, shape);
        })];
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.Instance.CloseSession(handle);
        return true;
    }
}
