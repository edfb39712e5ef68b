using System.Text;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Tests.Receipts.Tree;

/// <summary>The tree as section 2.1.1 of RFC 9162 defines it, slowly: what the quick one is held beside.</summary>
internal sealed class PlainTree
{
    private readonly Dictionary<LeafRange, byte[]> _known = [];

    public PlainTree(int size, string name = "leaf") : this(
        [.. Enumerable.Range(0, size).Select(i => MerkleTree.LeafHash(Encoding.UTF8.GetBytes($"{name} {i}")))])
    {
    }

    public PlainTree(IReadOnlyList<byte[]> leaves) => Leaves = leaves;

    public IReadOnlyList<byte[]> Leaves { get; }

    public byte[] RootOf(long size) => Root(new LeafRange(0, size));

    public byte[] Root(LeafRange range)
    {
        if (range.Count == 0) return MerkleTree.Join([]);
        if (range.Count == 1) return Leaves[(int)range.First];
        if (_known.TryGetValue(range, out var known)) return known;
        long half = 1;
        while (half * 2 < range.Count) half *= 2;
        return _known[range] = MerkleTree.NodeHash(
            Root(range with { Beyond = range.First + half }), Root(range with { First = range.First + half }));
    }
}
