using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>The public words for how far a top-up has come.</summary>
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

    /// <summary>The provider will not get the money, or was not asked in time.</summary>
    public const string Failed = "failed";

    /// <summary>The same in SQL, of <c>payment p</c> beside its <c>top_up t</c>.</summary>
    public const string Sql =
        $"""
        case when p.state = 'created' then '{Created}'
            when p.state = 'awaiting' then case when t.needs_action then '{ActionNeeded}' else '{ProviderPending}' end
            when p.state in ('captured', 'refunded') then '{Credited}' else '{Failed}' end
        """;

    public static string Of(PaymentState state, bool needsAction) => state switch
    {
        PaymentState.Created => Created,
        PaymentState.Awaiting => needsAction ? ActionNeeded : ProviderPending,
        PaymentState.Captured or PaymentState.Refunded => Credited,
        _ => Failed,
    };
}

/// <summary>What only the provider's side of a top-up needs, beside its payment.</summary>
internal sealed record TopUpDetails
{
    /// <summary>The provider's own number of the payment object, known once it was asked to take the money.</summary>
    public string? ProviderPaymentId { get; init; }

    /// <summary>Forgotten when it is of no more use.</summary>
    public PaymentMethod? Method { get; init; }

    /// <summary>The customer has to do something at the provider.</summary>
    public bool NeedsAction { get; init; }

    /// <summary>Where; null: nowhere that we could send them to.</summary>
    public string? ActionUrl { get; init; }

    /// <summary>Why the provider will not get the money, in its own word.</summary>
    public string? FailureCode { get; init; }

    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>Why people have to look at it, for instance amount_mismatch; the state stays as it is.</summary>
    public string? Note { get; init; }

    /// <summary>The note that people have dealt with: the same one is not raised again.</summary>
    public string? Cleared { get; init; }

    /// <summary>How much of it the bank objects to, or objected to.</summary>
    public long? DisputeMinor { get; init; }

    public int Polls { get; init; }
}

/// <summary>A payment whose payee is a provider: money comes in.</summary>
internal sealed record TopUp(Payment Payment, TopUpDetails Details)
{
    public Guid Id => Payment.Id;
    public Guid PersonId => Payment.Person;
    public string Provider => Payment.Payee.Id;
    public Money Amount => Payment.Amount;
    public string State => TopUpState.Of(Payment.State, Details.NeedsAction);

    /// <summary>The provider has not decided.</summary>
    public bool IsOpen => Payment.State is PaymentState.Created or PaymentState.Awaiting;

    public bool IsCredited => Payment.State is PaymentState.Captured or PaymentState.Refunded;

    /// <summary>There is something to ask the provider about.</summary>
    public bool IsPolled => IsOpen || Payment.Dispute == DisputeState.Open;

    public override string ToString() => $"TopUp {Id} {State}";
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
        topUp.Id, topUp.State, topUp.Amount.AmountMinor, topUp.Amount.Currency, topUp.Payment.CreatedAt,
        topUp.Payment.CapturedAt ?? topUp.Details.FailedAt,
        topUp is { State: TopUpState.ActionNeeded, Details.ActionUrl: { } url } ? new Action("redirect", url) : null,
        topUp.Details.FailureCode, topUp.Payment.Dispute);
}
