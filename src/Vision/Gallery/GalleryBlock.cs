using System.Numerics;
using System.Runtime.InteropServices;
using SightPay.Vision.Faces;

namespace SightPay.Vision.Gallery;

/// <summary>
/// A fixed number of rows that one writer at a time changes in place while any number of searches read. A version that
/// is odd during a change tells a reader that it must read the block again, so nobody waits and nothing is copied: an
/// erased template has no second copy left in memory.
/// </summary>
internal sealed class GalleryBlock(int stride)
{
    /// <summary>Rows of a block: 192 KiB for 192 floats, so a change costs a reader some microseconds.</summary>
    public const int Rows = 256;

    private readonly float[] _values = new float[Rows * stride];
    private readonly Guid[] _ids = new Guid[Rows];
    private int _version;
    private int _used;

    /// <summary>Writes a row. The caller holds the gallery's lock.</summary>
    public void Write(int row, Guid id, ReadOnlySpan<float> values)
    {
        BeginChange();
        _ids[row] = id;
        values.CopyTo(_values.AsSpan(row * stride, stride));
        _used = Math.Max(_used, row + 1);
        EndChange();
    }

    /// <summary>Overwrites a row with zeros. The caller holds the gallery's lock.</summary>
    public void Erase(int row)
    {
        BeginChange();
        _ids[row] = Guid.Empty;
        _values.AsSpan(row * stride, stride).Clear();
        EndChange();
    }

    /// <summary>True when the row holds nothing but zeros.</summary>
    public bool IsErased(int row) =>
        _ids[row] == Guid.Empty && !_values.AsSpan(row * stride, stride).ContainsAnyExcept(0f);

    /// <summary>Improves the best two by this block's rows.</summary>
    public void Search(ReadOnlySpan<float> probe, ref TopTwo top)
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref _version);
            if ((version & 1) == 0)
            {
                var improved = top;
                Scan(probe, ref improved);
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
                var score = isTheirs ? UnitVector.Dot(probe, _values.AsSpan(row * stride, stride)) : 0;
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

    private void Scan(ReadOnlySpan<float> probe, ref TopTwo top)
    {
        // A torn read of the count cannot happen (it is one word), and a stale one is caught by the version.
        var used = Volatile.Read(ref _used);
        Span<float> scores = stackalloc float[4];
        var row = 0;
        for (; row + 4 <= used; row += 4)
        {
            Dot4(probe, _values.AsSpan(row * stride, 4 * stride), scores);
            for (var i = 0; i < 4; i++)
                if (scores[i] > top.RunnerUpScore) Offer(row + i, scores[i], ref top);
        }
        for (; row < used; row++)
        {
            var score = UnitVector.Dot(probe, _values.AsSpan(row * stride, stride));
            if (score > top.RunnerUpScore) Offer(row, score, ref top);
        }
    }

    private void Offer(int row, float score, ref TopTwo top)
    {
        // Erased rows score 0, which may beat a candidate below 0: they are known by their empty id.
        if (_ids[row] != Guid.Empty) top.Offer(_ids[row], score);
    }

    /// <summary>Four rows at once: each part of the probe is loaded once for four products.</summary>
    internal static void Dot4(ReadOnlySpan<float> probe, ReadOnlySpan<float> rows, Span<float> scores)
    {
        var stride = probe.Length;
        if (rows.Length < 4 * stride || scores.Length < 4)
            throw new ArgumentException("Four rows and four scores are needed.", nameof(rows));
        ref var p = ref MemoryMarshal.GetReference(probe);
        ref var r = ref MemoryMarshal.GetReference(rows);
        Vector<float> a = Vector<float>.Zero, b = a, c = a, d = a;
        var i = 0;
        for (; i <= stride - Vector<float>.Count; i += Vector<float>.Count)
        {
            var part = Vector.LoadUnsafe(ref p, (nuint)i);
            a = Vector.FusedMultiplyAdd(part, Vector.LoadUnsafe(ref r, (nuint)i), a);
            b = Vector.FusedMultiplyAdd(part, Vector.LoadUnsafe(ref r, (nuint)(i + stride)), b);
            c = Vector.FusedMultiplyAdd(part, Vector.LoadUnsafe(ref r, (nuint)(i + 2 * stride)), c);
            d = Vector.FusedMultiplyAdd(part, Vector.LoadUnsafe(ref r, (nuint)(i + 3 * stride)), d);
        }
        (scores[0], scores[1], scores[2], scores[3]) = (Vector.Sum(a), Vector.Sum(b), Vector.Sum(c), Vector.Sum(d));
        for (; i < stride; i++)
            for (var row = 0; row < 4; row++) scores[row] += probe[i] * rows[row * stride + i];
    }

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
