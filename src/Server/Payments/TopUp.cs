using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>The lifetime of a top-up, as stored.</summary>
internal static class TopUpState
{
    /// <summary>Wanted; the provider may not know of it yet.</summary>
    public const string Created = "created";

    /// <summary>The provider was asked to take the money.</summary>
    public const string ProviderPending = "provider_pending";

    /// <summary>The customer has to do something at the provider's page.</summary>
    public const string ActionNeeded = "action_needed";

    /// <summary>The provider has the money and the wallet too.</summary>
    public const string Credited = "credited";

    /// <summary>The provider said that it will not get the money.</summary>
    public const string Failed = "failed";
}

internal sealed record TopUp(
    Guid Id, Guid PersonId, string Provider, string? ProviderPaymentId, Money Amount, string State,
    string? Exception, int Polls, DateTimeOffset CreatedAt, DateTimeOffset? SettledAt)
{
    public PaymentMethod? Method { get; init; }
    public string? ActionUrl { get; init; }
    public string? FailureCode { get; init; }

    /// <summary>The transfer that credited the wallet.</summary>
    public Guid? CreditTransferId { get; init; }

    public DisputeState? Dispute { get; init; }

    /// <summary>How much of it the bank objects to.</summary>
    public long? DisputeMinor { get; init; }
}

/// <param name="NextAction">Where the customer has to go on; null: nowhere.</param>
/// <param name="FailureCode">Why the provider will not get the money, in its own word.</param>
/// <param name="Dispute">A bank's objection; while it is open or lost the money is gone again.</param>
internal sealed record TopUpAnswer(
    Guid Id, string State, long AmountMinor, string Currency, DateTimeOffset CreatedAt, DateTimeOffset? SettledAt,
    TopUpAnswer.Action? NextAction = null, string? FailureCode = null, DisputeState? Dispute = null)
{
    internal sealed record Action(string Type, string Url);

    public static TopUpAnswer Of(TopUp topUp) => new(
        topUp.Id, topUp.State, topUp.Amount.AmountMinor, topUp.Amount.Currency, topUp.CreatedAt, topUp.SettledAt,
        topUp is { State: TopUpState.ActionNeeded, ActionUrl: { } url } ? new Action("redirect", url) : null,
        topUp.FailureCode, topUp.Dispute);
}
