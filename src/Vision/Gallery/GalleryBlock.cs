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
    /// <summary>Rows of a block: 32 KiB of codes for 256 numbers, so a change costs a reader microseconds.</summary>
    public const int Rows = 256;

    private readonly int _first;
    private readonly int _stride;
    private readonly int _codeStride;
    private readonly float[] _values;
    private readonly Memory<byte> _codes;
    private readonly Memory<byte> _fine;

    // Of a row that holds nobody the step is 0 and what is left -infinity: its bound is below every score.
    private readonly float[] _halfSteps = new float[Rows];
    private readonly float[] _lefts = new float[Rows];
    private readonly float[] _fineLefts = new float[Rows];
    private readonly Guid[] _ids = new Guid[Rows];
    private int _version;
    private int _used;

    /// <param name="first">The place of the first row in the whole gallery.</param>
    /// <param name="stride">Floats of a row, padded with zeros to whole eights.</param>
    public GalleryBlock(int first, int stride)
    {
        (_first, _stride, _codeStride) = (first, stride, NibbleCode.StrideOf(stride));
        _values = new float[Rows * stride];
        // A load that crosses from one line of the cache to the next costs double.
        _codes = AlignedMemory.Allocate<byte>(Rows * _codeStride);
        _fine = AlignedMemory.Allocate<byte>(Rows * _codeStride);
        _lefts.AsSpan().Fill(float.NegativeInfinity);
    }

    /// <summary>Writes a row. The caller holds the gallery's lock.</summary>
    public void Write(int row, Guid id, ReadOnlySpan<float> values)
    {
        BeginChange();
        _ids[row] = id;
        values.CopyTo(_values.AsSpan(row * _stride, _stride));
        (_halfSteps[row], _lefts[row], _fineLefts[row]) = NibbleCode.Encode(values, Of(row, _codes), Of(row, _fine));
        _used = Math.Max(_used, row + 1);
        EndChange();
    }

    /// <summary>Overwrites a row with zeros. The caller holds the gallery's lock.</summary>
    public void Erase(int row)
    {
        BeginChange();
        _ids[row] = Guid.Empty;
        _values.AsSpan(row * _stride, _stride).Clear();
        Of(row, _codes).Clear();
        Of(row, _fine).Clear();
        (_halfSteps[row], _lefts[row], _fineLefts[row]) = (0, float.NegativeInfinity, 0);
        EndChange();
    }

    /// <summary>True when the row holds nothing but zeros.</summary>
    public bool IsErased(int row) =>
        _ids[row] == Guid.Empty && _halfSteps[row] == 0 && !Of(row, _codes).ContainsAnyExcept((byte)0)
        && !Of(row, _fine).ContainsAnyExcept((byte)0)
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
                    if (isTheirs) top.Offer(id, score, _first + row);
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
        NibbleCode.Products(code, _codes.Span, products[..rows]);
        ref var product = ref MemoryMarshal.GetReference(products);
        ref var halfSteps = ref MemoryMarshal.GetArrayDataReference(_halfSteps);
        ref var lefts = ref MemoryMarshal.GetArrayDataReference(_lefts);
        var (scale, length) = (Vector256.Create(code.Scale), Vector256.Create(code.Length));
        var slack = Vector256.Create(code.Slack);
        for (var row = 0; row < rows; row += 8)
        {
            var at = (nuint)row;
            var near = Vector256.ConvertToSingle(Vector256.LoadUnsafe(ref product, at))
                * (Vector256.LoadUnsafe(ref halfSteps, at) * scale);
            var bound = near + (Vector256.LoadUnsafe(ref lefts, at) * length + slack);
            var open = Vector256.GreaterThan(bound, Vector256.Create(top.RunnerUpScore)).ExtractMostSignificantBits();
            for (; open != 0; open &= open - 1)
            {
                var one = row + BitOperations.TrailingZeroCount(open);
                LookClosely(one, products[one], probe, code, ref top);
            }
        }
    }

    /// <summary>The fine levels first: their bound leaves hardly anybody whose floats have to be fetched.</summary>
    private void LookClosely(int row, int product, ReadOnlySpan<float> probe, ProbeCode code, ref TopTwo top)
    {
        var fine = product + NibbleCode.Product(code, Of(row, _fine)) / (float)NibbleCode.Levels;
        var bound = fine * (_halfSteps[row] * code.Scale) + (_fineLefts[row] * code.Length + code.Slack);
        if (bound <= top.RunnerUpScore) return;
        var score = UnitVector.Dot(probe, _values.AsSpan(row * _stride, _stride));
        if (score > top.RunnerUpScore && _ids[row] != Guid.Empty) top.Offer(_ids[row], score, _first + row);
    }

    private Span<byte> Of(int row, Memory<byte> codes) => codes.Span.Slice(row * _codeStride, _codeStride);

    private void BeginChange()
    {
        Volatile.Write(ref _version, _version + 1);
        // The odd version must be seen before any of the change.
        Volatile.WriteBarrier();
    }

    private void EndChange() => Volatile.Write(ref _version, _version + 1);
}

/// <summary>
/// The best two of different persons so far. Of equal scores the one that stands first in the gallery counts, so that
/// the answer does not depend on which core looked at what.
/// </summary>
internal struct TopTwo
{
    /// <summary>Below every cosine.</summary>
    private const float Nobody = -2;

    private Candidate _best = new(Guid.Empty, Nobody, int.MaxValue);
    private Candidate _runnerUp = new(Guid.Empty, Nobody, int.MaxValue);

    public TopTwo()
    {
    }

    public readonly float RunnerUpScore => _runnerUp.Score;

    /// <param name="place">Where the person stands in the gallery.</param>
    public void Offer(Guid id, float score, int place) => Offer(new Candidate(id, score, place));

    public void Join(TopTwo other)
    {
        if (other._best.IsSomebody) Offer(other._best);
        if (other._runnerUp.IsSomebody) Offer(other._runnerUp);
    }

    public readonly GalleryMatch ToMatch(int searched) => new(
        _best.IsSomebody ? _best.Id : null, Math.Clamp(_best.Score, -1, 1),
        _runnerUp.IsSomebody ? _runnerUp.Id : null, Math.Clamp(_runnerUp.Score, -1, 1), searched);

    private void Offer(Candidate candidate)
    {
        if (candidate.IsBefore(_best))
        {
            if (candidate.Id != _best.Id) _runnerUp = _best;
            _best = candidate;
        }
        else if (candidate.Id != _best.Id && candidate.IsBefore(_runnerUp))
        {
            _runnerUp = candidate;
        }
    }

    private readonly record struct Candidate(Guid Id, float Score, int Place)
    {
        public bool IsSomebody => Score > Nobody;

        public bool IsBefore(Candidate other) =>
            Score > other.Score || (Score == other.Score && Place < other.Place);
    }
}
