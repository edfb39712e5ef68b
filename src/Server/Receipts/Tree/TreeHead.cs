namespace SightPay.Server.Receipts.Tree;

/// <summary>
/// What the log's owner promises: the first <paramref name="Size"/> leaves have this root, for ever. Signed are its
/// fields, as a leaf's data are written: <see cref="Format"/>, origin, size, root, time.
/// </summary>
/// <param name="Origin">Names the log, and the key with it.</param>
internal sealed record TreeHead(string Origin, long Size, byte[] Root, DateTimeOffset At)
{
    public const string Format = "sightpay.receipt-head.v1";
    private const int LengthMax = 1024;

    public byte[] SignedBytes()
    {
        Span<byte> buffer = stackalloc byte[LengthMax];
        var data = new FieldWriter(buffer);
        data.Add(Format);
        data.Add(Origin);
        data.Add(Size);
        data.AddHex(Root);
        data.Add(At.UtcDateTime, Receipt.TimeFormat);
        return buffer[..data.Length].ToArray();
    }
}

/// <param name="Signature">ECDSA P-256 with SHA-256, r and s of 32 bytes each, as browsers check it.</param>
internal sealed record SignedHead(TreeHead Head, byte[] Signature)
{
    public long Size => Head.Size;

    public bool IsBy(LogKey key) => key.HasSigned(Head.SignedBytes(), Signature);
}
