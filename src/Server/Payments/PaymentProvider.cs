using SightPay.Ledger;

namespace SightPay.Server.Payments;

internal enum ProviderPaymentStatus
{
    Pending,
    Succeeded,
    Failed,
}

/// <summary>The provider's own record of a payment: the only thing that money is credited on.</summary>
/// <param name="Reference">The id we gave it: our top-up.</param>
internal sealed record ProviderPayment(string Id, Guid Reference, Money Amount, ProviderPaymentStatus Status);

/// <param name="At">When the provider made it, by its clock.</param>
internal sealed record ReportedPayment(ProviderPayment Payment, DateTimeOffset At);

/// <summary>Somebody who takes people's money for us: an outside edge.</summary>
internal interface IPaymentProvider
{
    /// <summary>Name in routes, rows and account keys.</summary>
    string Name { get; }

    /// <summary>Keys that its messages may be signed with; several while one replaces another.</summary>
    IReadOnlyList<byte[]> WebhookKeys { get; }

    /// <summary>Asks for the money. Asking again with the same reference gives the same payment.</summary>
    Task<ProviderPayment> CreateAsync(Guid reference, Money amount, CancellationToken ct);

    /// <summary>Reads a payment by the provider's id; null when the provider does not know it.</summary>
    Task<ProviderPayment?> FetchAsync(string providerPaymentId, CancellationToken ct);

    /// <summary>The provider's report: all payments that it made in the period, oldest first.</summary>
    IAsyncEnumerable<ReportedPayment> ListAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct);

    /// <summary>The payment that a message is about; null when the message cannot be read.</summary>
    string? PaymentIdOf(ReadOnlySpan<byte> message);
}

/// <summary>Finds a provider by name.</summary>
internal sealed class PaymentProviders(IEnumerable<IPaymentProvider> providers)
{
    private readonly Dictionary<string, IPaymentProvider> _byName = providers.ToDictionary(each => each.Name);

    public IReadOnlyCollection<IPaymentProvider> All => _byName.Values;

    /// <summary>Who takes the money of a top-up. There is one so far.</summary>
    public IPaymentProvider ForTopUps => _byName.Values.First();

    public IPaymentProvider? Find(string name) => _byName.GetValueOrDefault(name);

    public static string ClearingKey(string provider) => $"provider_clearing:{provider}";
}
