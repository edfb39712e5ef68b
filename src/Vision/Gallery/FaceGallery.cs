using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.Intrinsics;
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
    // Below this a scan takes less than half a millisecond, and a second core is worth more to another caller.
    private const int SharedScanMin = 50_000;

    // A core takes a megabyte of codes at a time: little enough that the cores finish together, even when one of them
    // has other work too.
    private const int BlocksAtOnce = 32;

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
        var vector = Math.Max(Vector<float>.Count, Vector256<float>.Count);
        _stride = (dimensions + vector - 1) / vector * vector;
    }

    public string Pack { get; }
    public int Dimensions { get; }

    /// <summary>How many persons have a template.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds or replaces a person's template.</summary>
    /// <exception cref="ArgumentException">Another pack, another size, not of unit length, or an empty id.</exception>
    public void Put(Guid personId, FaceTemplate template) => Put(personId, template.Pack, template.Values);

    /// <summary>The same for a template that needs no object of its own, as when a million are read.</summary>
    /// <exception cref="ArgumentException">As above.</exception>
    public void Put(Guid personId, string pack, ReadOnlySpan<float> values)
    {
        if (personId == Guid.Empty) throw new ArgumentException("A person has an id.", nameof(personId));
        MustFit(pack, values);
        var padded = ArrayPool<float>.Shared.Rent(_stride);
        try
        {
            Pad(values, padded);
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
        Span<GalleryMatch> match = stackalloc GalleryMatch[1];
        Search([probe], match);
        return match[0];
    }

    /// <summary>
    /// Compares several probes against everybody in one pass: the answers are those of single searches, but the
    /// gallery is read from memory once, which is what a search of a large one waits for.
    /// </summary>
    /// <param name="probes">In any number.</param>
    /// <param name="matches">One for each probe.</param>
    /// <exception cref="ArgumentException">A probe is of another pack or size, or not of unit length.</exception>
    public void Search(ReadOnlySpan<FaceTemplate> probes, Span<GalleryMatch> matches)
    {
        if (matches.Length != probes.Length)
            throw new ArgumentException("Every probe has a match.", nameof(matches));
        foreach (var probe in probes) MustFit(probe);
        var (blocks, count) = (_blocks, Count);
        var query = new Query(probes, _stride);
        try
        {
            var tops = count >= SharedScanMin && Environment.ProcessorCount > 1
                ? ScanTogether(blocks, query)
                : Scan(blocks, query);
            for (var i = 0; i < matches.Length; i++) matches[i] = tops[i].ToMatch(count);
        }
        finally
        {
            query.Clear();
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
            Pad(probe.Values, padded);
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

    private static TopTwo[] Scan(ReadOnlySpan<GalleryBlock> blocks, Query query)
    {
        var tops = Nobody(query);
        Scan(blocks, query, tops);
        return tops;
    }

    private static void Scan(ReadOnlySpan<GalleryBlock> blocks, Query query, TopTwo[] tops)
    {
        foreach (var block in blocks)
            for (var i = 0; i < tops.Length; i++) block.Search(query.Values(i), query.Code(i), ref tops[i]);
    }

    /// <summary>Every core takes the next few blocks until there are none.</summary>
    private static TopTwo[] ScanTogether(GalleryBlock[] blocks, Query query)
    {
        var cores = new TopTwo[Environment.ProcessorCount][];
        var next = 0;
        Parallel.For(0, cores.Length, core =>
        {
            cores[core] = Nobody(query);
            while (Interlocked.Add(ref next, BlocksAtOnce) - BlocksAtOnce is var from && from < blocks.Length)
                Scan(blocks.AsSpan(from, Math.Min(BlocksAtOnce, blocks.Length - from)), query, cores[core]);
        });
        var tops = cores[0];
        foreach (var others in cores.AsSpan(1))
            for (var i = 0; i < tops.Length; i++) tops[i].Join(others[i]);
        return tops;
    }

    private static TopTwo[] Nobody(Query query)
    {
        var tops = new TopTwo[query.Count];
        tops.AsSpan().Fill(new TopTwo());
        return tops;
    }

    private int Grow()
    {
        if (_rows == _blocks.Length * GalleryBlock.Rows) _blocks = [.. _blocks, new GalleryBlock(_rows, _stride)];
        return _rows++;
    }

    private void Pad(ReadOnlySpan<float> values, float[] padded)
    {
        values.CopyTo(padded);
        padded.AsSpan(Dimensions, _stride - Dimensions).Clear();
    }

    private void MustFit(FaceTemplate template) => MustFit(template.Pack, template.Values);

    private void MustFit(string pack, ReadOnlySpan<float> values)
    {
        if (pack != Pack) throw new ArgumentException($"A template of pack {pack} cannot be compared in pack {Pack}.");
        if (values.Length != Dimensions)
            throw new ArgumentException($"A template of pack {Pack} has {Dimensions} numbers.");
        if (!UnitVector.IsUnit(values)) throw new ArgumentException("A template is a vector of unit length.");
    }

    /// <summary>Probes padded to the stride, and the same in codes.</summary>
    private sealed class Query
    {
        private readonly float[] _values;
        private readonly ProbeCode[] _codes;
        private readonly int _stride;

        public Query(ReadOnlySpan<FaceTemplate> probes, int stride)
        {
            (_values, _codes, _stride) = (new float[probes.Length * stride], new ProbeCode[probes.Length], stride);
            for (var i = 0; i < probes.Length; i++)
            {
                probes[i].Values.CopyTo(_values.AsSpan(i * stride));
                _codes[i] = new ProbeCode(Values(i));
            }
        }

        public int Count => _codes.Length;

        public ReadOnlySpan<float> Values(int probe) => _values.AsSpan(probe * _stride, _stride);

        public ProbeCode Code(int probe) => _codes[probe];

        /// <summary>A probe is somebody's face: it does not stay in memory.</summary>
        public void Clear()
        {
            Array.Clear(_values);
            foreach (var code in _codes) code.Clear();
        }
    }
}
