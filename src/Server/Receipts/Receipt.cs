using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SightPay.Ledger;

namespace SightPay.Server.Receipts;

/// <summary>Who paid, and the salt that hides them in the leaf. Both are forgotten when the person is erased.</summary>
internal sealed record Payer(Guid Person, byte[] Salt)
{
    /// <summary>SHA-256 of the salt and the person's id as text: tells nothing without the salt.</summary>
    public byte[] Commitment()
    {
        Span<byte> input = stackalloc byte[Receipt.SaltBytes + Receipt.IdBytes];
        Salt.CopyTo(input);
        Person.TryFormat(input[Receipt.SaltBytes..], out _);
        return SHA256.HashData(input);
    }

    public override string ToString() => nameof(Payer);
}

/// <summary>
/// A receipt as its leaf holds it. The leaf's data are its fields in a fixed order, each as text in UTF-8 behind its
/// length (four bytes, big-endian): <see cref="Format"/>, id, kind, time (UTC, microseconds), amount in minor units,
/// currency, payer commitment, payee, subject, corrected subject, text, salt. Bytes are lower-case hexadecimal; what is
/// absent is empty.
/// </summary>
/// <param name="Payer">Null for nobody, and once the payer is forgotten.</param>
/// <param name="PayerCommitment">Null for nobody.</param>
/// <param name="Salt">Chance: without it nobody can find out a leaf's data from its hash by trying.</param>
internal sealed record Receipt(
    Guid Id, string Kind, DateTimeOffset At, Money Amount, Payer? Payer, byte[]? PayerCommitment, string Payee,
    Guid Subject, Guid? Corrects, string? Text, byte[] Salt)
{
    public const int SaltBytes = 32;
    public const int IdBytes = 36;
    public const string Format = "sightpay.receipt.v1";
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>Two lines of at most 200 characters of at most three bytes; the rest is of known length.</summary>
    private const int LengthMax = 2048;

    public byte[] LeafData() => Write(new byte[LengthMax]).ToArray();

    /// <summary>SHA-256 of a zero byte and the leaf's data, as RFC 9162 has it.</summary>
    public byte[] LeafHash()
    {
        Span<byte> input = stackalloc byte[1 + LengthMax];
        input[0] = 0;
        return SHA256.HashData(input[..(1 + Write(input[1..]).Length)]);
    }

    private Span<byte> Write(Span<byte> buffer)
    {
        var data = new FieldWriter(buffer);
        data.Add(Format);
        data.Add(Id);
        data.Add(Kind);
        data.Add(At.UtcDateTime, TimeFormat);
        data.Add(Amount.AmountMinor, default);
        data.Add(Amount.Currency);
        data.AddHex(PayerCommitment);
        data.Add(Payee);
        data.Add(Subject);
        if (Corrects is { } corrected) data.Add(corrected);
        else data.Add("");
        data.Add(Text ?? "");
        data.AddHex(Salt);
        return buffer[..data.Length];
    }

    public override string ToString() => $"receipt {Id}";
}

/// <summary>Fields of text behind their lengths: no two lists of fields give the same bytes.</summary>
internal ref struct FieldWriter(Span<byte> buffer)
{
    private const int LengthBytes = 4;
    private readonly Span<byte> _buffer = buffer;

    public int Length { get; private set; }

    public void Add(scoped ReadOnlySpan<char> text) => Close(Encoding.UTF8.GetBytes(text, Rest));

    public void Add<T>(T value, ReadOnlySpan<char> format = default) where T : IUtf8SpanFormattable
    {
        if (!value.TryFormat(Rest, out var written, format, CultureInfo.InvariantCulture)) throw TooLong();
        Close(written);
    }

    public void AddHex(byte[]? bytes)
    {
        if (!Convert.TryToHexStringLower(bytes, Rest, out var written)) throw TooLong();
        Close(written);
    }

    private readonly Span<byte> Rest => _buffer[(Length + LengthBytes)..];

    private static ArgumentException TooLong() => new("The fields are longer than they may be.");

    private void Close(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer[Length..], length);
        Length += LengthBytes + length;
    }
}
