using System.Collections.Concurrent;

namespace SightPay.Server.Api;

/// <summary>A limit with its name: so many in any window of that length.</summary>
public sealed record RateLimit(string Name, int Permits, TimeSpan Window);

/// <summary>
/// Counts attempts per limit and partition (an account, an address) in a sliding window. In memory only: after a
/// restart everybody starts afresh.
/// </summary>
public sealed class RateLimits(IEnumerable<RateLimit> limits, TimeProvider clock)
{
    /// <summary>Sign-ins per account.</summary>
    public const string SignIn = "sign_in";

    /// <summary>Sign-ups per address.</summary>
    public const string SignUp = "sign_up";

    /// <summary>New PINs per person: somebody's own PIN must not become a way to try out a lookalike's.</summary>
    public const string PinChange = "pin_change";

    /// <summary>Tries of a phone's last digits per person.</summary>
    public const string PhoneDigits = "phone_digits";

    /// <summary>Liveness challenges per person: nobody gets to try the draw until it suits their film.</summary>
    public const string Challenge = "challenge";

    /// <summary>Plates that a person registers or claims: nobody gets to ask of every plate whether it is here.
    /// </summary>
    public const string Plates = "plates";

    /// <summary>Invitations to drive, which say whether an address is known.</summary>
    public const string Invitations = "invitations";

    /// <summary>The limits around further proof, plates and invitations, the same everywhere.</summary>
    public static IReadOnlyList<RateLimit> OfStepUp { get; } =
    [
        new(PinChange, 10, TimeSpan.FromDays(1)), new(PhoneDigits, 10, TimeSpan.FromHours(1)),
        new(Challenge, 12, TimeSpan.FromHours(1)), new(Plates, 60, TimeSpan.FromHours(1)),
        new(Invitations, 30, TimeSpan.FromHours(1)),
    ];

    /// <summary>Beyond this many partitions the ones whose window has passed are forgotten.</summary>
    private const int SweepAt = 10_000;

    private readonly Dictionary<string, RateLimit> _limits = limits.ToDictionary(limit => limit.Name);
    private readonly ConcurrentDictionary<(string Name, string Partition), Queue<DateTimeOffset>> _attempts = new();

    /// <summary>Counts an attempt.</summary>
    /// <exception cref="ProblemException">429 too_many_requests with Retry-After when the limit is reached.</exception>
    public void Demand(string name, string partition)
    {
        var limit = _limits[name];
        var now = clock.GetUtcNow();
        if (_attempts.Count > SweepAt)
            Sweep(now);
        var attempts = _attempts.GetOrAdd((name, partition), _ => new Queue<DateTimeOffset>());
        lock (attempts)
        {
            Forget(attempts, now - limit.Window);
            if (attempts.Count < limit.Permits)
            {
                attempts.Enqueue(now);
                return;
            }
            var wait = attempts.Count == 0 ? limit.Window : attempts.Peek() + limit.Window - now;
            throw new ProblemException(
                429, "too_many_requests", "Too many attempts; wait a moment and try again.", retryable: true,
                retryAfterMs: (int)Math.Ceiling(wait.TotalMilliseconds));
        }
    }

    private static void Forget(Queue<DateTimeOffset> attempts, DateTimeOffset before)
    {
        while (attempts.TryPeek(out var oldest) && oldest <= before)
            attempts.Dequeue();
    }

    private void Sweep(DateTimeOffset now)
    {
        foreach (var (key, attempts) in _attempts)
        {
            lock (attempts)
            {
                Forget(attempts, now - _limits[key.Name].Window);
                if (attempts.Count == 0)
                    _attempts.TryRemove(key, out _);
            }
        }
    }
}

public static class RateLimitedRoutes
{
    /// <summary>Limits a route by the address its caller comes from.</summary>
    public static TBuilder LimitByAddress<TBuilder>(this TBuilder route, string name)
        where TBuilder : IEndpointConventionBuilder =>
        route.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            var address = http.Connection.RemoteIpAddress?.ToString() ?? "unknown";
            http.RequestServices.GetRequiredService<RateLimits>().Demand(name, address);
            return await next(context);
        });
}
