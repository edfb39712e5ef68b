using System.Globalization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.People;

namespace SightPay.Server.Retail;

/// <summary>
/// The payer says yes at the till that asked, with their PIN. It is the PIN of whoever the payment names and of nobody
/// else, and the yes is to the amount that the till shows.
/// </summary>
internal sealed class ConfirmAtTill(
    PaymentParties parties, ChangePayment change, ChangeRequests requests, Pins pins, GeneralLedger ledger,
    Idempotency idempotency)
{
    /// <param name="Amount">What the payer was shown; another one than the payment's is refused.</param>
    internal sealed record Request(Secret? Pin, Request.Sum? Amount)
    {
        internal sealed record Sum(long? AmountMinor, string? Currency);

        public override string ToString() => nameof(Request);
    }

    public async Task<IResult> RunAsync(Guid id, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<Request>(http, "Send pin, and amount as the payer was shown it.");
        if (request.Pin?.Reveal() is not { } pin || !Pins.IsPin(pin))
            return Problems.Of(422, "fields_invalid", "The PIN cannot be used.",
                errors: new Dictionary<string, string[]> { ["pin"] = ["The payer's PIN of 4 to 8 digits is needed."] });
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
                    var check = await pins.VerifyAsync(payment.Person, pin, ct);
                    if (check.Verdict != PinVerdict.Right) return await RefuseAsync(key, check, ct);
                    // A change that came in between plans again; the PIN need not be right a second time.
                    isProven = true;
                }
                return await requests.ConfirmAsync(payment, StepUp.Pin, key, ct);
            },
            pins.Blind(string.Create(
                CultureInfo.InvariantCulture, $"{pin}:{request.Amount?.AmountMinor}:{request.Amount?.Currency}")));
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

    /// <summary>Recorded under the key, so that the same request sent again costs no further try.</summary>
    private Task<ActResult> RefuseAsync(ActKey key, PinCheck check, CancellationToken ct)
    {
        var answer = check.Verdict switch
        {
            PinVerdict.Wrong => Problems.Answer(
                403, "pin_wrong", "The PIN is wrong.", ("tries_left", check.TriesLeft)),
            PinVerdict.Locked => Problems.Answer(
                403, "pin_locked", "The PIN is locked. Choose a new one in the app, or confirm there."),
            _ => Problems.Answer(403, "pin_not_set", "There is no PIN yet. Confirm in the app."),
        };
        return ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = [new Plan { Compose = _ => answer }],
            Refuse = _ => answer,
        }, ct);
    }
}
