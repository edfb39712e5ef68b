using System.Net.Mail;

namespace SightPay.Server.People;

/// <summary>What counts as an e-mail address and when two are the same.</summary>
internal static class EmailAddress
{
    /// <summary>RFC 5321 section 4.5.3.1.3, less the angle brackets.</summary>
    public const int LengthMax = 254;

    public static bool IsUsable(string email) =>
        email.Length is > 2 and <= LengthMax
        && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
        && MailAddress.TryCreate(email, out var address)
        && address.Address == email;

    /// <summary>Two addresses that differ in letter case alone are one account.</summary>
    public static string KeyOf(string email) => email.Trim().ToLowerInvariant();
}
