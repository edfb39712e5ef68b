using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

internal sealed record TopUpRequest(long? AmountMinor, string? Currency);

/// <summary>
/// POST /wallet/top-ups. Records the wish under the client's key and asks the provider for the money. It never credits:
/// only the provider's signed word does, see <see cref="SettleTopUp"/>.
/// </summary>
internal sealed partial class StartTopUp(
    Idempotency idempotency, GeneralLedger ledger, PaymentProviders providers, TopUpStore store,
    TopUpWaiters waiters, PaymentSettings settings, TimeProvider clock, ILogger<StartTopUp> log)
{
    public async Task<IResult> RunAsync(HttpContext http)
    {
        var request = await RequestBody.JsonAsync<TopUpRequest>(
            http, "Send a JSON object with amount_minor (a whole number) and currency.");
        var person = Caller.Of(http).PersonId!.Value;
        (Guid Id, Money Amount)? begun = null;
        var answer = await idempotency.RunAsync(http, required: true, async (key, ct) =>
        {
            var amount = AmountOf(request);
            var id = Ids.Next(clock);
            var result = await ledger.SubmitAsync(CreationOf(key, id, person, amount), ct);
            if (result is { End: ActEnd.Committed, Replayed: false }) begun = (id, amount);
            return result;
        });
        if (begun is var (topUp, money)) await AskProviderAsync(topUp, money, http.RequestAborted);
        return answer;
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

    private Act CreationOf(ActKey key, Guid id, Guid person, Money amount) => new()
    {
        Id = key.Id,
        Fingerprint = key.Fingerprint,
        Plans =
        [
            new Plan
            {
                Rows = [new TopUpCreatedRow(
                    id, person, providers.ForTopUps.Name, amount, settings.PollAfter[0])],
                Compose = outcome => new Answer(201, ApiJson.Write(new TopUpAnswer(
                    id, TopUpState.Created, amount.AmountMinor, amount.Currency, outcome.At, null))),
            },
        ],
        Refuse = refusal => Problems.Answer(422, refusal.Code, "The top-up could not be recorded."),
    };

    /// <summary>
    /// What fails here is no error of the request: the top-up stands, and the poller asks the provider again.
    /// </summary>
    private async Task AskProviderAsync(Guid topUp, Money amount, CancellationToken ct)
    {
        var settled = waiters.Expect(topUp);
        try
        {
            // Not cancelled with the request: whoever closed the page still wants the money.
            var payment = await providers.ForTopUps.CreateAsync(topUp, amount, CancellationToken.None);
            await store.SetPendingAsync(topUp, payment.Id, CancellationToken.None);
            await settled.WaitAsync(settings.SettleWait, clock, ct);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // The provider is slow or the client left; the webhook or the poller goes on.
        }
        catch (Exception fault)
        {
            ProviderFailed(log, topUp, fault);
        }
        finally
        {
            waiters.Forget(topUp);
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "The provider could not be asked for top-up {TopUp}; the poller will.")]
    private static partial void ProviderFailed(ILogger log, Guid topUp, Exception fault);
}
