namespace SightPay.Server.Payments;

/// <summary>What an installation has with Stripe. Keys never print themselves.</summary>
/// <param name="SecretKey"><c>sk_...</c> or a restricted <c>rk_...</c>.</param>
/// <param name="PublishableKey"><c>pk_...</c>; may be seen by everybody.</param>
/// <param name="WebhookSecrets"><c>whsec_...</c>; several while one replaces another.</param>
public sealed record StripeSettings(string SecretKey, string PublishableKey, IReadOnlyList<string> WebhookSecrets)
{
    public Uri Address { get; init; } = new("https://api.stripe.com");

    /// <summary>Where a customer comes back to from their bank's page.</summary>
    public required Uri ReturnUrl { get; init; }

    /// <summary>One try of a call.</summary>
    public TimeSpan TryWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause between two tries; it doubles, with chance in it.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>For how long Stripe is not asked after it has been silent several times.</summary>
    public TimeSpan LeaveAlone { get; init; } = TimeSpan.FromSeconds(30);

    public bool IsLive => !SecretKey.Contains("_test_", StringComparison.Ordinal);

    public override string ToString() => nameof(StripeSettings);
}
