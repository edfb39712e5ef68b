namespace SightPay.Vision.Runtime;

/// <summary>The inference engine refused something: a damaged file, a wrong shape, a failed run.</summary>
/// <param name="code">ONNX Runtime's own number.</param>
public sealed class OnnxException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;
}
