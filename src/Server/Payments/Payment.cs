using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Payments;

/// <summary>What a payment is for.</summary>
public enum PaymentKind
{
    Retail,
    Fuel,
    TopUp,
}

/// <summary>Where a payment is in its lifetime; <see cref="PaymentLifetime"/> says what may follow.</summary>
public enum PaymentState
{
    /// <summary>Recorded; nobody was asked yet.</summary>
    Created,

    /// <summary>Its payer, or the provider, was asked and has not answered.</summary>
    Awaiting,

    /// <summary>Its payer said yes and the money is set aside; how much will be taken is known later.</summary>
    Authorised,

    /// <summary>Paid. Refunds in part leave it here.</summary>
    Captured,

    /// <summary>Nobody answered in time, or the authorisation ran out. May be opened again.</summary>
    Expired,

    /// <summary>Taken back before it was paid.</summary>
    Cancelled,

    /// <summary>The provider will not get the money.</summary>
    Failed,

    /// <summary>Paid and given back whole.</summary>
    Refunded,
}

/// <summary>How a captured payment differs from what was asked for; null: it does not.</summary>
public enum PaymentException
{
    /// <summary>Captured after it had expired, was cancelled or had failed.</summary>
    Late,

    /// <summary>Less was captured than was asked for.</summary>
    Partial,

    /// <summary>More was captured than was asked for.</summary>
    Over,
}

/// <summary>What became of a payer's objection, seen from the payee; null: there was none.</summary>
public enum DisputeState
{
    Open,

    /// <summary>The payee keeps the money.</summary>
    Won,

    /// <summary>The payer got it back.</summary>
    Lost,
}

/// <summary>Who is paid.</summary>
/// <param name="Id">A merchant, a site, or for a top-up the provider.</param>
/// <param name="AccountKey">Key of the ledger account that is credited.</param>
public sealed record Payee(string Id, string AccountKey);

/// <summary>One request for money with a lifetime.</summary>
public sealed record Payment
{
    /// <summary>Paid out of the payer's wallet; other methods are names of providers.</summary>
    public const string Wallet = "wallet";

    public required Guid Id { get; init; }
    public required PaymentKind Kind { get; init; }

    /// <summary>Who pays.</summary>
    public required Guid Person { get; init; }

    public required Payee Payee { get; init; }

    /// <summary>The till or pump that asked; null: none did.</summary>
    public string? Station { get; init; }

    public string Method { get; init; } = Wallet;

    /// <summary>What was asked for; while money is set aside, how much.</summary>
    public required Money Amount { get; init; }

    public required PaymentState State { get; init; }
    public long CapturedMinor { get; init; }
    public long RefundedMinor { get; init; }
    public PaymentException? Exception { get; init; }
    public DisputeState? Dispute { get; init; }

    /// <summary>In the payer's words.</summary>
    public string? DisputeReason { get; init; }

    /// <summary>The yes leads to an authorisation; the payee captures what is due afterwards.</summary>
    public bool CapturesLater { get; init; }

    /// <summary>The sighting that paid; it pays once.</summary>
    public Guid? SightingId { get; init; }

    /// <summary>The transfer that sets the money aside.</summary>
    public Guid? HoldId { get; init; }

    /// <summary>The transfer that took the money; refunds name it.</summary>
    public Guid? CaptureId { get; init; }

    /// <summary>Grows with each change; a change that was planned on an older one is planned again.</summary>
    public int Version { get; init; } = 1;

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the present state ends by itself.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When the payer said yes to a capture that follows; without it nothing is ever captured late.</summary>
    public DateTimeOffset? AuthorisedAt { get; init; }

    public DateTimeOffset? CapturedAt { get; init; }

    public string WalletKey => People.Person.WalletKey(Person);
    public string ReceivableKey => People.Person.ReceivableKey(Person);
    public long RefundableMinor => CapturedMinor - RefundedMinor;

    /// <summary>A payment whose time is over has expired, whether or not that was written down yet.</summary>
    public Payment AsOf(DateTimeOffset now) =>
        DueAt <= now && PaymentLifetime.Next(State, PaymentEvent.Expire) is { } expired
            ? this with { State = expired }
            : this;

    /// <summary>What the payer's own pages are told after a change; it says that their wallet moved, too.</summary>
    public OutboxRow Event() => new(OutboxRow.PersonTopic(Person), "payment", ApiJson.Write(new
    {
        TransactionId = Id, MerchantId = Payee.Id, Amount, Status = PaymentAnswer.StatusOf(State),
    }));

    public override string ToString() => $"Payment {Id} {State}";
}

/// <summary>A payment as the API shows it.</summary>
/// <param name="ExpiresAt">When what it waits for is over; null when it waits for nothing.</param>
public sealed record PaymentAnswer(
    Guid Id, PaymentKind Kind, Guid UserId, string MerchantId, string? TillId, Money Amount, string Status,
    long CapturedMinor, long RefundedMinor, PaymentException? Exception, DisputeState? Dispute, string? DisputeReason,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? CapturedAt)
{
    public static PaymentAnswer Of(Payment payment) => new(
        payment.Id, payment.Kind, payment.Person, payment.Payee.Id, payment.Station, payment.Amount,
        StatusOf(payment.State), payment.CapturedMinor, payment.RefundedMinor, payment.Exception, payment.Dispute,
        payment.DisputeReason, payment.CreatedAt,
        payment.State is PaymentState.Awaiting or PaymentState.Authorised ? payment.DueAt : null, payment.CapturedAt);

    /// <summary>The public word of a state; what a payment awaits at a till is its payer's yes.</summary>
    public static string StatusOf(PaymentState state) => state switch
    {
        PaymentState.Awaiting => "awaiting_confirmation",
        PaymentState.Failed => "refused",
        _ => Words.Of(state),
    };
}
