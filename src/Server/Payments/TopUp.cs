using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>The lifetime of a top-up, as stored.</summary>
internal static class TopUpState
{
    /// <summary>Wanted; the provider may not know of it yet.</summary>
    public const string Created = "created";

    /// <summary>The provider was asked to take the money.</summary>
    public const string ProviderPending = "provider_pending";

    /// <summary>The provider has the money and the wallet too.</summary>
    public const string Credited = "credited";

    /// <summary>The provider said that it will not get the money.</summary>
    public const string Failed = "failed";
}

internal sealed record TopUp(
    Guid Id, Guid PersonId, string Provider, string? ProviderPaymentId, Money Amount, string State,
    string? Exception, int Polls, DateTimeOffset CreatedAt, DateTimeOffset? SettledAt);

internal sealed record TopUpAnswer(
    Guid Id, string State, long AmountMinor, string Currency, DateTimeOffset CreatedAt, DateTimeOffset? SettledAt)
{
    public static TopUpAnswer Of(TopUp topUp) => new(
        topUp.Id, topUp.State, topUp.Amount.AmountMinor, topUp.Amount.Currency, topUp.CreatedAt, topUp.SettledAt);
}
