using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Gallery;

/// <summary>
/// A fixed number of rows that one writer at a time changes in place while any number of searches read. A version that
/// is odd during a change tells a reader that it must read the block again, so nobody waits and nothing is copied: an
/// erased template has no second copy left in memory.
/// </summary>
internal sealed class GalleryBlock
{
    /// <summary>Rows of a block: 64 KiB of codes for 256 numbers, so a change costs a reader microseconds.</summary>
    public const int Rows = 256;

    private readonly int _stride;
    private readonly int _codeStride;
    private readonly float[] _values;
    private readonly Memory<sbyte> _codes;

    // Of a row that holds nobody the scale is 0 and the rest is -infinity: its bound is below every score.
    private readonly float[] _scales = new float[Rows];
    private readonly float[] _rests = new float[Rows];
    private readonly Guid[] _ids = new Guid[Rows];
    private int _version;
    private int _used;

    /// <param name="stride">Floats of a row, padded with zeros.</param>
    public GalleryBlock(int stride)
    {
        (_stride, _codeStride) = (stride, Int8Code.StrideOf(stride));
        _values = new float[Rows * stride];
        // A load that crosses from one line of the cache to the next costs double.
        _codes = AlignedMemory.Allocate<sbyte>(Rows * _codeStride);
        _rests.AsSpan().Fill(float.NegativeInfinity);
    }

    /// <summary>Writes a row. The caller holds the gallery's lock.</summary>
    public void Write(int row, Guid id, ReadOnlySpan<float> values)
    {
        BeginChange();
        _ids[row] = id;
        values.CopyTo(_values.AsSpan(row * _stride, _stride));
        (_scales[row], _rests[row]) = Int8Code.Encode(values, CodesOf(row));
        _used = Math.Max(_used, row + 1);
        EndChange();
    }

    /// <summary>Overwrites a row with zeros. The caller holds the gallery's lock.</summary>
    public void Erase(int row)
    {
        BeginChange();
        _ids[row] = Guid.Empty;
        _values.AsSpan(row * _stride, _stride).Clear();
        CodesOf(row).Clear();
        (_scales[row], _rests[row]) = (0, float.NegativeInfinity);
        EndChange();
    }

    /// <summary>True when the row holds nothing but zeros.</summary>
    public bool IsErased(int row) =>
        _ids[row] == Guid.Empty && _scales[row] == 0 && !CodesOf(row).ContainsAnyExcept((sbyte)0)
        && !_values.AsSpan(row * _stride, _stride).ContainsAnyExcept(0f);

    /// <summary>Improves the best two by this block's rows.</summary>
    /// <param name="probe">Padded to the stride.</param>
    /// <param name="code">The same probe in codes.</param>
    public void Search(ReadOnlySpan<float> probe, ProbeCode code, ref TopTwo top)
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref _version);
            if ((version & 1) == 0)
            {
                var improved = top;
                Scan(probe, code, ref improved);
                // The numbers must be read before the version is read again.
                Volatile.ReadBarrier();
                if (_version == version)
                {
                    top = improved;
                    return;
                }
            }
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Improves the best two by one row, if it still belongs to the person.</summary>
    public void SearchRow(ReadOnlySpan<float> probe, int row, Guid id, ref TopTwo top)
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref _version);
            if ((version & 1) == 0)
            {
                var isTheirs = _ids[row] == id;
                var score = isTheirs ? UnitVector.Dot(probe, _values.AsSpan(row * _stride, _stride)) : 0;
                Volatile.ReadBarrier();
                if (_version == version)
                {
                    if (isTheirs) top.Offer(id, score);
                    return;
                }
            }
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Looks closely at those rows only whose bound says that they might be one of the best two.</summary>
    private void Scan(ReadOnlySpan<float> probe, ProbeCode code, ref TopTwo top)
    {
        // A torn read of the count cannot happen (it is one word), and a stale one is caught by the version. Rows
        // beyond the used ones are there and hold nobody.
        var rows = (Volatile.Read(ref _used) + 7) / 8 * 8;
        Span<int> products = stackalloc int[Rows];
        Int8Code.Products(code, _codes.Span, products[..rows]);
        ref var product = ref MemoryMarshal.GetReference(products);
        ref var scales = ref MemoryMarshal.GetArrayDataReference(_scales);
        ref var rests = ref MemoryMarshal.GetArrayDataReference(_rests);
        var (scale, length) = (Vector256.Create(code.Scale), Vector256.Create(code.Length));
        var slack = Vector256.Create(code.Slack);
        for (var row = 0; row < rows; row += 8)
        {
            var at = (nuint)row;
            var near = Vector256.ConvertToSingle(Vector256.LoadUnsafe(ref product, at))
                * (Vector256.LoadUnsafe(ref scales, at) * scale);
            var bound = near + (Vector256.LoadUnsafe(ref rests, at) * length + slack);
            var open = Vector256.GreaterThan(bound, Vector256.Create(top.RunnerUpScore)).ExtractMostSignificantBits();
            for (; open != 0; open &= open - 1)
                LookClosely(row + BitOperations.TrailingZeroCount(open), probe, ref top);
        }
    }

    private void LookClosely(int row, ReadOnlySpan<float> probe, ref TopTwo top)
    {
        var score = UnitVector.Dot(probe, _values.AsSpan(row * _stride, _stride));
        if (score > top.RunnerUpScore && _ids[row] != Guid.Empty) top.Offer(_ids[row], score);
    }

    private Span<sbyte> CodesOf(int row) => _codes.Span.Slice(row * _codeStride, _codeStride);

    private void BeginChange()
    {
        Volatile.Write(ref _version, _version + 1);
        // The odd version must be seen before any of the change.
        Volatile.WriteBarrier();
    }

    private void EndChange() => Volatile.Write(ref _version, _version + 1);
}

/// <summary>The best two of different persons so far.</summary>
internal struct TopTwo
{
    /// <summary>Below every cosine.</summary>
    private const float Nobody = -2;

    private Guid _bestId;
    private Guid _runnerUpId;

    public TopTwo() => (BestScore, RunnerUpScore) = (Nobody, Nobody);

    public float BestScore { get; private set; }
    public float RunnerUpScore { get; private set; }

    public void Offer(Guid id, float score)
    {
        if (score > BestScore)
        {
            if (id != _bestId) (_runnerUpId, RunnerUpScore) = (_bestId, BestScore);
            (_bestId, BestScore) = (id, score);
        }
        else if (score > RunnerUpScore && id != _bestId)
        {
            (_runnerUpId, RunnerUpScore) = (id, score);
        }
    }

    public void Join(TopTwo other)
    {
        if (other.BestScore > Nobody) Offer(other._bestId, other.BestScore);
        if (other.RunnerUpScore > Nobody) Offer(other._runnerUpId, other.RunnerUpScore);
    }

    public readonly GalleryMatch ToMatch(int searched) => new(
        BestScore > Nobody ? _bestId : null, Score(BestScore),
        RunnerUpScore > Nobody ? _runnerUpId : null, Score(RunnerUpScore), searched);

    private static float Score(float cosine) => Math.Clamp(cosine, -1, 1);
}
