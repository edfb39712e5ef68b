using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Events;
using SightPay.Server.People;
using SightPay.Server.Receipts;

namespace SightPay.Server.Payments;

/// <summary>
/// POST /corrections: an operator gives a person money or takes it, against the account of corrections, with a reason.
/// Above the limit another operator has to agree.
/// </summary>
internal sealed class CorrectWallet(
    Persons persons, PaymentSettings settings, GeneralLedger ledger, TimeProvider clock)
{
    internal sealed record Request(
        Guid? UserId, Request.Sum? Amount, AdjustmentDirection? Direction, string? Reason)
    {
        internal sealed record Sum(long? AmountMinor, string? Currency);
    }

    /// <summary>Key of the account that bears what corrections give and take.</summary>
    public static string AccountKey(string currency) => $"corrections:{currency}";

    public async Task<ActResult> RunAsync(Request request, Caller caller, ActKey key, CancellationToken ct)
    {
        var (amount, direction) = Demand(request);
        var reason = AdjustmentWords.Reason(request.Reason);
        if (request.UserId is not { } person || await persons.FindAsync(person, ct) is null)
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
        if (person == caller.PersonId) throw AdjustmentWords.FourEyes("Nobody corrects their own wallet.");
        var correction = new Adjustment(
            Ids.Next(clock), AdjustmentKind.Correction, null, person, direction, amount, reason,
            AdjustmentState.PendingApproval, caller.Name);
        return await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans =
            [
                amount.AmountMinor > settings.OperatorAloneMinorMax
                    ? Propose(correction)
                    : Book(correction, null, 201),
            ],
            Refuse = Refused,
        }, ct);
    }

    /// <param name="approver">Null: nobody else had to agree.</param>
    public Plan Book(Adjustment correction, string? approver, int status)
    {
        var row = new AdjustmentRow(correction with { State = AdjustmentState.Done }, approver);
        var (wallet, corrections) = (Person.WalletKey(correction.Person), AccountKey(correction.Amount.Currency));
        var (debit, credit) = correction.Direction == AdjustmentDirection.Credit
            ? (corrections, wallet)
            : (wallet, corrections);
        return new Plan
        {
            Transfers =
            [
                Transfer.Post(
                    Ids.Next(clock), debit, credit, correction.Amount.AmountMinor, TransferCode.Correction),
            ],
            Rows =
            [
                row, row.Event(),
                new AuditRow(
                    approver ?? correction.RequestedBy,
                    approver is null ? "correction_booked" : "correction_approved", correction.Id.ToString()),
                new ReceiptRow(
                    Ids.Next(clock), ReceiptKind.Correction, correction.Person, Words.Of(correction.Direction),
                    correction.Amount, correction.Id),
                new OutboxRow(
                    OutboxRow.PersonTopic(correction.Person), "wallet",
                    ApiJson.Write(new { Cause = "correction", CorrectionId = correction.Id })),
            ],
            Compose = outcome => new Answer(status, ApiJson.Write(AdjustmentAnswer.Of(row.StampedAt(outcome.At)))),
        };
    }

    public static Answer Refused(Refusal refusal) => refusal.Code == RefusalCode.InsufficientFunds
        ? Problems.Answer(409, refusal.Code, "The wallet holds less than that.")
        : Problems.Answer(409, refusal.Code, "The correction could not be booked.");

    private static Plan Propose(Adjustment correction)
    {
        var row = new AdjustmentRow(correction, null);
        return new Plan
        {
            Rows =
            [
                row, row.Event(),
                new AuditRow(correction.RequestedBy, "correction_requested", correction.Id.ToString()),
            ],
            Compose = outcome => new Answer(201, ApiJson.Write(AdjustmentAnswer.Of(row.StampedAt(outcome.At)))),
        };
    }

    private (Money Amount, AdjustmentDirection Direction) Demand(Request request)
    {
        var errors = new Dictionary<string, string[]>();
        if (request.Amount?.AmountMinor is not { } minor || minor <= 0)
            errors["amount.amount_minor"] = ["More than zero is needed."];
        else if (minor > settings.CorrectionMinorMax)
            errors["amount.amount_minor"] = [$"At most {settings.CorrectionMinorMax} is allowed."];
        if (request.Amount?.Currency != settings.Currency)
            errors["amount.currency"] = [$"Wallets here hold {settings.Currency}."];
        if (request.Direction is null) errors["direction"] = ["Say credit (to the person) or debit."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "The correction cannot be taken.", errors: errors);
        return (new Money(request.Amount!.AmountMinor!.Value, settings.Currency), request.Direction!.Value);
    }
}

/// <summary>Rules that all adjustments share.</summary>
internal static class AdjustmentWords
{
    private const int ReasonLengthMax = 500;

    public static string Reason(string? reason)
    {
        var words = reason?.Trim() ?? "";
        return words.Length is >= 3 and <= ReasonLengthMax
            ? words
            : throw new ProblemException(422, "fields_invalid", "Say why.", errors: new Dictionary<string, string[]>
            {
                ["reason"] = [$"A reason of 3 to {ReasonLengthMax} characters is needed."],
            });
    }

    public static ProblemException FourEyes(string detail) => new(403, "four_eyes", detail);
}
