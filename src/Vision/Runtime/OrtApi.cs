using System.Runtime.InteropServices;
using SightPay.Vision.Models;

namespace SightPay.Vision.Runtime;

/// <summary>
/// ONNX Runtime's C interface: one exported function hands out a table of functions whose order is part of the binary
/// contract and only ever grows. The indices are those of onnxruntime_c_api.h.
/// </summary>
internal sealed unsafe class OrtApi
{
    // Nothing after version 5 is used; 16 is old enough for every library of the last years.
    private const uint ApiVersion = 16;
    private const int SeverityError = 3;
    private const int OptimiseAll = 99;

    private static readonly Lazy<OrtApi> Loaded = new(() => new OrtApi(EnginePaths.OnnxRuntime));

    private readonly nint* _table;
    private readonly nint _environment;
    private readonly nint _cpuMemory;
    private readonly nint _allocator;

    private OrtApi(string library)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(library);
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            throw new InvalidOperationException(
                $"ONNX Runtime does not load from {library}: {fault.Message} It needs a 64-bit glibc system.", fault);
        }
        var getBase = (delegate* unmanaged<nint*>)NativeLibrary.GetExport(handle, "OrtGetApiBase");
        var apiBase = getBase();
        _table = (nint*)((delegate* unmanaged<uint, nint>)apiBase[0])(ApiVersion);
        Version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)apiBase[1])()) ?? "unknown";
        if (_table is null)
        {
            throw new InvalidOperationException(
                $"ONNX Runtime {Version} does not offer version {ApiVersion} of its API.");
        }
        nint environment, memory, allocator;
        fixed (byte* name = "sightpay\0"u8)
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)_table[3])(SeverityError, name, &environment));
        Check(((delegate* unmanaged<nint, nint>)_table[6])(environment)); // Telemetry off.
        Check(((delegate* unmanaged<int, int, nint*, nint>)_table[69])(1, 0, &memory));
        Check(((delegate* unmanaged<nint*, nint>)_table[78])(&allocator));
        (_environment, _cpuMemory, _allocator) = (environment, memory, allocator);
    }

    public static OrtApi Instance => Loaded.Value;

    public string Version { get; }

    public nint OpenSession(ReadOnlySpan<byte> model, int threads)
    {
        nint options, session;
        Check(((delegate* unmanaged<nint*, nint>)_table[10])(&options));
        try
        {
            Check(((delegate* unmanaged<nint, int, nint>)_table[22])(options, SeverityError));
            Check(((delegate* unmanaged<nint, int, nint>)_table[23])(options, OptimiseAll));
            Check(((delegate* unmanaged<nint, int, nint>)_table[24])(options, threads));
            Check(((delegate* unmanaged<nint, int, nint>)_table[25])(options, 1));
            // Threads that spin while they wait stall everybody as soon as another program wants a core.
            fixed (byte* key = "session.intra_op.allow_spinning\0"u8, value = "0\0"u8)
                Check(((delegate* unmanaged<nint, byte*, byte*, nint>)_table[130])(options, key, value));
            fixed (byte* bytes = model)
            {
                Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)_table[8])(
                    _environment, bytes, (nuint)model.Length, options, &session));
            }
            return session;
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_table[100])(options);
        }
    }

    public void CloseSession(nint session) => ((delegate* unmanaged<nint, void>)_table[95])(session);

    public int Count(nint session, bool isOutput)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_table[isOutput ? 31 : 30])(session, &count));
        return (int)count;
    }

    public string Name(nint session, bool isOutput, int index)
    {
        nint text;
        Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)_table[isOutput ? 37 : 36])(
            session, (nuint)index, _allocator, &text));
        var name = Marshal.PtrToStringUTF8(text) ?? "";
        Check(((delegate* unmanaged<nint, nint, nint>)_table[76])(_allocator, text));
        return name;
    }

    /// <summary>Element type (1 is float32) and shape as the file declares them; a free side is -1.</summary>
    public (int Type, long[] Shape) Declared(nint session, bool isOutput, int index)
    {
        nint typeInfo, tensorInfo;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)_table[isOutput ? 34 : 33])(
            session, (nuint)index, &typeInfo));
        try
        {
            Check(((delegate* unmanaged<nint, nint*, nint>)_table[55])(typeInfo, &tensorInfo));
            if (tensorInfo == 0)
                return (0, []);
            int type;
            nuint rank;
            Check(((delegate* unmanaged<nint, int*, nint>)_table[60])(tensorInfo, &type));
            Check(((delegate* unmanaged<nint, nuint*, nint>)_table[61])(tensorInfo, &rank));
            var shape = new long[(int)rank];
            fixed (long* sides = shape)
                Check(((delegate* unmanaged<nint, long*, nuint, nint>)_table[62])(tensorInfo, sides, rank));
            return (type, shape);
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_table[98])(typeInfo);
        }
    }

    /// <summary>A float32 tensor over memory of the caller, who keeps it in place until the tensor is freed.</summary>
    public nint Tensor(float* data, int length, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* sides = shape)
        {
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)_table[49])(
                _cpuMemory, data, (nuint)length * sizeof(float), sides, (nuint)shape.Length, 1, &value));
        }
        return value;
    }

    public void FreeTensor(nint value) => ((delegate* unmanaged<nint, void>)_table[96])(value);

    public void Run(nint session, nint inputName, nint input, nint outputNames, nint* outputs, int outputCount) =>
        Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint, nuint, nint*, nint>)_table[9])(
            session, 0, &inputName, &input, 1, outputNames, (nuint)outputCount, outputs));

    private void Check(nint status)
    {
        if (status == 0)
            return;
        var code = ((delegate* unmanaged<nint, int>)_table[1])(status);
        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)_table[2])(status));
        ((delegate* unmanaged<nint, void>)_table[93])(status);
        throw new OnnxException(code, $"ONNX Runtime refused (error {code}): {message}");
    }
}
