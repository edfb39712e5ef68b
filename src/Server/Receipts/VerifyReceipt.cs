using System.Globalization;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>What a check found.</summary>
internal enum Verdict
{
    Holds,
    Fails,

    /// <summary>It could not be made; that is no proof of anything.</summary>
    Open,
}

/// <param name="Sentence">For people.</param>
internal sealed record Finding(Verdict Verdict, string Sentence)
{
    public static Finding Of(bool holds, string yes, string no) =>
        holds ? new(Verdict.Holds, yes) : new(Verdict.Fails, no);
}

/// <summary>
/// The checks that need nothing but the receipt and a key: no server, and no trust in whoever sent it.
/// </summary>
internal static class VerifyReceipt
{
    /// <exception cref="FormatException">It cannot be a receipt.</exception>
    public static IReadOnlyList<Finding> Check(Evidence evidence, LogKey key)
    {
        var receipt = evidence.Receipt.Read();
        var head = evidence.Head.Read();
        var place = evidence.Leaf.Index;
        var leaf = LeafHash(receipt);
        var proof = evidence.Inclusion.Select(hash => Hex.Read(hash, MerkleTree.HashBytes)).ToList();
        var findings = new List<Finding>
        {
            Finding.Of(
                Hex.Of(leaf) == evidence.Leaf.Hash,
                $"What the receipt says gives the leaf {evidence.Leaf.Hash[..16]}….",
                "The receipt was changed: what it says does not give its leaf."),
            Finding.Of(
                MerkleTree.IsIncluded(leaf, place, head.Size, proof, head.Head.Root),
                $"That leaf stands at place {Number(place)} of a log of {Number(head.Size)} receipts.",
                $"That leaf does not stand at place {Number(place)} of the log it claims."),
            CheckHead(head, key),
        };
        if (evidence.Payer is { } payer)
        {
            var commitment = new Payer(payer.Id, Hex.Read(payer.Salt, Receipt.SaltBytes)).Commitment();
            findings.Add(Finding.Of(
                receipt.PayerCommitment.AsSpan().SequenceEqual(commitment),
                $"It was paid by the person {payer.Id}.", "It was not paid by the person it names."));
        }
        return findings;
    }

    public static Finding CheckHead(SignedHead head, LogKey key) => Finding.Of(
        head.IsBy(key) && head.Head.Origin == key.Origin,
        $"The head of {Number(head.Size)} receipts was signed on {Day(head.Head.At)} by the key {key.Id[..16]}….",
        $"The head of {Number(head.Size)} receipts is not signed by the key {key.Id[..16]}….");

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at) =>
        at.UtcDateTime.ToString("d MMMM yyyy 'at' HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static byte[] LeafHash(Receipt receipt)
    {
        try
        {
            return receipt.LeafHash();
        }
        catch (ArgumentException fault)
        {
            throw new FormatException("Its fields are longer than those of any receipt.", fault);
        }
    }
}
