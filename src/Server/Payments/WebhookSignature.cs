using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SightPay.Server.Payments;

/// <summary>What a signed message carries beside its body: the headers of the Standard Webhooks
/// specification.</summary>
internal readonly record struct WebhookHeaders(string? Id, string? Timestamp, string? Signature)
{
    public const string IdName = "webhook-id";
    public const string TimestampName = "webhook-timestamp";
    public const string SignatureName = "webhook-signature";

    public static WebhookHeaders Of(IHeaderDictionary headers) => new(
        headers[IdName].FirstOrDefault(), headers[TimestampName].FirstOrDefault(),
        headers[SignatureName].FirstOrDefault());

    public IHeaderDictionary ToHeaders() => new HeaderDictionary
    {
        [IdName] = Id, [TimestampName] = Timestamp, [SignatureName] = Signature,
    };
}

internal enum WebhookVerdict
{
    Genuine,
    Forged,

    /// <summary>Rightly signed, but too long ago (or in the future): a replay, or a wrong clock.</summary>
    Stale,
}

/// <summary>
/// HMAC-SHA256 over <c>id.timestamp.body</c> with the raw bytes of the body, as the Standard Webhooks specification
/// 1.0.0 has it (github.com/standard-webhooks): <c>v1,base64</c>, several separated by spaces.
/// </summary>
internal static class WebhookSignature
{
    private const int IdLengthMax = 200;

    public static WebhookHeaders Sign(byte[] key, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return new(id, timestamp, "v1," + Convert.ToBase64String(Mac(key, id, timestamp, body)));
    }

    public static WebhookVerdict Judge(
        IReadOnlyList<byte[]> keys, WebhookHeaders headers, ReadOnlySpan<byte> body, DateTimeOffset now,
        TimeSpan skew)
    {
        if (headers is not { Id: { Length: > 0 and <= IdLengthMax } id, Timestamp: { } timestamp, Signature: { } sent }
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return WebhookVerdict.Forged;
        var genuine = false;
        foreach (var key in keys)
            foreach (var part in sent.Split(' '))
                genuine |= IsMac(part, Mac(key, id, timestamp, body));
        if (!genuine) return WebhookVerdict.Forged;
        return Math.Abs((double)now.ToUnixTimeSeconds() - seconds) <= skew.TotalSeconds
            ? WebhookVerdict.Genuine
            : WebhookVerdict.Stale;
    }

    private static bool IsMac(string part, byte[] right)
    {
        if (!part.StartsWith("v1,", StringComparison.Ordinal)) return false;
        Span<byte> mac = stackalloc byte[64];
        return Convert.TryFromBase64String(part[3..], mac, out var count)
            && CryptographicOperations.FixedTimeEquals(mac[..count], right);
    }

    private static byte[] Mac(byte[] key, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
