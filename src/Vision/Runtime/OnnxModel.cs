namespace SightPay.Vision.Runtime;

/// <summary>What a network takes and answers at one size of pictures.</summary>
/// <param name="Input">For instance [1,3,48,320].</param>
/// <param name="Outputs">Shapes by output name.</param>
public sealed record ModelShape(long[] Input, IReadOnlyDictionary<string, long[]> Outputs);

/// <summary>
/// One loaded network with one float32 input of fixed shapes, most often of one. Thread-safe: several callers may run
/// it, each with a <see cref="OnnxRun"/> of its own.
/// </summary>
public sealed class OnnxModel : IDisposable
{
    private const int FloatType = 1;

    private readonly OrtSession _session;
    private readonly SlotLayout[] _layouts;
    private readonly Lock _lock = new();
    private readonly Stack<RunSlot>[] _idle;
    private bool _isDisposed;

    private OnnxModel(OrtSession session, SlotLayout[] layouts) =>
        (_session, _layouts, _idle) = (session, layouts, [.. layouts.Select(_ => new Stack<RunSlot>())]);

    /// <param name="path">ONNX file.</param>
    /// <param name="inputShape">Fixed input shape, for instance [1,256,256,3].</param>
    /// <param name="outputShapes">Fixed shapes by output name; buffers are made once from them.</param>
    /// <param name="threads">Threads inside one run; they never spin (a spinning pool stalls on shared cores).</param>
    /// <exception cref="OnnxException">The file is no network that the engine takes.</exception>
    /// <exception cref="ArgumentException">The network has other inputs, outputs or shapes.</exception>
    public static OnnxModel Open(
        string path, ReadOnlySpan<long> inputShape, IReadOnlyDictionary<string, long[]> outputShapes, int threads) =>
        Open(File.ReadAllBytes(path), Path.GetFileName(path), inputShape, outputShapes, threads);

    internal static OnnxModel Open(
        ReadOnlySpan<byte> model, string name, ReadOnlySpan<long> inputShape,
        IReadOnlyDictionary<string, long[]> outputShapes, int threads) =>
        Open(model, name, [new(inputShape.ToArray(), outputShapes)], threads);

    /// <summary>Opens a network that leaves sizes open, at all sizes it will be run with.</summary>
    internal static OnnxModel Open(
        ReadOnlySpan<byte> model, string name, IReadOnlyList<ModelShape> shapes, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(shapes.Count, 1);
        foreach (var shape in shapes) ArgumentOutOfRangeException.ThrowIfLessThan(shape.Outputs.Count, 1);
        var session = OrtSession.Open(model, threads);
        try
        {
            var opened = new OnnxModel(session, [.. shapes.Select(shape => LayoutOf(session, name, shape))]);
            // The first slot proves that the buffers can be made, before anybody waits for an answer.
            opened._idle[0].Push(new RunSlot(session, opened._layouts[0]));
            return opened;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>A slot of buffers for one caller; rent from the model's pool, give back by Dispose.</summary>
    /// <param name="shape">Which of the shapes that the network was opened with.</param>
    public OnnxRun Rent(int shape = 0)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_idle[shape].TryPop(out var slot))
                return new OnnxRun(this, slot, shape);
        }
        return new OnnxRun(this, new RunSlot(_session, _layouts[shape]), shape);
    }

    internal bool IsDisposed => Volatile.Read(ref _isDisposed);

    /// <summary>A slot comes back; after the model's end, or when enough lie idle, it is freed.</summary>
    internal void Return(RunSlot slot, int shape)
    {
        lock (_lock)
        {
            if (!_isDisposed && _idle[shape].Count < Environment.ProcessorCount)
            {
                _idle[shape].Push(slot);
                return;
            }
        }
        slot.Dispose();
    }

    /// <summary>Runs under way end in peace: the network is freed when the last one gave its slot back.</summary>
    public void Dispose()
    {
        RunSlot[] idle;
        lock (_lock)
        {
            if (_isDisposed)
                return;
            Volatile.Write(ref _isDisposed, true);
            idle = [.. _idle.SelectMany(slots => slots)];
            foreach (var slots in _idle) slots.Clear();
        }
        foreach (var slot in idle)
            slot.Dispose();
        _session.Dispose();
    }

    private static SlotLayout LayoutOf(OrtSession session, string name, ModelShape shape)
    {
        var outputs = shape.Outputs.Select(output => new NamedShape(output.Key, [.. output.Value])).ToArray();
        var layout = new SlotLayout(InputOf(session, name, shape.Input), outputs);
        foreach (var output in outputs)
            RequireOutput(session, name, output);
        return layout;
    }

    private static NamedShape InputOf(OrtSession session, string model, ReadOnlySpan<long> shape)
    {
        var inputs = session.Values(isOutput: false);
        if (inputs.Count != 1)
            throw new ArgumentException($"{model} has {inputs.Count} inputs; one is expected.");
        Require(model, inputs[0], shape, $"input {inputs[0].Name}");
        return new NamedShape(inputs[0].Name, shape.ToArray());
    }

    private static void RequireOutput(OrtSession session, string model, NamedShape output)
    {
        var outputs = session.Values(isOutput: true);
        var declared = outputs.FirstOrDefault(value => value.Name == output.Name)
            ?? throw new ArgumentException(
                $"{model} has no output {output.Name}, but {string.Join(", ", outputs.Select(value => value.Name))}.");
        Require(model, declared, output.Shape, $"output {output.Name}");
    }

    private static void Require(string model, DeclaredValue declared, ReadOnlySpan<long> shape, string what)
    {
        var isSame = declared.Type == FloatType && declared.Shape.Length == shape.Length;
        for (var i = 0; isSame && i < shape.Length; i++)
            isSame = shape[i] > 0 && (declared.Shape[i] < 0 || declared.Shape[i] == shape[i]);
        if (!isSame)
        {
            throw new ArgumentException(
                $"The {what} of {model} is [{string.Join(',', declared.Shape)}] of type {declared.Type}, "
                + $"not float32 [{string.Join(',', shape.ToArray())}].");
        }
    }
}

/// <summary>Input and output buffers of one caller. Run allocates nothing.</summary>
public sealed class OnnxRun : IDisposable
{
    private readonly OnnxModel _model;
    private readonly int _shape;
    private RunSlot? _slot;

    internal OnnxRun(OnnxModel model, RunSlot slot, int shape) => (_model, _slot, _shape) = (model, slot, shape);

    public Span<float> Input => Slot.Input;

    public void Run() => Slot.Run();

    /// <summary>Valid until the next Run or Dispose.</summary>
    public ReadOnlySpan<float> Output(string name) => Slot.Output(name);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _slot, null) is { } slot)
            _model.Return(slot, _shape);
    }

    private RunSlot Slot
    {
        get
        {
            ObjectDisposedException.ThrowIf(_model.IsDisposed, _model);
            var slot = _slot;
            ObjectDisposedException.ThrowIf(slot is null, this);
            return slot;
        }
    }
}
