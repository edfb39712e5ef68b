using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using SightPay.Vision.Faces;

namespace SightPay.Vision.Gallery;

/// <summary>The best two of a search. Scores are cosines; -1 where there was no such candidate.</summary>
/// <param name="BestId">Null when nothing was searched.</param>
/// <param name="Searched">How many templates were compared: the N that thresholds are stated for.</param>
public readonly record struct GalleryMatch(
    Guid? BestId, float BestScore, Guid? RunnerUpId, float RunnerUpScore, int Searched)
{
    /// <summary>Lead of the best over the runner-up.</summary>
    public float Margin => BestScore - RunnerUpScore;
}

/// <summary>
/// Exact 1:N search in memory. Thread-safe: searches never wait for each other, and a change makes a search read at
/// most one block of rows again. One template a person, so the best two are always two different persons.
/// </summary>
public sealed class FaceGallery
{
    // Below this a scan takes about a millisecond or less, and a second core is worth more to another caller.
    private const int SharedScanMin = 20_000;

    private readonly Lock _changes = new();
    private readonly ConcurrentDictionary<Guid, int> _rowOf = new();
    private readonly Stack<int> _free = new();

    // Rows are padded with zeros to whole vectors, so that the inner loop has no remainder.
    private readonly int _stride;

    // Replaced by a longer one when a block is added; the blocks themselves stay.
    private volatile GalleryBlock[] _blocks = [];
    private int _rows;
    private int _count;

    /// <param name="pack">Only templates of this model pack are taken and compared.</param>
    /// <param name="dimensions">Floats in a template.</param>
    public FaceGallery(string pack, int dimensions)
    {
        ArgumentException.ThrowIfNullOrEmpty(pack);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        (Pack, Dimensions) = (pack, dimensions);
        _stride = (dimensions + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
    }

    public string Pack { get; }
    public int Dimensions { get; }

    /// <summary>How many persons have a template.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds or replaces a person's template.</summary>
    /// <exception cref="ArgumentException">Another pack, another size, not of unit length, or an empty id.</exception>
    public void Put(Guid personId, FaceTemplate template)
    {
        if (personId == Guid.Empty) throw new ArgumentException("A person has an id.", nameof(personId));
        MustFit(template);
        var padded = ArrayPool<float>.Shared.Rent(_stride);
        try
        {
            Pad(template, padded);
            lock (_changes)
            {
                var isNew = !_rowOf.TryGetValue(personId, out var row);
                if (isNew) row = _free.TryPop(out var free) ? free : Grow();
                _blocks[row / GalleryBlock.Rows].Write(row % GalleryBlock.Rows, personId, padded.AsSpan(0, _stride));
                if (!isNew) return;
                _rowOf[personId] = row;
                Volatile.Write(ref _count, _count + 1);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(padded, clearArray: true);
        }
    }

    /// <summary>Forgets a person and overwrites their numbers; false when they were not there.</summary>
    public bool Remove(Guid personId)
    {
        lock (_changes)
        {
            if (!_rowOf.TryRemove(personId, out var row)) return false;
            var block = _blocks[row / GalleryBlock.Rows];
            block.Erase(row % GalleryBlock.Rows);
            if (!block.IsErased(row % GalleryBlock.Rows))
                throw new InvalidOperationException("A template outlived its erasure. This is a fault of ours.");
            _free.Push(row);
            Volatile.Write(ref _count, _count - 1);
            return true;
        }
    }

    /// <summary>True when the person has a template.</summary>
    public bool Contains(Guid personId) => _rowOf.ContainsKey(personId);

    /// <summary>Compares against everybody.</summary>
    /// <exception cref="ArgumentException">The probe is of another pack or size, or not of unit length.</exception>
    public GalleryMatch Search(FaceTemplate probe)
    {
        MustFit(probe);
        var blocks = _blocks;
        var count = Count;
        var padded = ArrayPool<float>.Shared.Rent(_stride);
        try
        {
            Pad(probe, padded);
            var top = count >= SharedScanMin && Environment.ProcessorCount > 1
                ? ScanTogether(blocks, padded)
                : Scan(blocks, padded.AsSpan(0, _stride));
            return top.ToMatch(count);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(padded, clearArray: true);
        }
    }

    /// <summary>Compares against the given people only; unknown ones are passed over.</summary>
    /// <exception cref="ArgumentException">The probe is of another pack or size, or not of unit length.</exception>
    public GalleryMatch Search(FaceTemplate probe, IReadOnlyCollection<Guid> among)
    {
        MustFit(probe);
        // A person named twice must count once in N.
        IEnumerable<Guid> people = among as IReadOnlySet<Guid> ?? (IEnumerable<Guid>)among.Distinct();
        var padded = ArrayPool<float>.Shared.Rent(_stride);
        try
        {
            Pad(probe, padded);
            var top = new TopTwo();
            var searched = 0;
            foreach (var id in people)
            {
                if (!_rowOf.TryGetValue(id, out var row)) continue;
                _blocks[row / GalleryBlock.Rows].SearchRow(
                    padded.AsSpan(0, _stride), row % GalleryBlock.Rows, id, ref top);
                searched++;
            }
            return top.ToMatch(searched);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(padded, clearArray: true);
        }
    }

    private static TopTwo Scan(ReadOnlySpan<GalleryBlock> blocks, ReadOnlySpan<float> probe)
    {
        var top = new TopTwo();
        foreach (var block in blocks) block.Search(probe, ref top);
        return top;
    }

    /// <summary>Every core takes a part of the blocks.</summary>
    private TopTwo ScanTogether(GalleryBlock[] blocks, float[] probe)
    {
        var parts = Math.Min(Environment.ProcessorCount, 1 + blocks.Length * GalleryBlock.Rows / SharedScanMin);
        var tops = new TopTwo[parts];
        Parallel.For(0, parts, part =>
        {
            var (from, to) = (blocks.Length * part / parts, blocks.Length * (part + 1) / parts);
            tops[part] = Scan(blocks.AsSpan(from, to - from), probe.AsSpan(0, _stride));
        });
        var top = tops[0];
        foreach (var other in tops.AsSpan(1)) top.Join(other);
        return top;
    }

    private int Grow()
    {
        if (_rows == _blocks.Length * GalleryBlock.Rows) _blocks = [.. _blocks, new GalleryBlock(_stride)];
        return _rows++;
    }

    private void Pad(FaceTemplate template, float[] padded)
    {
        template.Values.CopyTo(padded);
        padded.AsSpan(Dimensions, _stride - Dimensions).Clear();
    }

    private void MustFit(FaceTemplate template)
    {
        if (template.Pack != Pack)
            throw new ArgumentException($"A template of pack {template.Pack} cannot be compared in pack {Pack}.");
        if (template.Values.Length != Dimensions)
            throw new ArgumentException($"A template of pack {Pack} has {Dimensions} numbers.");
        if (!UnitVector.IsUnit(template.Values))
            throw new ArgumentException("A template is a vector of unit length.");
    }
}
