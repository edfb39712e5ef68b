using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <summary>
/// A till asks a person for money. It is captured when the till has just seen that very person, else it is set aside
/// and the payer is asked. The payer is the one named and seen, never anybody else.
/// </summary>
internal sealed class RequestPayment(
    RetailStore store, Sightings sightings, Persons persons, PaymentPlans plans, SpendingPolicy policy,
    GeneralLedger ledger, RetailSettings settings, TimeProvider clock)
{
    /// <param name="Capture"><c>now</c> (with the yes; the default) or <c>later</c>: the yes authorises, and the till
    /// captures what is due.</param>
    internal sealed record Request(
        Guid? UserId, string? MerchantId, Request.Sum? Amount, Guid? SightingId, CaptureTime? Capture)
    {
        internal sealed record Sum(long? AmountMinor, string? Currency);
    }

    internal enum CaptureTime
    {
        Now,
        Later,
    }

    public static async Task<IResult> Handle(
        HttpContext http, Idempotency idempotency, StationDirectory stations, RequestPayment use)
    {
        var till = await stations.FindAsync(Caller.Of(http).StationId!, http.RequestAborted);
        if (till is not { Kind: StationKind.Till })
            return Problems.Of(403, "wrong_station", "Only a till asks for payments.");
        return await idempotency.RunAsync(http, required: true, async (key, ct) =>
            await use.RunAsync(
                till,
                await RequestBody.JsonAsync<Request>(
                    http, "Send user_id, merchant_id and amount {amount_minor, currency} as a JSON object."),
                key, ct),
            decidedByPlans: true);
    }

    private async Task<ActResult> RunAsync(Station till, Request request, ActKey key, CancellationToken ct)
    {
        var amount = DemandAmount(request);
        if (request.UserId is not { } payer || !await persons.IsKnownAsync(payer, ct))
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
        var merchant = await store.MerchantOfTillAsync(till.Id, ct);
        if (merchant is null || request.MerchantId != merchant)
            throw request.MerchantId is { } other && await store.HasMerchantAsync(other, ct)
                ? new ProblemException(403, "wrong_station", "This till belongs to another merchant.")
                : new ProblemException(404, "merchant_not_found", "There is no merchant with this id.");

        var now = clock.GetUtcNow();
        var payment = new Payment
        {
            Id = Ids.Next(clock),
            Kind = PaymentKind.Retail,
            Person = payer,
            Payee = new Payee(merchant, Merchant.AccountKey(merchant)),
            Station = till.Id,
            Amount = amount,
            State = PaymentState.Created,
            CapturesLater = request.Capture == CaptureTime.Later,
        };
        var sighting = payment.CapturesLater
            ? null
            : await PayingSightingAsync(request.SightingId, till, payer, now, ct);
        return await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = sighting is null ? [plans.Ask(payment, settings.Times)] :
            [
                PayNow(payment, sighting),
                plans.Ask(payment, settings.Times, PaymentRefusal.SightingSpent),
                plans.Ask(payment, settings.Times, SpendingRow.StepUpRequired),
            ],
            Refuse = Refuse,
        }, ct);
    }

    private Money DemandAmount(Request request)
    {
        var errors = new Dictionary<string, string[]>();
        if (request.Amount?.AmountMinor is not { } minor || minor <= 0)
            errors["amount.amount_minor"] = ["More than zero is needed."];
        else if (minor > settings.PaymentMaxMinor)
            errors["amount.amount_minor"] = [$"At most {settings.PaymentMaxMinor} is allowed."];
        if (request.Amount?.Currency != settings.Currency)
            errors["amount.currency"] = [$"The currency here is {settings.Currency}."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "The amount cannot be taken.", errors: errors);
        return new Money(request.Amount!.AmountMinor!.Value, settings.Currency);
    }

    /// <summary>The sighting when it may pay: the same till, fresh, and it names the payer; accepted, or by a second
    /// factor.</summary>
    private async Task<StoredSighting?> PayingSightingAsync(
        Guid? id, Station till, Guid payer, DateTimeOffset now, CancellationToken ct)
    {
        if (id is null || await sightings.FindAsync(id.Value, ct) is not { } sighting) return null;
        return sighting.StationId == till.Id && (sighting.Band == SightingBand.Accept || sighting.SteppedUp)
            && sighting.Person == payer && now - sighting.At < settings.SightingPaysWithin
                ? sighting
                : null;
    }

    private Plan PayNow(Payment payment, StoredSighting sighting) => plans.PayNow(
        payment with { SightingId = sighting.Id },
        // A PIN that named the payer was given before there was an amount: it agrees to none.
        sighting.SteppedUp
            ? policy.LimitOf(Sight.Asked, StepUp.PhoneDigits)!
            : policy.LimitOf(sighting.LivenessProved ? Sight.AcceptedLive : Sight.Accepted, StepUp.None)!);

    private static Answer Refuse(Refusal refusal) => refusal.Code == RefusalCode.InsufficientFunds
        ? Problems.Answer(402, refusal.Code, "The wallet does not hold enough. Top up, or pay another way.")
        : Problems.Answer(409, refusal.Code, "The payment could not be booked.");
}
