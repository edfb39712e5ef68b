using SightPay.Server.Receipts.Tree;
using Xunit;

namespace SightPay.Server.Tests.Receipts.Tree;

public sealed class MerkleTreeTests
{
    /// <summary>The leaves and roots of the reference tests of RFC 6962, which all implementations use.</summary>
    private static readonly string[] _inputs =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] _roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void Roots_are_those_of_the_published_vectors()
    {
        var frontier = new Frontier();
        var leaves = new List<byte[]>();
        for (var size = 0; size < _roots.Length; size++)
        {
            Assert.Equal(_roots[size], Hex(frontier.Root()));
            Assert.Equal(_roots[size], Hex(new PlainTree(leaves).RootOf(size)));
            if (size == _inputs.Length) break;
            leaves.Add(MerkleTree.LeafHash(Convert.FromHexString(_inputs[size])));
            frontier.Append(leaves[^1]);
        }
    }

    [Theory]
    [InlineData(0, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
        + "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        + "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(5, 8, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b "
        + "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
        + "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    public void Inclusion_proofs_are_those_of_the_published_vectors(int leaf, int size, string proof)
    {
        var tree = new PlainTree([.. _inputs.Select(input => MerkleTree.LeafHash(Convert.FromHexString(input)))]);
        var parts = MerkleTree.InclusionParts(leaf, size).Select(tree.Root);
        Assert.Equal(proof, string.Join(' ', parts.Select(Hex)));
    }

    [Theory]
    [InlineData(1, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
        + "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        + "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(6, 8, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a "
        + "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
        + "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 5, "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        + "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    public void Consistency_proofs_are_those_of_the_published_vectors(int first, int second, string proof)
    {
        var tree = new PlainTree([.. _inputs.Select(input => MerkleTree.LeafHash(Convert.FromHexString(input)))]);
        var parts = MerkleTree.ConsistencyParts(first, second).Select(tree.Root);
        Assert.Equal(proof, string.Join(' ', parts.Select(Hex)));
    }

    [Fact]
    public void Every_leaf_of_every_tree_up_to_200_is_proved_and_no_changed_proof_is_taken()
    {
        var tree = new PlainTree(200);
        for (var size = 1; size <= 200; size++)
            for (var leaf = 0; leaf < size; leaf++)
            {
                var proof = MerkleTree.InclusionParts(leaf, size).Select(tree.Root).ToList();
                var (hash, root) = (tree.Leaves[leaf], tree.RootOf(size));
                Assert.True(MerkleTree.IsIncluded(hash, leaf, size, proof, root));
                Assert.False(MerkleTree.IsIncluded(Flipped(hash, leaf), leaf, size, proof, root));
                Assert.False(MerkleTree.IsIncluded(hash, leaf, size, proof, Flipped(root, size)));
                Assert.False(MerkleTree.IsIncluded(hash, leaf ^ 1, size, proof, root) && size > 1);
                foreach (var changed in Changed(proof, leaf))
                    Assert.False(MerkleTree.IsIncluded(hash, leaf, size, changed, root));
            }
    }

    [Fact]
    public void Every_two_trees_up_to_200_are_proved_consistent_and_no_fork_or_changed_proof_is_taken()
    {
        var (tree, fork) = (new PlainTree(200), new PlainTree(200, "fork"));
        for (var second = 1; second <= 200; second++)
            for (var first = 1; first <= second; first++)
            {
                var proof = MerkleTree.ConsistencyParts(first, second).Select(tree.Root).ToList();
                var (old, now) = (tree.RootOf(first), tree.RootOf(second));
                Assert.True(MerkleTree.IsConsistent(first, old, second, now, proof));
                Assert.False(MerkleTree.IsConsistent(first, fork.RootOf(first), second, now, proof));
                Assert.False(MerkleTree.IsConsistent(first, old, second, fork.RootOf(second), proof));
                foreach (var changed in Changed(proof, first))
                    Assert.False(MerkleTree.IsConsistent(first, old, second, now, changed));
            }
    }

    [Fact]
    public void An_empty_log_is_the_beginning_of_every_log_and_of_nothing_else()
    {
        var tree = new PlainTree(5);
        var (empty, root) = (MerkleTree.Join([]), tree.RootOf(5));
        Assert.True(MerkleTree.IsConsistent(0, empty, 5, root, []));
        Assert.False(MerkleTree.IsConsistent(0, root, 5, root, []));
        Assert.False(MerkleTree.IsConsistent(0, empty, 5, root, [root]));
        Assert.False(MerkleTree.IsConsistent(5, root, 0, empty, []));
        Assert.False(MerkleTree.IsConsistent(-1, empty, 5, root, []));
        Assert.False(MerkleTree.IsIncluded(root, 0, 0, [], root));
        Assert.False(MerkleTree.IsIncluded(root, -1, 1, [], root));
    }

    [Fact]
    public void A_frontier_gives_the_root_of_every_size_and_goes_on_from_any()
    {
        var tree = new PlainTree(300);
        var frontier = new Frontier();
        for (var size = 0; size < 300; size++)
        {
            Assert.Equal(Hex(tree.RootOf(size)), Hex(frontier.Root()));
            var again = new Frontier(size, [.. new LeafRange(0, size).Complete().Select(tree.Root)]);
            Assert.Equal(Hex(frontier.Root()), Hex(again.Root()));
            var heights = new List<int>();
            again.Append(tree.Leaves[size], (height, hash) =>
            {
                heights.Add(height);
                Assert.Equal(Hex(tree.Root(new LeafRange(size + 1 - (1L << height), size + 1))), Hex(hash));
            });
            Assert.Equal(Enumerable.Range(1, long.TrailingZeroCount(size + 1) is var zeros ? (int)zeros : 0), heights);
            frontier.Append(tree.Leaves[size]);
        }
    }

    private static IEnumerable<List<byte[]>> Changed(List<byte[]> proof, int bit)
    {
        for (var i = 0; i < proof.Count; i++)
        {
            yield return [.. proof[..i], Flipped(proof[i], bit), .. proof[(i + 1)..]];
            yield return [.. proof[..i], .. proof[(i + 1)..]];
        }
        yield return [.. proof, new byte[32]];
        if (proof.Count > 1) yield return [.. proof.AsEnumerable().Reverse()];
    }

    private static byte[] Flipped(byte[] hash, int bit)
    {
        var flipped = hash.ToArray();
        flipped[bit / 8 % 32] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
