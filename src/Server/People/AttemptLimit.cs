using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>So many attempts per key and window; more are answered 429 with Retry-After.</summary>
internal abstract class AttemptLimit(int attempts, TimeSpan window) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(
        key => RateLimitPartition.GetFixedWindowLimiter(key, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = attempts,
            Window = window,
            QueueLimit = 0,
        }));

    /// <summary>Counts an attempt; the answer when there were too many, else null.</summary>
    public IResult? Count(HttpContext http, string key, string detail)
    {
        using var lease = _limiter.AttemptAcquire(key);
        if (lease.IsAcquired) return null;
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : window;
        http.Response.Headers.RetryAfter = $"{Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))}";
        return Problems.Of(StatusCodes.Status429TooManyRequests, "too_many_attempts", detail, retryable: true);
    }

    public void Dispose() => _limiter.Dispose();
}

internal sealed class SignInLimit(PeopleSettings settings)
    : AttemptLimit(settings.SignInsPerMinute, TimeSpan.FromMinutes(1));

internal sealed class SignUpLimit(PeopleSettings settings)
    : AttemptLimit(settings.SignUpsPerHour, TimeSpan.FromHours(1))
{
    /// <summary>The client's address; of IPv6 the /64, since one host has all of it.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }
}
