using Npgsql;
using NpgsqlTypes;

namespace SightPay.Server.Receipts.Tree;

/// <summary>The stored heads, and the leaves that the next one has to cover.</summary>
internal static class HeadStore
{
    private const string Columns = "origin, size, root, at, signature";

    public static async Task<SignedHead?> LatestAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"select {Columns} from receipt_head order by size desc limit 1", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    /// <summary>All of them, from the first one on.</summary>
    public static async IAsyncEnumerable<SignedHead> AllAsync(
        NpgsqlConnection connection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"select {Columns} from receipt_head order by size", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return Read(reader);
    }

    /// <summary>The leaves from this place on, at most as many.</summary>
    /// <exception cref="BrokenLogException">A place is missing.</exception>
    public static async Task<List<byte[]>> LeavesAsync(
        NpgsqlConnection connection, long first, int most, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select seq, leaf from receipt where seq >= $1 order by seq limit $2", connection)
        {
            Parameters = { new() { Value = first }, new() { Value = most } },
        };
        var leaves = new List<byte[]>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (reader.GetInt64(0) != first + leaves.Count)
                throw new BrokenLogException($"The receipt at place {first + leaves.Count} is missing.");
            leaves.Add(reader.GetFieldValue<byte[]>(1));
        }
        return leaves;
    }

    public static async Task AddSubtreesAsync(
        NpgsqlConnection connection, List<StoredSubtree> subtrees, CancellationToken ct)
    {
        if (subtrees.Count == 0) return;
        await using var command = new NpgsqlCommand(
            "insert into receipt_subtree (level, place, hash) select * from unnest($1, $2, $3)", connection)
        {
            Parameters =
            {
                new() { Value = subtrees.ConvertAll(each => each.Level).ToArray() },
                new() { Value = subtrees.ConvertAll(each => each.Place).ToArray() },
                new() { Value = subtrees.ConvertAll(each => each.Hash).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task AddAsync(NpgsqlConnection connection, SignedHead signed, CancellationToken ct)
    {
        var head = signed.Head;
        await using var command = new NpgsqlCommand(
            $"insert into receipt_head ({Columns}) values ($1, $2, $3, $4, $5)", connection)
        {
            Parameters =
            {
                new() { Value = head.Origin }, new() { Value = head.Size }, new() { Value = head.Root },
                new() { Value = head.At.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = signed.Signature },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static SignedHead Read(NpgsqlDataReader reader) => new(
        new TreeHead(
            reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2),
            reader.GetFieldValue<DateTimeOffset>(3)),
        reader.GetFieldValue<byte[]>(4));
}
