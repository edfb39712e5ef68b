using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace SightPay.Server.Api;

/// <summary>
/// Opens one connection, once and soon: a browser cannot send a header with a WebSocket, and an access token in an
/// address would end up in logs. 32 random bytes, of which only the SHA-256 is kept.
/// </summary>
/// <param name="ExpiresIn">Seconds.</param>
internal sealed record OneTimeTicket(string Ticket, int ExpiresIn)
{
    private const int Bytes = 32;
    private const int Characters = 43;

    public static OneTimeTicket Mint(TimeSpan life, out byte[] hash)
    {
        var bytes = RandomNumberGenerator.GetBytes(Bytes);
        hash = SHA256.HashData(bytes);
        return new(Base64Url.EncodeToString(bytes), (int)life.TotalSeconds);
    }

    /// <summary>What was kept of it; null when the text is no ticket.</summary>
    public static byte[]? HashOf(string? ticket)
    {
        var bytes = new byte[Bytes];
        return ticket?.Length == Characters
            && Base64Url.DecodeFromChars(ticket, bytes, out _, out var count) == OperationStatus.Done
            && count == bytes.Length
                ? SHA256.HashData(bytes)
                : null;
    }

    public override string ToString() => nameof(OneTimeTicket);
}
