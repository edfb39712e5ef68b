namespace SightPay.Server.Receipts.Tree;

/// <summary>
/// The right edge of a tree: the hashes of the complete subtrees it is made of, as few as its size has bits. It is all
/// that is needed to let the tree grow.
/// </summary>
internal sealed class Frontier
{
    private readonly List<byte[]> _complete;

    public Frontier() : this(0, [])
    {
    }

    /// <param name="complete">Of <see cref="LeafRange.Complete"/> of the whole tree.</param>
    public Frontier(long size, IReadOnlyList<byte[]> complete) => (Size, _complete) = (size, [.. complete]);

    public long Size { get; private set; }

    public byte[] Root() => MerkleTree.Join(_complete);

    public Frontier Copy() => new(Size, _complete);

    /// <summary>Adds the next leaf.</summary>
    /// <param name="completed">Hears of every subtree that it completes: its height and hash, lowest first.</param>
    public void Append(byte[] leafHash, Action<int, byte[]>? completed = null)
    {
        var hash = leafHash;
        var height = 0;
        for (var size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = MerkleTree.NodeHash(_complete[^1], hash);
            _complete.RemoveAt(_complete.Count - 1);
            completed?.Invoke(++height, hash);
        }
        _complete.Add(hash);
        Size++;
    }
}
