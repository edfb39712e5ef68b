using System.Numerics;
using Npgsql;

namespace SightPay.Server.Receipts.Tree;

/// <summary>Root of a complete subtree of 256^level leaves, the place-th of its level.</summary>
internal readonly record struct StoredSubtree(short Level, long Place, byte[] Hash);

/// <summary>
/// Reads hashes of the log's tree. Of a subtree it reads at most 128 hashes, leaves or stored roots, so that a proof
/// costs the same few milliseconds in a log of a thousand leaves and of a hundred million.
/// </summary>
internal static class TreeStore
{
    /// <summary>Every eighth row of nodes is stored: 1/255 of a row more per leaf.</summary>
    private const int LevelHeight = 8;

    private const string Leaves =
        """
        select r.no, l.leaf from unnest($1, $2, $3) as r(no, first, beyond)
        cross join lateral (
            select seq, leaf from receipt where seq >= r.first and seq < r.beyond order by seq) l
        order by r.no, l.seq
        """;

    private const string Subtrees =
        """
        select r.no, s.hash from unnest($1, $2, $3, $4) as r(no, level, first, beyond)
        cross join lateral (
            select place, hash from receipt_subtree
            where level = r.level and place >= r.first and place < r.beyond order by place) s
        order by r.no, s.place
        """;

    /// <summary>True when the subtree's root is one that is stored.</summary>
    public static bool IsStored(int height) => height > 0 && height % LevelHeight == 0;

    public static StoredSubtree Stored(int height, long beyond, byte[] hash) =>
        new((short)(height / LevelHeight), (beyond >> height) - 1, hash);

    /// <summary>The hashes of subtrees of a tree whose complete subtrees are stored.</summary>
    /// <exception cref="BrokenLogException">Something of them is missing.</exception>
    public static async Task<IReadOnlyList<byte[]>> HashesAsync(
        NpgsqlConnection connection, IReadOnlyList<LeafRange> parts, CancellationToken ct)
    {
        var complete = parts.SelectMany(part => part.Complete()).ToList();
        var hashes = await ReadAsync(connection, complete, ct);
        var next = 0;
        return [.. parts.Select(part =>
        {
            var count = part.Complete().Count();
            next += count;
            return MerkleTree.Join(hashes[(next - count)..next]);
        })];
    }

    /// <summary>The frontier of the tree of this size.</summary>
    public static async Task<Frontier> FrontierAsync(NpgsqlConnection connection, long size, CancellationToken ct)
    {
        var complete = new LeafRange(0, size).Complete().ToList();
        return new Frontier(size, await ReadAsync(connection, complete, ct));
    }

    private static async Task<byte[][]> ReadAsync(
        NpgsqlConnection connection, List<LeafRange> complete, CancellationToken ct)
    {
        var rows = complete.Select(_ => new List<byte[]>()).ToArray();
        var levels = complete.ConvertAll(part => BitOperations.Log2((ulong)part.Count) / LevelHeight);
        var low = Enumerable.Range(0, rows.Length).Where(i => levels[i] == 0).ToArray();
        var high = Enumerable.Range(0, rows.Length).Where(i => levels[i] > 0).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Leaves)
                {
                    Parameters =
                    {
                        new() { Value = low },
                        new() { Value = Array.ConvertAll(low, i => complete[i].First) },
                        new() { Value = Array.ConvertAll(low, i => complete[i].Beyond) },
                    },
                },
                new NpgsqlBatchCommand(Subtrees)
                {
                    Parameters =
                    {
                        new() { Value = high },
                        new() { Value = Array.ConvertAll(high, i => (short)levels[i]) },
                        new() { Value = Array.ConvertAll(high, i => complete[i].First >> (levels[i] * LevelHeight)) },
                        new() { Value = Array.ConvertAll(high, i => complete[i].Beyond >> (levels[i] * LevelHeight)) },
                    },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        do
        {
            while (await reader.ReadAsync(ct)) rows[reader.GetInt32(0)].Add(reader.GetFieldValue<byte[]>(1));
        }
        while (await reader.NextResultAsync(ct));
        for (var i = 0; i < rows.Length; i++)
            if (rows[i].Count != complete[i].Count >> (levels[i] * LevelHeight))
                throw new BrokenLogException(
                    $"Leaves or subtrees between {complete[i].First} and {complete[i].Beyond} are missing.");
        return Array.ConvertAll(rows, Fold);
    }

    /// <summary>The root of a perfect tree over hashes of one row.</summary>
    private static byte[] Fold(List<byte[]> row)
    {
        var hashes = row.ToArray();
        for (var count = hashes.Length; count > 1; count /= 2)
            for (var i = 0; i < count / 2; i++)
                hashes[i] = MerkleTree.NodeHash(hashes[2 * i], hashes[2 * i + 1]);
        return hashes[0];
    }
}

/// <summary>The stored log is not the one that was signed. Says in a sentence where.</summary>
internal sealed class BrokenLogException(string message) : Exception(message);
