using System.Globalization;

namespace SightPay.Server.Api;

/// <summary>
/// How long a device's message waited for its line. The device says when it happened (in the body, which is the same
/// every time) and when it sends (in a header, anew with each try); both by one clock, so that it holds however wrong
/// that clock is.
/// </summary>
internal static class MessageWait
{
    public const string Header = "X-Sent-At";

    /// <param name="happenedAt">By the device's clock; null: it does not say.</param>
    /// <returns>Zero where the device does not say, or its clock was put back in between.</returns>
    public static TimeSpan Of(HttpContext http, DateTimeOffset? happenedAt) =>
        happenedAt is { } at && DateTimeOffset.TryParse(
            http.Request.Headers[Header], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var sentAt)
        && sentAt > at
            ? sentAt - at
            : TimeSpan.Zero;
}
