namespace SightPay.Vision.Runtime;

/// <summary>
/// One loaded network with one float32 input of a fixed shape. Thread-safe: several callers may run it, each with a
/// <see cref="OnnxRun"/> of its own.
/// </summary>
public sealed class OnnxModel : IDisposable
{
    /// <param name="path">ONNX file.</param>
    /// <param name="inputShape">Fixed input shape, for instance [1,256,256,3].</param>
    /// <param name="outputShapes">Fixed shapes by output name; buffers are made once from them.</param>
    /// <param name="threads">Threads inside one run; they never spin (a spinning pool stalls on shared cores).</param>
    public static OnnxModel Open(
        string path, ReadOnlySpan<long> inputShape, IReadOnlyDictionary<string, long[]> outputShapes, int threads) =>
        throw new NotImplementedException();

    /// <summary>A slot of buffers for one caller; rent from the model's pool, give back by Dispose.</summary>
    public OnnxRun Rent() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Input and output buffers of one caller. Run allocates nothing.</summary>
public sealed class OnnxRun : IDisposable
{
    public Span<float> Input => throw new NotImplementedException();

    public void Run() => throw new NotImplementedException();

    /// <summary>Valid until the next Run or Dispose.</summary>
    public ReadOnlySpan<float> Output(string name) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
