using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>How far money of a top-up has come on its way back.</summary>
internal enum TopUpRefundState
{
    /// <summary>Out of the wallet; the provider may not know of it yet.</summary>
    Created,

    /// <summary>The provider has it and is not sure of the customer's bank.</summary>
    ProviderPending,
    Done,

    /// <summary>It did not get there and is in the wallet again.</summary>
    Failed,
}

/// <summary>Money of a top-up that goes back to where it came from.</summary>
/// <param name="AskedBy">Name of the caller; null: somebody did it at the provider.</param>
internal sealed record TopUpRefund(
    Guid Id, Guid TopUpId, Guid PersonId, string Provider, Money Amount, TopUpRefundState State, string? AskedBy,
    string? Reason)
{
    public string? ProviderRefundId { get; init; }
    public string? FailureCode { get; init; }
    public int Polls { get; init; }

    /// <summary>When the provider is asked about it, as long as it is under way.</summary>
    public DateTimeOffset PollAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? SettledAt { get; init; }

    public override string ToString() => $"TopUpRefund {Id} {State}";
}

/// <param name="FailureCode">Why it came back, in the provider's word.</param>
internal sealed record TopUpRefundAnswer(
    Guid Id, Guid TopUpId, TopUpRefundState State, Money Amount, DateTimeOffset CreatedAt, DateTimeOffset? SettledAt,
    string? FailureCode)
{
    public static TopUpRefundAnswer Of(TopUpRefund refund) => new(
        refund.Id, refund.TopUpId, refund.State, refund.Amount, refund.CreatedAt, refund.SettledAt,
        refund.FailureCode);
}
