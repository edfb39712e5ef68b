using System.Globalization;
using Npgsql;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// Registered by a slice that settles payments, so that the audit can hold its payments beside the receipts.
/// </summary>
/// <param name="Kind">Kind of their receipts.</param>
/// <param name="Sql">A select of columns id, amount_minor, currency and at: its settled payments.</param>
public sealed record SettledPayments(string Kind, string Sql);

/// <summary>How many receipts of a kind there are, and of how much.</summary>
public sealed record ReceiptTotal(string Kind, string Currency, long Count, long AmountMinor);

/// <summary>Holds receipts, leaves, heads and payments beside each other and names every difference.</summary>
public sealed class ReceiptAudit
{
    /// <summary>More than these are not told apart: a broken log is broken.</summary>
    private const int DifferencesMax = 200;

    private readonly NpgsqlDataSource _database;
    private readonly LogKey _key;
    private readonly SettledPayments[] _settled;

    internal ReceiptAudit(NpgsqlDataSource database, LogKey key, IEnumerable<SettledPayments> settled) =>
        (_database, _key, _settled) = (database, key, [.. settled]);

    public async Task<IReadOnlyList<ReceiptTotal>> TotalsAsync(CancellationToken ct)
    {
        await using var command = _database.CreateCommand(
            """
            select kind, currency, count(*), sum(amount_minor)::bigint from receipt
            group by kind, currency order by kind, currency
            """);
        command.CommandTimeout = 0;
        var totals = new List<ReceiptTotal>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            totals.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3)));
        return totals;
    }

    /// <summary>Every difference, in words; none when all is well.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(CancellationToken ct)
    {
        var differences = new List<string>(await LogDifferencesAsync(ct));
        foreach (var settled in _settled) await HoldBesideAsync(settled, differences, ct);
        return differences;
    }

    /// <summary>
    /// Reads the whole log: its places have no gap, every receipt gives its leaf, all leaves together every stored
    /// subtree and the root of every head, and every head is signed by us. Signed leaves never change, so nothing is
    /// locked meanwhile.
    /// </summary>
    internal async Task<IReadOnlyList<string>> LogDifferencesAsync(CancellationToken ct)
    {
        var differences = new List<string>();
        await using var connection = await _database.OpenConnectionAsync(ct);
        var heads = new Queue<SignedHead>();
        await foreach (var head in HeadStore.AllAsync(connection, ct)) heads.Enqueue(head);
        var subtrees = await SubtreesAsync(connection, ct);
        foreach (var head in heads.Where(head => head.Head.Origin != _key.Origin || !head.IsBy(_key)))
            differences.Add($"The head of {head.Size} receipts is not signed by us.");

        var frontier = new Frontier();
        await foreach (var placed in new ReceiptStore(_database).AllAsync(connection, ct))
        {
            if (placed.Place != frontier.Size)
            {
                differences.Add($"The receipt at place {frontier.Size} is missing.");
                return differences;
            }
            if (!placed.Receipt.LeafHash().AsSpan().SequenceEqual(placed.LeafHash))
                differences.Add($"Receipt {placed.Receipt.Id} at place {placed.Place} does not give its leaf.");
            frontier.Append(placed.LeafHash, (height, hash) =>
            {
                if (!TreeStore.IsStored(height)) return;
                var now = TreeStore.Stored(height, frontier.Size + 1, hash);
                if (subtrees.Remove((now.Level, now.Place), out var stored) && !stored.AsSpan().SequenceEqual(hash))
                    differences.Add(
                        $"The receipts from place {now.Place << height} to {((now.Place + 1) << height) - 1} are not "
                        + "those that were signed for.");
            });
            Compare(heads, frontier, differences);
            if (differences.Count >= DifferencesMax) return differences;
        }
        foreach (var head in heads)
            differences.Add($"A head was signed for {head.Size} receipts, and there are only {frontier.Size}.");
        foreach (var (level, place) in subtrees.Keys)
            differences.Add($"The subtree {place} of level {level} belongs to no receipts.");
        return differences;
    }

    private static void Compare(Queue<SignedHead> heads, Frontier frontier, List<string> differences)
    {
        if (!heads.TryPeek(out var head) || head.Size != frontier.Size) return;
        heads.Dequeue();
        if (head.Head.Root.AsSpan().SequenceEqual(frontier.Root())) return;
        differences.Add(
            $"The first {head.Size} receipts are not those that were signed for on "
            + head.Head.At.ToString("u", CultureInfo.InvariantCulture) + ".");
        // All later ones differ with it.
        heads.Clear();
    }

    private static async Task<Dictionary<(short, long), byte[]>> SubtreesAsync(
        NpgsqlConnection connection, CancellationToken ct)
    {
        var subtrees = new Dictionary<(short, long), byte[]>();
        await using var command = new NpgsqlCommand("select level, place, hash from receipt_subtree", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            subtrees.Add((reader.GetInt16(0), reader.GetInt64(1)), reader.GetFieldValue<byte[]>(2));
        return subtrees;
    }

    /// <summary>Each settled payment has one receipt of its amount, and each receipt its payment.</summary>
    private async Task HoldBesideAsync(SettledPayments settled, List<string> differences, CancellationToken ct)
    {
        // What was settled before the log's first receipt had none.
        await using var command = _database.CreateCommand(
            $"""
            with payment as (
                select id, amount_minor, currency from ({settled.Sql}) p
                where at >= (select min(at) from receipt)),
            paper as (
                select subject, count(*) as papers, min(amount_minor) as amount_minor, min(currency) as currency
                from receipt where kind = $1 group by subject)
            select coalesce(p.id, r.subject), p.id is null, coalesce(r.papers, 0), p.amount_minor, r.amount_minor
            from payment p full join paper r on r.subject = p.id
            where p.id is null or r.papers is distinct from 1 or p.amount_minor <> r.amount_minor
                or p.currency <> r.currency
            limit $2
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = settled.Kind });
        command.Parameters.Add(new() { Value = DifferencesMax });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (subject, unknown, papers) = (reader.GetGuid(0), reader.GetBoolean(1), reader.GetInt64(2));
            var name = $"The {settled.Kind} {subject}";
            differences.Add((unknown, papers) switch
            {
                (true, _) => $"There is a receipt for the {settled.Kind} {subject}, which was not settled.",
                (_, 0) => $"{name} was settled without a receipt.",
                (_, 1) => $"{name} of {reader.GetInt64(3)} has a receipt of {reader.GetInt64(4)}.",
                _ => $"{name} has {papers} receipts.",
            });
        }
    }
}
