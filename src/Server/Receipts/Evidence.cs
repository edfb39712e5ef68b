using System.Globalization;
using System.Text.Json;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// A receipt with everything that proves it: what GET /receipts/{id} answers, a customer keeps, and a verifier reads.
/// </summary>
/// <param name="Payer">Opens the commitment; null for nobody, once forgotten, and in a copy made to be shown.</param>
/// <param name="Inclusion">Hashes from the leaf up to the root, lowest first.</param>
/// <param name="Key">The log's public key in PEM.</param>
internal sealed record Evidence(
    ReceiptDocument Receipt, PayerDocument? Payer, LeafDocument Leaf, IReadOnlyList<string> Inclusion,
    HeadDocument Head, string Key)
{
    public static Evidence Of(PlacedReceipt placed, IReadOnlyList<byte[]> inclusion, SignedHead head, LogKey key)
    {
        var payer = placed.Receipt.Payer is { } known ? new PayerDocument(known.Person, Hex.Of(known.Salt)) : null;
        return new Evidence(
            ReceiptDocument.Of(placed.Receipt), payer, new LeafDocument(placed.Place, Hex.Of(placed.LeafHash)),
            [.. inclusion.Select(Hex.Of)], HeadDocument.Of(head), key.Pem);
    }

    public override string ToString() => $"evidence of receipt {Receipt.Id}";
}

/// <summary>The fields of a leaf's data, in their order.</summary>
internal sealed record ReceiptDocument(
    string Format, Guid Id, string Kind, string At, AmountDocument Amount, string? PayerCommitment, string Payee,
    Guid Subject, Guid? Corrects, string? Text, string Salt)
{
    public static ReceiptDocument Of(Receipt receipt) => new(
        Receipts.Receipt.Format, receipt.Id, receipt.Kind,
        receipt.At.UtcDateTime.ToString(Receipts.Receipt.TimeFormat, CultureInfo.InvariantCulture),
        new AmountDocument(receipt.Amount.AmountMinor, receipt.Amount.Currency),
        receipt.PayerCommitment is { } commitment ? Hex.Of(commitment) : null, receipt.Payee, receipt.Subject,
        receipt.Corrects, receipt.Text, Hex.Of(receipt.Salt));

    /// <exception cref="FormatException">It cannot be the fields of a leaf.</exception>
    public Receipt Read()
    {
        if (Format != Receipts.Receipt.Format) throw new FormatException($"The receipt's format {Format} is unknown.");
        return new Receipt(
            Id, Kind, HeadDocument.Time(At), new Money(Amount.AmountMinor, Amount.Currency), null,
            PayerCommitment is { } commitment ? Hex.Read(commitment, Receipts.Receipt.SaltBytes) : null, Payee, Subject,
            Corrects, Text, Hex.Read(Salt, Receipts.Receipt.SaltBytes));
    }

    public override string ToString() => $"receipt {Id}";
}

internal sealed record AmountDocument(long AmountMinor, string Currency);

internal sealed record PayerDocument(Guid Id, string Salt)
{
    public override string ToString() => nameof(PayerDocument);
}

/// <param name="Index">The receipt's place in the log, from zero.</param>
internal sealed record LeafDocument(long Index, string Hash);

/// <summary>A signed tree head: what GET /receipt-log/head answers.</summary>
internal sealed record HeadDocument(string Origin, long Size, string Root, string At, string Signature)
{
    private const int SignatureBytes = 64;

    public static HeadDocument Of(SignedHead signed) => new(
        signed.Head.Origin, signed.Size, Hex.Of(signed.Head.Root),
        signed.Head.At.UtcDateTime.ToString(Receipt.TimeFormat, CultureInfo.InvariantCulture),
        Hex.Of(signed.Signature));

    /// <exception cref="FormatException">It cannot be a head.</exception>
    public SignedHead Read() => new(
        new TreeHead(Origin, Size, Hex.Read(Root, MerkleTree.HashBytes), Time(At)),
        Hex.Read(Signature, SignatureBytes));

    public static DateTimeOffset Time(string text) => DateTimeOffset.ParseExact(
        text, Receipt.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

/// <param name="Hash">Hash of the leaf.</param>
/// <param name="Proof">Hashes from the leaf up to the root, lowest first.</param>
internal sealed record InclusionDocument(long Leaf, long Size, string Hash, IReadOnlyList<string> Proof);

internal sealed record ConsistencyDocument(long First, long Second, IReadOnlyList<string> Proof);

/// <summary>Bytes as these documents write them: lower-case hexadecimal.</summary>
internal static class Hex
{
    public static string Of(byte[] bytes) => Convert.ToHexStringLower(bytes);

    public static byte[] Read(string text, int length) => text.Length == 2 * length
        ? Convert.FromHexString(text)
        : throw new FormatException($"{length} bytes in hexadecimal were expected.");
}

internal static class EvidenceJson
{
    /// <summary>As the routes write it; what is missing is refused and not taken for nothing.</summary>
    private static readonly JsonSerializerOptions _strict = new(ApiJson.Options)
    {
        RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    };

    /// <exception cref="FormatException">It is not what it should be.</exception>
    public static T Read<T>(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, _strict) ?? throw new FormatException("It is empty.");
        }
        catch (JsonException fault)
        {
            throw new FormatException("It is not JSON, or fields are missing.", fault);
        }
    }
}
