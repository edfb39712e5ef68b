using System.Numerics;
using System.Security.Cryptography;

namespace SightPay.Server.Receipts.Tree;

/// <summary>The leaves from <paramref name="First"/> up to, but without, <paramref name="Beyond"/>.</summary>
internal readonly record struct LeafRange(long First, long Beyond)
{
    public long Count => Beyond - First;

    /// <summary>
    /// The complete subtrees that the range is made of, from left to right, each of a power of two of leaves: those of
    /// RFC 9162, as long as the range is one that occurs in a tree.
    /// </summary>
    public IEnumerable<LeafRange> Complete()
    {
        for (var first = First; first < Beyond;)
        {
            var size = 1L << BitOperations.Log2((ulong)(Beyond - first));
            yield return new LeafRange(first, first + size);
            first += size;
        }
    }
}

/// <summary>
/// The history tree of RFC 9162 (section 2.1), the same as RFC 6962's: hashes of leaves and nodes, which subtrees prove
/// what, and the two checks.
/// </summary>
internal static class MerkleTree
{
    public const int HashBytes = 32;

    public static byte[] LeafHash(ReadOnlySpan<byte> data) => SHA256.HashData([0, .. data]);

    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + 2 * HashBytes];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashBytes)..]);
        return SHA256.HashData(input);
    }

    /// <summary>Joins complete subtrees from left to right; the odd one is promoted, never doubled.</summary>
    public static byte[] Join(IReadOnlyList<byte[]> complete)
    {
        if (complete.Count == 0) return SHA256.HashData([]);
        var hash = complete[^1];
        for (var i = complete.Count - 2; i >= 0; i--) hash = NodeHash(complete[i], hash);
        return hash;
    }

    /// <summary>The subtrees whose hashes prove that the leaf is in the tree (section 2.1.3.1), lowest first.</summary>
    public static IReadOnlyList<LeafRange> InclusionParts(long leaf, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(leaf);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leaf, size);
        var parts = new List<LeafRange>();
        for (var tree = new LeafRange(0, size); tree.Count > 1;)
        {
            var (left, right) = Split(tree);
            var isLeft = leaf < left.Beyond;
            parts.Add(isLeft ? right : left);
            tree = isLeft ? left : right;
        }
        parts.Reverse();
        return parts;
    }

    /// <summary>
    /// The subtrees whose hashes prove that a tree has only grown (section 2.1.4.1), lowest first. None when it has
    /// not grown, or began empty.
    /// </summary>
    public static IReadOnlyList<LeafRange> ConsistencyParts(long first, long second)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        if (first == 0) return [];
        var parts = new List<LeafRange>();
        var tree = new LeafRange(0, second);
        var isKnown = true;
        while (tree.Beyond != first)
        {
            var (left, right) = Split(tree);
            var isLeft = first <= left.Beyond;
            parts.Add(isLeft ? right : left);
            tree = isLeft ? left : right;
            isKnown &= isLeft;
        }
        // The whole first tree is known to whoever asks; a part of it is not.
        if (!isKnown) parts.Add(tree);
        parts.Reverse();
        return parts;
    }

    /// <summary>Section 2.1.3.2: the leaf stands at this place of the tree with this root.</summary>
    public static bool IsIncluded(
        ReadOnlySpan<byte> leafHash, long leaf, long size, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        if (leaf < 0 || leaf >= size) return false;
        var (at, last) = (leaf, size - 1);
        var hash = leafHash.ToArray();
        foreach (var part in proof)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = NodeHash(part, hash);
                for (; (at & 1) == 0 && at != 0; at >>= 1) last >>= 1;
            }
            else
            {
                hash = NodeHash(hash, part);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Section 2.1.4.2: the second tree begins with all leaves of the first one.</summary>
    public static bool IsConsistent(
        long first, ReadOnlySpan<byte> firstRoot, long second, ReadOnlySpan<byte> secondRoot,
        IReadOnlyList<byte[]> proof)
    {
        if (first < 0 || first > second) return false;
        if (first == second) return proof.Count == 0 && firstRoot.SequenceEqual(secondRoot);
        if (first == 0) return proof.Count == 0 && firstRoot.SequenceEqual(Join([]));
        byte[][] path = BitOperations.IsPow2(first) ? [firstRoot.ToArray(), .. proof] : [.. proof];
        if (path.Length == 0) return false;

        var (at, last) = (first - 1, second - 1);
        for (; (at & 1) == 1; at >>= 1) last >>= 1;
        var (old, now) = (path[0], path[0]);
        foreach (var part in path[1..])
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                (old, now) = (NodeHash(part, old), NodeHash(part, now));
                for (; (at & 1) == 0 && at != 0; at >>= 1) last >>= 1;
            }
            else
            {
                now = NodeHash(now, part);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && firstRoot.SequenceEqual(old) && secondRoot.SequenceEqual(now);
    }

    /// <summary>The left part is the largest complete subtree that leaves something for the right one.</summary>
    private static (LeafRange Left, LeafRange Right) Split(LeafRange tree)
    {
        var middle = tree.First + (1L << BitOperations.Log2((ulong)(tree.Count - 1)));
        return (new LeafRange(tree.First, middle), new LeafRange(middle, tree.Beyond));
    }
}
