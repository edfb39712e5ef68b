namespace SightPay.Server.Payments;

/// <param name="Currency">ISO 4217 code; one per installation.</param>
public sealed record PaymentSettings(string Currency)
{
    public const string NoProvider = "none";

    /// <summary>Who takes the money of top-ups: <c>sandbox</c>, <c>stripe</c> or <c>none</c>.</summary>
    public string Provider { get; init; } = "sandbox";

    /// <summary>Set where the provider is Stripe.</summary>
    public StripeSettings? Stripe { get; init; }

    public bool TakesRealMoney => Stripe is { IsLive: true };

    public long TopUpMinorMin { get; init; } = 1_00;
    public long TopUpMinorMax { get; init; } = 10_000_00;

    /// <summary>What may be spent on a face, and on more.</summary>
    public SpendingSettings Spending { get; init; } = new();

    /// <summary>What one operator or till may correct, or refund of one payment, alone; above it another one has to
    /// agree.</summary>
    public long OperatorAloneMinorMax { get; init; } = 500_00;

    public long CorrectionMinorMax { get; init; } = 100_000_00;

    /// <summary>A provider's message whose clock differs by more is taken for a replay.</summary>
    public TimeSpan WebhookSkew { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>
    /// The answer to a top-up waits this long for the provider, so that a client that reads its wallet next mostly
    /// finds the money there. Nothing depends on it.
    /// </summary>
    public TimeSpan SettleWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long after a wish its money is asked for. Nobody wants their card charged hours later; and a provider that
    /// forgets its idempotency keys after a day must not be asked again by then.
    /// </summary>
    public TimeSpan AskWithin { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a customer may take at their bank's page; then the payment is given up.</summary>
    public TimeSpan CustomerWithin { get; init; } = TimeSpan.FromDays(1);

    /// <summary>When a provider that sent no webhook is asked: after the first, then after each next; the last
    /// repeats.</summary>
    public IReadOnlyList<TimeSpan> PollAfter { get; init; } =
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1)];
}
