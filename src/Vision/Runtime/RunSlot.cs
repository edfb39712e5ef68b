using System.Runtime.InteropServices;

namespace SightPay.Vision.Runtime;

/// <summary>
/// Buffers of one caller, with the engine's tensors made once over them. The buffers are pinned managed arrays, so that
/// a span somebody kept too long still points at memory that exists. The handle is the engine's input tensor.
/// </summary>
internal sealed unsafe class RunSlot : SafeHandle
{
    private readonly OrtSession _session;
    private readonly bool _holdsSession;
    private readonly SlotLayout _layout;
    private readonly Memory<float> _input;
    private readonly Memory<float>[] _outputs;
    private readonly nint[] _outputTensors;
    private nint _inputName;
    private nint* _outputNames;

    public RunSlot(OrtSession session, SlotLayout layout)
        : base(0, ownsHandle: true)
    {
        (_session, _layout) = (session, layout);
        _outputs = new Memory<float>[layout.Outputs.Length];
        _outputTensors = GC.AllocateArray<nint>(layout.Outputs.Length, pinned: true);
        session.DangerousAddRef(ref _holdsSession);
        try
        {
            _input = AlignedMemory.Allocate<float>(layout.Input.Length);
            _inputName = Marshal.StringToCoTaskMemUTF8(layout.Input.Name);
            _outputNames = (nint*)NativeMemory.AllocZeroed((nuint)layout.Outputs.Length, (nuint)sizeof(nint));
            for (var i = 0; i < _outputs.Length; i++)
            {
                _outputs[i] = AlignedMemory.Allocate<float>(layout.Outputs[i].Length);
                _outputNames[i] = Marshal.StringToCoTaskMemUTF8(layout.Outputs[i].Name);
                _outputTensors[i] = Tensor(_outputs[i], layout.Outputs[i].Shape);
            }
            SetHandle(Tensor(_input, layout.Input.Shape));
        }
        catch
        {
            Free();
            GC.SuppressFinalize(this);
            throw;
        }
    }

    public override bool IsInvalid => handle == 0;

    public Span<float> Input => _input.Span;

    public ReadOnlySpan<float> Output(string name)
    {
        var outputs = _layout.Outputs;
        for (var i = 0; i < outputs.Length; i++)
        {
            if (outputs[i].Name == name)
                return _outputs[i].Span;
        }
        throw new ArgumentException($"There is no output {name}.", nameof(name));
    }

    public void Run()
    {
        // A slot that is freed while it runs would take the tensors from under the engine.
        var isHeld = false;
        try
        {
            DangerousAddRef(ref isHeld);
            fixed (nint* tensors = _outputTensors)
            {
                OrtApi.Instance.Run(
                    _session.DangerousGetHandle(), _inputName, handle, (nint)_outputNames, tensors,
                    _outputTensors.Length);
            }
        }
        finally
        {
            if (isHeld)
                DangerousRelease();
        }
    }

    protected override bool ReleaseHandle()
    {
        Free();
        return true;
    }

    private void Free()
    {
        if (handle != 0)
            OrtApi.Instance.FreeTensor(handle);
        foreach (var tensor in _outputTensors)
        {
            if (tensor != 0)
                OrtApi.Instance.FreeTensor(tensor);
        }
        Marshal.FreeCoTaskMem(_inputName);
        for (var i = 0; _outputNames is not null && i < _outputTensors.Length; i++)
            Marshal.FreeCoTaskMem(_outputNames[i]);
        NativeMemory.Free(_outputNames);
        _inputName = 0;
        _outputNames = null;
        if (_holdsSession)
            _session.DangerousRelease();
    }

    private static nint Tensor(Memory<float> buffer, long[] shape)
    {
        fixed (float* data = buffer.Span)
            return OrtApi.Instance.Tensor(data, buffer.Length, shape);
    }
}
