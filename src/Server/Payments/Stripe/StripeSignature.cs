using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SightPay.Server.Payments.Stripe;

/// <summary>
/// The header <c>Stripe-Signature: t=...,v1=...</c> (docs.stripe.com/webhooks#verify-manually): HMAC-SHA256 over
/// <c>t.body</c> with the raw bytes of the body; several <c>v1</c> while a secret is rolled.
/// </summary>
internal static class StripeSignature
{
    public const string HeaderName = "Stripe-Signature";

    public static string Sign(string secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={timestamp},v1={Convert.ToHexStringLower(Mac(secret, timestamp, body))}";
    }

    public static WebhookVerdict Judge(
        IReadOnlyList<string> secrets, string? header, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan skew)
    {
        var parts = (header ?? "").Split(',').Select(part => part.Split('=', 2)).Where(part => part.Length == 2)
            .ToLookup(part => part[0].Trim(), part => part[1].Trim());
        if (parts["t"].FirstOrDefault() is not { } timestamp
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return WebhookVerdict.Forged;
        var genuine = false;
        foreach (var secret in secrets)
        {
            var right = Mac(secret, timestamp, body);
            foreach (var sent in parts["v1"]) genuine |= IsMac(sent, right);
        }
        if (!genuine) return WebhookVerdict.Forged;
        return Math.Abs((double)now.ToUnixTimeSeconds() - seconds) <= skew.TotalSeconds
            ? WebhookVerdict.Genuine
            : WebhookVerdict.Stale;
    }

    private static bool IsMac(string sent, byte[] right)
    {
        Span<byte> mac = stackalloc byte[32];
        return sent.Length == 64
            && Convert.FromHexString(sent, mac, out _, out var count) == System.Buffers.OperationStatus.Done
            && count == 32 && CryptographicOperations.FixedTimeEquals(mac, right);
    }

    private static byte[] Mac(string secret, string timestamp, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        mac.AppendData(Encoding.UTF8.GetBytes($"{timestamp}."));
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
