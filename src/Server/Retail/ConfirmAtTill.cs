using System.Globalization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.People;

namespace SightPay.Server.Retail;

/// <summary>
/// The payer says yes at the till that asked, with their PIN or a code that their app shows. It is that of whoever the
/// payment names and of nobody else, and the yes is to the amount that the till shows.
/// </summary>
internal sealed class ConfirmAtTill(
    PaymentParties parties, ChangePayment change, ChangeRequests requests, Pins pins, OneTimeCodes codes,
    GeneralLedger ledger, Idempotency idempotency)
{
    /// <param name="Amount">What the payer was shown; another one than the payment's is refused.</param>
    internal sealed record Request(Secret? Pin, Secret? Qr, Request.Sum? Amount)
    {
        internal sealed record Sum(long? AmountMinor, string? Currency);

        public override string ToString() => nameof(Request);
    }

    public async Task<IResult> RunAsync(Guid id, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<Request>(
            http, "Send pin or qr, and amount as the payer was shown it.");
        var (way, said) = Read(request);
        var caller = Caller.Of(http);
        var isProven = false;
        return await idempotency.RunAsync(
            http, required: false,
            async (key, ct) =>
            {
                var payment = await DemandAsync(id, caller, request, ct);
                // What is not waiting needs no PIN to say so, and costs no try.
                if (payment.State == PaymentState.Awaiting && !isProven)
                {
                    if (await RefusalOfAsync(payment, way, said, ct) is { } refusal)
                        return await RefuseAsync(key, refusal, ct);
                    // A change that came in between plans again; the PIN need not be right a second time, and a code
                    // is used up.
                    isProven = true;
                }
                return await requests.ConfirmAsync(payment, way, key, ct);
            },
            pins.Blind(string.Create(
                CultureInfo.InvariantCulture, $"{said}:{request.Amount?.AmountMinor}:{request.Amount?.Currency}")));
    }

    private async Task<Payment> DemandAsync(Guid id, Caller caller, Request request, CancellationToken ct)
    {
        var payment = await parties.DemandAsync(id, caller, till: true, ct: ct);
        if (payment.Station != caller.StationId)
            throw new ProblemException(403, "wrong_station", "Another till asked for this payment; confirm it there.");
        if (request.Amount is { } shown
            && (shown.AmountMinor != payment.Amount.AmountMinor || shown.Currency != payment.Amount.Currency))
            throw new ProblemException(
                409, "amount_changed", "The payer was shown another amount than the payment's; show it again.");
        return await change.ReadAsync(id, ct);
    }

    private static (StepUp Way, string Said) Read(Request request) =>
        (request.Pin?.Reveal(), request.Qr?.Reveal()) switch
        {
            ({ } pin, null) when Pins.IsPin(pin) => (StepUp.Pin, pin),
            (null, { } code) when OneTimeCodes.IsCode(code) => (StepUp.SignedIn, code),
            _ => throw new ProblemException(
                422, "fields_invalid", "Send one of pin (4 to 8 digits) and qr (a code of the app), of the payer."),
        };

    /// <summary>Null when it is really the payer.</summary>
    private async Task<Answer?> RefusalOfAsync(Payment payment, StepUp way, string said, CancellationToken ct)
    {
        if (way == StepUp.SignedIn)
            return await codes.MatchOneAsync([payment.Person], said, ct) is null
                ? Problems.Answer(
                    403, "code_wrong", "This is no present code of the payer's app. Show a new one, or confirm there.")
                : null;
        var check = await pins.VerifyAsync(payment.Person, said, ct);
        return check.Verdict switch
        {
            PinVerdict.Right => null,
            PinVerdict.Wrong => Problems.Answer(
                403, "pin_wrong", "The PIN is wrong.", ("tries_left", check.TriesLeft)),
            PinVerdict.Locked => Problems.Answer(
                403, "pin_locked", "The PIN is locked. Choose a new one in the app, or confirm there."),
            _ => Problems.Answer(403, "pin_not_set", "There is no PIN yet. Confirm in the app."),
        };
    }

    /// <summary>Recorded under the key, so that the same request sent again costs no further try.</summary>
    private Task<ActResult> RefuseAsync(ActKey key, Answer answer, CancellationToken ct) =>
        ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = [new Plan { Compose = _ => answer }],
            Refuse = _ => answer,
        }, ct);
}
