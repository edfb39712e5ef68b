namespace SightPay.Server.Payments;

/// <summary>
/// Asks the provider for a top-up's money, or what became of it, and settles what it says.
/// </summary>
/// <remarks>
/// Repeating a call under its key is not enough to learn the truth: a provider gives its first answer again, an error
/// as well, and forgets the key after a day, when the same wish would take the money a second time. So whatever was
/// asked for without an answer is looked for by our reference first, and repeated only when it is not there.
/// </remarks>
internal sealed partial class AskProvider(
    PaymentProviders providers, ChangeTopUp change, ProviderCallLog calls, SettleTopUp settle,
    PaymentSettings settings, TimeProvider clock, ILogger<AskProvider> log)
{
    /// <summary>Nothing is taken any more for a wish this old: its person has gone on.</summary>
    public const string Expired = "expired";

    /// <summary>The word of providers for what we gave up, since its customer did not come back.</summary>
    public const string Abandoned = "abandoned";

    /// <param name="credits">False right after the wish: then the provider's signed message is waited for, so that
    /// nothing in a request alone moves money.</param>
    public async Task RunAsync(TopUp topUp, bool credits, CancellationToken ct)
    {
        if (providers.Find(topUp.Provider) is not { } provider)
        {
            NotKnown(log, topUp.Id, $"there is no provider {topUp.Provider}");
            return;
        }
        var call = topUp.Details.ProviderPaymentId is not { } known ? await FindOrCreateAsync(provider, topUp, ct)
            : IsAbandoned(topUp) ? await calls.RunAsync(
                topUp.Id, ProviderAct.Cancel, () => provider.CancelAsync(known, ct), StateOf, ct)
            : await provider.FetchAsync(known, ct);
        switch (call)
        {
            case ProviderCall<ProviderPayment?>.Succeeded { Value: { Status: ProviderPaymentStatus.Succeeded } paid }
                when !credits:
                await settle.AwaitAsync(topUp, paid, ct);
                break;
            case ProviderCall<ProviderPayment?>.Succeeded { Value: { } payment }:
                await settle.RunAsync(provider, payment, ct);
                break;
            case ProviderCall<ProviderPayment?>.Succeeded:
                await change.NoteAsync(topUp.Id, "payment_unknown", ct);
                break;
            case ProviderCall<ProviderPayment?>.Failed failed:
                await settle.RefusedAsync(topUp, failed.Code, ct);
                break;
            case ProviderCall<ProviderPayment?>.Unknown unknown:
                NotKnown(log, topUp.Id, unknown.Why);
                break;
        }
    }

    private async Task<ProviderCall<ProviderPayment?>> FindOrCreateAsync(
        IPaymentProvider provider, TopUp topUp, CancellationToken ct)
    {
        var before = await calls.OfAsync(topUp.Id, ProviderAct.Create, ct);
        if (before.Any(call => call.IsOpen))
        {
            var found = await provider.FindAsync(topUp.Id, before[0].BeganAt, before[^1].BeganAt, ct);
            if (found is not ProviderCall<ProviderPayment?>.Succeeded { Value: null }) return found;
        }
        if (clock.GetUtcNow() - topUp.Payment.CreatedAt > settings.AskWithin)
            return new ProviderCall<ProviderPayment?>.Failed(Expired);
        var made = await calls.RunAsync(
            topUp.Id, ProviderAct.Create,
            () => provider.CreateAsync(topUp.Id, topUp.Amount, topUp.Details.Method, ct), StateOf, ct);
        return made switch
        {
            ProviderCall<ProviderPayment>.Succeeded { Value: var payment } =>
                new ProviderCall<ProviderPayment?>.Succeeded(payment),
            ProviderCall<ProviderPayment>.Failed { Code: var code } => new ProviderCall<ProviderPayment?>.Failed(code),
            ProviderCall<ProviderPayment>.Unknown { Why: var why } => new ProviderCall<ProviderPayment?>.Unknown(why),
            _ => throw new InvalidOperationException("A call has one of three outcomes."),
        };
    }

    /// <summary>Its customer never came back from their bank's page; a bank that says yes next month would surprise
    /// them.</summary>
    private bool IsAbandoned(TopUp topUp) => topUp.State == TopUpState.ActionNeeded
        && clock.GetUtcNow() - topUp.Payment.CreatedAt > settings.CustomerWithin;

    private static CallState StateOf(ProviderPayment? payment) => payment?.Status switch
    {
        ProviderPaymentStatus.Succeeded => CallState.Success,
        ProviderPaymentStatus.Failed => CallState.Failed,
        _ => CallState.Pending,
    };

    [LoggerMessage(1501, LogLevel.Warning, "What became of top-up {TopUp} is not known ({Why}); it is asked again.")]
    private static partial void NotKnown(ILogger log, Guid topUp, string why);
}
