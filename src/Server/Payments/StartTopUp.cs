using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <param name="Method">What it is paid with; the sandbox takes its card that succeeds when none is named.</param>
internal sealed record TopUpRequest(long? AmountMinor, string? Currency, TopUpRequest.Means? Method = null)
{
    internal sealed record Means(string? Type, string? Token)
    {
        public override string ToString() => $"{Type} [token]";
    }
}

/// <summary>
/// POST /wallet/top-ups. Records the wish under the client's key and asks the provider for the money. It never credits:
/// only the provider's signed word does, see <see cref="SettleTopUp"/>.
/// </summary>
internal sealed partial class StartTopUp(
    Idempotency idempotency, GeneralLedger ledger, PaymentProviders providers, TopUpStore store, TopUpPlans plans,
    TopUpWaiters waiters, AskProvider ask, PaymentSettings settings, TimeProvider clock, ILogger<StartTopUp> log)
{
    public async Task<IResult> RunAsync(HttpContext http)
    {
        var request = await RequestBody.JsonAsync<TopUpRequest>(
            http, "Send a JSON object with amount_minor (a whole number) and currency.");
        var person = Caller.Of(http).PersonId!.Value;
        Guid? begun = null;
        var answer = await idempotency.RunAsync(http, required: true, async (key, ct) =>
        {
            var amount = AmountOf(request);
            var provider = providers.ForTopUps ?? throw new ProblemException(
                409, "no_payment_provider", "Nobody takes payments for this installation; ask its operator.");
            var method = MethodOf(request, provider);
            var payment = new Payment
            {
                Id = Ids.Next(clock), Kind = PaymentKind.TopUp, Person = person, Method = provider.Name,
                Payee = new Payee(provider.Name, PaymentProviders.ClearingKey(provider.Name)), Amount = amount,
                State = PaymentState.Created,
            };
            var result = await ledger.SubmitAsync(new Act
            {
                Id = key.Id,
                Fingerprint = key.Fingerprint,
                Plans = [plans.Create(new TopUp(payment, new TopUpDetails { Method = method }))],
                Refuse = refusal => Problems.Answer(422, refusal.Code, "The top-up could not be recorded."),
            }, ct);
            if (result is { End: ActEnd.Committed, Replayed: false }) begun = payment.Id;
            return result;
        });
        if (begun is { } topUp) await AskProviderAsync(topUp, http.RequestAborted);
        return answer;
    }

    private static PaymentMethod? MethodOf(TopUpRequest request, IPaymentProvider provider)
    {
        var method = request.Method is { Type: { } type, Token: { } token } ? new PaymentMethod(type, token) : null;
        if (request.Method is not null && method is null)
            throw Refused("fields_invalid", "A method has a type and a token.");
        if (method is not null && CardNumbers.LooksLikeOne(method.Token))
            throw Refused(
                "card_number_refused", "Card numbers never come here: send the token that the provider gave for it.");
        return provider.Objection(method) is { } objection
            ? throw Refused("payment_method_invalid", objection)
            : method;

        static ProblemException Refused(string code, string detail) => new(
            422, code, detail, errors: new Dictionary<string, string[]> { ["method"] = [detail] });
    }

    private Money AmountOf(TopUpRequest request)
    {
        var errors = new Dictionary<string, string[]>();
        if (request.AmountMinor is null) errors["amount_minor"] = ["The amount in minor units is needed."];
        if (request.Currency is null) errors["currency"] = ["The currency is needed."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "Some fields are missing; see errors.", errors: errors);
        if (request.Currency != settings.Currency)
            throw new ProblemException(422, "currency_mismatch", $"Wallets here hold {settings.Currency}.");
        if (request.AmountMinor < settings.TopUpMinorMin || request.AmountMinor > settings.TopUpMinorMax)
            throw new ProblemException(422, "amount_out_of_range",
                $"A top-up is {settings.TopUpMinorMin} to {settings.TopUpMinorMax} minor units.");
        return new Money(request.AmountMinor!.Value, request.Currency);
    }

    /// <summary>
    /// What fails here is no error of the request: the top-up stands, and the poller asks the provider again. The
    /// answer waits a moment only, so that a provider that is silent for a minute holds nobody up.
    /// </summary>
    private async Task AskProviderAsync(Guid id, CancellationToken ct)
    {
        var settled = waiters.Expect(id);
        try
        {
            // Not cancelled with the request: whoever closed the page still wants the money.
            var asked = AskAsync(id);
            await Task.WhenAll(asked, settled).WaitAsync(settings.SettleWait, clock, ct);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // The provider is slow or the client left; the webhook or the poller goes on.
        }
        finally
        {
            waiters.Forget(id);
        }
    }

    private async Task AskAsync(Guid id)
    {
        try
        {
            if (await store.FindAsync(id, CancellationToken.None) is not { } topUp) return;
            await ask.RunAsync(topUp, credits: false, CancellationToken.None);
        }
        catch (Exception fault)
        {
            AskFailed(log, id, fault.GetType().Name);
        }
    }

    [LoggerMessage(1507, LogLevel.Warning, "Asking for top-up {TopUp} failed ({Why}); it is tried again.")]
    private static partial void AskFailed(ILogger log, Guid topUp, string why);
}
