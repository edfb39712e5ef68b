using System.Text.Json;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Receipts;
using SightPay.Server.Receipts.Tree;
using SightPay.Server.Tests.Web;
using Xunit;

namespace SightPay.Server.Tests.Receipts;

/// <summary>
/// The committed vectors that every verifier has to pass: this one, the one in the pages, and any that others write.
/// </summary>
public sealed class ReceiptVectorTests
{
    /// <param name="LeafData">Of the evidence's receipt, in hexadecimal.</param>
    /// <param name="Bare">A receipt without payer, text and corrected subject.</param>
    /// <param name="Fork">Another history of the same size, signed with the same key.</param>
    internal sealed record Vectors(
        Evidence Evidence, string LeafData, Evidence Bare, HeadDocument Earlier, ConsistencyDocument FromEarlier,
        HeadDocument Later, ConsistencyDocument ToLater, HeadDocument Fork);

    [Fact]
    public async Task The_committed_vectors_hold()
    {
        var file = Path.Combine(SettingsTests.RepositoryFolder(), "contracts", "receipt-vectors.json");
        if (!File.Exists(file) && Environment.GetEnvironmentVariable("UPDATE_CONTRACTS") == "1")
            await File.WriteAllTextAsync(file, await MakeAsync());
        var vectors = EvidenceJson.Read<Vectors>(await File.ReadAllTextAsync(file));
        using var key = LogKey.Read(vectors.Evidence.Key)!;
        foreach (var evidence in new[] { vectors.Evidence, vectors.Bare })
            Assert.All(
                VerifyReceipt.Check(evidence, key), finding => Assert.Equal(Verdict.Holds, finding.Verdict));
        Assert.Equal(vectors.LeafData, Convert.ToHexStringLower(vectors.Evidence.Receipt.Read().LeafData()));
        Assert.True(Continues(vectors.Earlier, vectors.Evidence.Head, vectors.FromEarlier, key));
        Assert.True(Continues(vectors.Evidence.Head, vectors.Later, vectors.ToLater, key));
        Assert.False(Continues(vectors.Evidence.Head, vectors.Fork, vectors.ToLater, key));
    }

    private static bool Continues(HeadDocument first, HeadDocument second, ConsistencyDocument proof, LogKey key)
    {
        var (before, after) = (first.Read(), second.Read());
        Assert.True(before.IsBy(key) && after.IsBy(key));
        return MerkleTree.IsConsistent(
            before.Size, before.Head.Root, after.Size, after.Head.Root, [.. proof.Proof.Select(Convert.FromHexString)]);
    }

    /// <summary>Made once; what was published stays.</summary>
    private static async Task<string> MakeAsync()
    {
        await using var bed = await ReceiptBed.CreateAsync();
        await using var other = await ReceiptBed.CreateAsync();
        var full = ReceiptBed.Row(ReceiptBed.NewId(), 123_450, "Chai & toast, “২ কাপ” ☕") with
        {
            Corrects = ReceiptBed.NewId(),
        };
        var bare = ReceiptBed.Row() with { Kind = ReceiptKind.Fare, Amount = new Money(0, "INR") };
        var earlier = await GrowAsync(bed, [ReceiptBed.Row(), bare, ReceiptBed.Row()]);
        var head = await GrowAsync(bed, [ReceiptBed.Row(), full, ReceiptBed.Row(), ReceiptBed.Row()]);
        var later = await GrowAsync(bed, [.. Enumerable.Range(0, 6).Select(_ => ReceiptBed.Row())]);
        other.NewLog(bed.Key);
        var fork = await GrowAsync(other, [.. Enumerable.Range(0, 13).Select(_ => ReceiptBed.Row())]);
        var evidence = await ProveAsync(bed, full, head);
        return JsonSerializer.Serialize(
            new Vectors(
                evidence, Convert.ToHexStringLower(evidence.Receipt.Read().LeafData()),
                await ProveAsync(bed, bare, head), HeadDocument.Of(earlier), await ProofAsync(bed, earlier, head),
                HeadDocument.Of(later), await ProofAsync(bed, head, later), HeadDocument.Of(fork)),
            new JsonSerializerOptions(ApiJson.Options) { WriteIndented = true }) + "\n";
    }

    private static async Task<SignedHead> GrowAsync(ReceiptBed bed, ReceiptRow[] rows)
    {
        await bed.SubmitAsync(rows);
        await bed.Log.GrowAsync(default);
        return bed.Log.Latest!;
    }

    private static async Task<Evidence> ProveAsync(ReceiptBed bed, ReceiptRow row, SignedHead head)
    {
        var placed = (await bed.Store.FindAsync(row.Id, default))!;
        var proof = await bed.Store.HashesAsync(MerkleTree.InclusionParts(placed.Place, head.Size), default);
        return Evidence.Of(placed, proof, head, bed.Key);
    }

    private static async Task<ConsistencyDocument> ProofAsync(ReceiptBed bed, SignedHead first, SignedHead second)
    {
        var proof = await bed.Store.HashesAsync(MerkleTree.ConsistencyParts(first.Size, second.Size), default);
        return new ConsistencyDocument(first.Size, second.Size, [.. proof.Select(Convert.ToHexStringLower)]);
    }
}
