using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>
/// How a call to a provider ended. Unknown is an outcome of its own: the money may have been taken. It is found out by
/// asking again with the same reference, never by guessing.
/// </summary>
internal abstract record ProviderCall<T>
{
    private ProviderCall() { }

    public sealed record Succeeded(T Value) : ProviderCall<T>;

    /// <param name="Code">The provider's reason; nothing was taken.</param>
    public sealed record Failed(string Code) : ProviderCall<T>;

    public sealed record Unknown(string Why) : ProviderCall<T>;
}

internal enum ProviderPaymentStatus
{
    Pending,

    /// <summary>The customer has to do something at the provider's page.</summary>
    ActionNeeded,

    Succeeded,
    Failed,
}

/// <summary>The provider's own record of a payment: the only thing that money is credited on.</summary>
/// <param name="Reference">The id we gave it: our top-up.</param>
internal sealed record ProviderPayment(string Id, Guid Reference, Money Amount, ProviderPaymentStatus Status)
{
    /// <summary>Where the customer has to go while the status is action needed.</summary>
    public string? ActionUrl { get; init; }

    /// <summary>Why it failed, in the provider's word.</summary>
    public string? FailureCode { get; init; }

    /// <summary>The bank's objection to it.</summary>
    public ProviderDispute? Dispute { get; init; }

    /// <summary>What went back, whoever asked for it; empty in a report, which does not read it.</summary>
    public IReadOnlyList<ProviderRefund> Refunds { get; init; } = [];
}

/// <summary>A bank objects to a payment, or to part of it; the provider has taken that much back while the objection is
/// open or lost.</summary>
internal sealed record ProviderDispute(DisputeState State, long AmountMinor);

internal enum ProviderRefundStatus
{
    Pending,
    Succeeded,

    /// <summary>Also after it had succeeded: the customer's bank did not take it.</summary>
    Failed,
}

/// <summary>Money of a payment that went back to the customer, or is on its way.</summary>
/// <param name="Reference">The id we gave it; null: somebody asked for it at the provider.</param>
internal sealed record ProviderRefund(string Id, Guid? Reference, long AmountMinor, ProviderRefundStatus Status)
{
    public string? FailureCode { get; init; }
}

/// <summary>What a customer pays with: a provider's token, never a card number.</summary>
/// <param name="Type"><c>card</c> or <c>google_pay</c>.</param>
internal sealed record PaymentMethod(string Type, string Token)
{
    public override string ToString() => $"{Type} [token]";
}

/// <summary>What a customer may pay with, for the page.</summary>
/// <param name="Cards">Tokens of the sandbox's cards with what they do; empty at a real provider.</param>
/// <param name="PublishableKey">The provider's public key; null: it has none.</param>
/// <param name="GooglePay">Parameters of <c>PAYMENT_GATEWAY</c> tokenisation; null: not offered.</param>
internal sealed record PaymentMethods(
    string Provider, IReadOnlyList<PaymentMethods.Card> Cards, string? PublishableKey,
    IReadOnlyDictionary<string, string>? GooglePay)
{
    internal sealed record Card(string Token, string Name, string Does)
    {
        public override string ToString() => Name;
    }
}

/// <param name="At">When the provider made it, by its clock.</param>
internal sealed record ReportedPayment(ProviderPayment Payment, DateTimeOffset At);

/// <summary>Money of a payment went back, or a bank objected to it.</summary>
/// <param name="At">When, by the provider's clock.</param>
internal sealed record ReportedReturn(string PaymentId, DateTimeOffset At);

/// <summary>Somebody who takes people's money for us: an outside edge.</summary>
internal interface IPaymentProvider
{
    /// <summary>Name in routes, rows and account keys.</summary>
    string Name { get; }

    PaymentMethods Methods { get; }

    /// <summary>Null when the method can be used, else why not, for the person.</summary>
    string? Objection(PaymentMethod? method);

    /// <summary>
    /// Asks for the money. Asking again soon with the same reference gives the same payment; a day later it may take
    /// the money again.
    /// </summary>
    Task<ProviderCall<ProviderPayment>> CreateAsync(
        Guid reference, Money amount, PaymentMethod? method, CancellationToken ct);

    /// <summary>Reads a payment by the provider's id; succeeded with null when the provider does not know it.</summary>
    Task<ProviderCall<ProviderPayment?>> FetchAsync(string providerPaymentId, CancellationToken ct);

    /// <summary>
    /// Gives up a payment that waits for its customer, and reads what became of it: one that has succeeded meanwhile
    /// stays so.
    /// </summary>
    Task<ProviderCall<ProviderPayment?>> CancelAsync(string providerPaymentId, CancellationToken ct);

    /// <summary>
    /// Gives money of a payment back, whole or in part. Asking again soon with the same reference gives the same
    /// refund; whether there is one is told by <see cref="FetchAsync"/>.
    /// </summary>
    Task<ProviderCall<ProviderRefund>> RefundAsync(
        Guid reference, string providerPaymentId, Money amount, CancellationToken ct);

    /// <summary>
    /// Looks for the payment of a reference, where the answer to <see cref="CreateAsync"/> was lost; succeeded with
    /// null when there is none. It does not rest on what the provider keeps of idempotency keys.
    /// </summary>
    /// <param name="from">When it was first asked for; with <paramref name="to"/> it says where to look.</param>
    /// <param name="to">When it was last asked for.</param>
    Task<ProviderCall<ProviderPayment?>> FindAsync(
        Guid reference, DateTimeOffset from, DateTimeOffset to, CancellationToken ct);

    /// <summary>The provider's report: all payments that it made in the period.</summary>
    /// <exception cref="HttpRequestException">It could not be read to its end.</exception>
    IAsyncEnumerable<ReportedPayment> ListAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct);

    /// <summary>
    /// Refunds and objections that began in the period, whenever their payments were made. A payment may be named
    /// several times; its whole truth is what <see cref="FetchAsync"/> says.
    /// </summary>
    /// <exception cref="HttpRequestException">They could not be read to their end.</exception>
    IAsyncEnumerable<ReportedReturn> ListReturnsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct);

    /// <summary>Judges a message by its raw bytes.</summary>
    WebhookJudgement Judge(IHeaderDictionary headers, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan skew);

    /// <summary>The payment that a message is about; null when the message cannot be read or is not ours.</summary>
    string? PaymentIdOf(ReadOnlySpan<byte> message);
}

/// <param name="EventId">The provider's number of the message; set when it is genuine.</param>
internal readonly record struct WebhookJudgement(WebhookVerdict Verdict, string? EventId);

/// <summary>Finds a provider by name.</summary>
internal sealed class PaymentProviders(IEnumerable<IPaymentProvider> providers)
{
    private readonly Dictionary<string, IPaymentProvider> _byName = providers.ToDictionary(each => each.Name);

    public IReadOnlyCollection<IPaymentProvider> All => _byName.Values;

    /// <summary>Who takes the money of a top-up; null: the installation has nobody.</summary>
    public IPaymentProvider? ForTopUps => _byName.Values.FirstOrDefault();

    public IPaymentProvider? Find(string name) => _byName.GetValueOrDefault(name);

    public static string ClearingKey(string provider) => $"provider_clearing:{provider}";
}
