using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Payments;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>
/// What the staff of a site do to a session: money was paid in the shop, the car drove off, it was another car, another
/// pump, or nothing at all. Each act stands in the audit log, in the same commit.
/// </summary>
internal sealed class StaffSession(
    ReadSession sessions, SessionAnswers answers, SiteStaff staff, PumpSessionPlans plans, RefundPayment refunds,
    PaymentSettings payments, Vehicles vehicles, GeneralLedger ledger, Idempotency idempotency, TimeProvider clock)
{
    private const int ReasonLengthMax = 500;

    /// <param name="PumpId">Before fuelling: the car stands at this one.</param>
    /// <param name="VehicleId">It was this car; its payer is asked.</param>
    internal sealed record ReassignRequest(string? PumpId, Guid? VehicleId);

    /// <param name="Reason">Why the money is given up.</param>
    internal sealed record WriteOffRequest(string? Reason);

    /// <param name="AmountMinor">What people found to be right: what the pump said, or what its quantity costs.</param>
    internal sealed record ReleaseRequest(long? AmountMinor);

    /// <summary>The shop has the money. A payment of ours is let go; one that took its money gives it back.</summary>
    public Task<IResult> CashAsync(Guid id, HttpContext http) => ChangeAsync(id, http, "fuel_paid_in_shop",
        PumpSessionState.PaidElsewhere, (act, caller, _) => Task.FromResult(PaidElsewhere(act, caller)));

    public Task<IResult> DriveOffAsync(Guid id, HttpContext http) => ChangeAsync(id, http, "fuel_drive_off",
        PumpSessionState.DriveOff, (act, _, _) => Task.FromResult(plans.LetGo(
            act, act.From with { Note = PumpSessionNote.DroveOff }, PumpSessionEvent.DriveAway)));

    /// <summary>Above what one of them may give back alone it is the owner's or an operator's.</summary>
    public async Task<IResult> WriteOffAsync(Guid id, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<WriteOffRequest>(http, "Send reason.");
        if (request.Reason?.Trim() is not { Length: >= 3 and <= ReasonLengthMax })
            return Problems.Of(422, "fields_invalid", "Say why.", errors: new Dictionary<string, string[]>
            {
                ["reason"] = [$"A reason of 3 to {ReasonLengthMax} characters is needed."],
            });
        return await ChangeAsync(id, http, "fuel_written_off", PumpSessionState.WrittenOff, (act, _, _) =>
            Task.FromResult(plans.LetGo(
                act, act.From with { Note = request.Reason.Trim() }, PumpSessionEvent.WriteOff)), SiteRight.Manage);
    }

    public Task<IResult> CancelAsync(Guid id, HttpContext http) => ChangeAsync(id, http, "fuel_session_cancelled",
        PumpSessionState.Cancelled, (act, _, _) => Task.FromResult(
            plans.LetGo(act, act.From, PumpSessionEvent.Cancel)));

    /// <summary>Whoever stands at the counter says that it is not theirs: as if they had said so in the app.</summary>
    public Task<IResult> NotTheirsAsync(Guid id, HttpContext http) => ChangeAsync(id, http, "fuel_not_theirs", null,
        (act, _, _) => act.From.Payer is { } payer
            ? Task.FromResult(plans.LetGo(
                act with { Tell = [.. act.Tell, payer] }, act.From.NotTheirs(), PumpSessionEvent.Decline))
            : throw new ProblemException(409, "nobodys", "It is nobody's already: take the money, or name a car."));

    /// <summary>People have found out what was delivered: the bill is asked for, or waits for somebody.</summary>
    public async Task<IResult> ReleaseAsync(Guid id, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<ReleaseRequest>(http, "Send amount_minor.");
        return await ChangeAsync(id, http, "fuel_released", null, (act, _, _) =>
        {
            var before = act.From;
            var priced = before is { Price: { } price, DeliveredThousandths: <= Quantity.ThousandthsMax }
                ? price.AmountOf(new(before.DeliveredThousandths.Value, price.Unit))
                : (long?)null;
            if (request.AmountMinor is not > 0
                || (request.AmountMinor != priced && request.AmountMinor != before.SaidMinor))
                throw new ProblemException(
                    422, "fields_invalid", "Take what the pump said or what its quantity costs; write all else off.",
                    errors: new Dictionary<string, string[]> { ["amount_minor"] = ["It is neither of them."] });
            var happened = before.Payer is null ? PumpSessionEvent.DeliverUnclaimed : PumpSessionEvent.Deliver;
            return Task.FromResult(plans.LetGo(
                act, before with { BillMinor = request.AmountMinor.Value }, happened));
        });
    }

    public async Task<IResult> ReassignAsync(Guid id, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<ReassignRequest>(http, "Send pump_id or vehicle_id.");
        return (request.PumpId, request.VehicleId) switch
        {
            ({ } pump, null) => await ChangeAsync(
                id, http, "fuel_moved", null, (act, _, ct) => MoveAsync(act, pump, ct)),
            (null, { } vehicle) => await ChangeAsync(
                id, http, "fuel_reassigned", null, (act, _, ct) => AssignAsync(act, vehicle, ct)),
            _ => Problems.Of(422, "fields_invalid", "Say one of pump_id and vehicle_id."),
        };
    }

    private IReadOnlyList<Plan> PaidElsewhere(SessionAct act, Caller caller)
    {
        if (act.From.State != PumpSessionState.Paid || act.Payment is not { RefundableMinor: > 0 } payment)
            return plans.LetGo(act, act.From, PumpSessionEvent.PayElsewhere);
        if (payment.Person == caller.PersonId)
            throw AdjustmentWords.FourEyes("Nobody gives money back to themselves.");
        if (payment.RefundableMinor > payments.OperatorAloneMinorMax)
            throw new ProblemException(
                409, "already_paid",
                "It is paid in the app, and too much to give back alone. Give the cash back, or ask for a refund of "
                + "the payment.");
        var refund = new Adjustment(
            Ids.Next(clock), AdjustmentKind.Refund, payment.Id, payment.Person, AdjustmentDirection.Credit,
            payment.Amount with { AmountMinor = payment.RefundableMinor }, "Paid in the shop as well.",
            AdjustmentState.PendingApproval, caller.Name);
        return
        [
            plans.PayElsewhere(
                act, act.From with { Note = PumpSessionNote.PaidTwice }, refunds.Pay(payment, refund, null, 200)),
        ];
    }

    /// <summary>The car stands at another pump.</summary>
    private async Task<IReadOnlyList<Plan>> MoveAsync(SessionAct act, string pumpId, CancellationToken ct)
    {
        if (act.Site.Pumps.FirstOrDefault(pump => pump.Id == pumpId) is null)
            throw new ProblemException(404, "pump_not_found", "This site has no such pump.");
        var taken = await sessions.AtPumpAsync(pumpId, ct);
        if (taken is not null && taken.Id != act.From.Id)
            return plans.LetGo(act, act.From with { PumpId = pumpId, PaymentId = null }, PumpSessionEvent.Queue);
        var there = act.From with
        {
            PumpId = pumpId,
            State = PumpSessionLifetime.Next(act.From.State, PumpSessionEvent.Bind) ?? act.From.State,
        };
        return [plans.Move(act, there, PumpSessionEvent.Bind)];
    }

    /// <summary>It was this car. Its payer has said yes to nothing yet, so that they are asked.</summary>
    private async Task<IReadOnlyList<Plan>> AssignAsync(SessionAct act, Guid vehicleId, CancellationToken ct)
    {
        if (await vehicles.FindAsync(vehicleId, ct) is not { } vehicle)
            throw new ProblemException(404, "vehicle_not_found", "There is no vehicle with this id.");
        var before = act.From;
        if (before.VehicleId == vehicle.Id)
            throw new ProblemException(409, "same_vehicle", "It is this vehicle's already.");
        // What it began elsewhere makes room: a car stands at one pump.
        var other = PumpSessionLifetime.HasCar(before.State) ? await sessions.OfCarAsync(vehicle.Id, ct) : null;
        if (other is { State: PumpSessionState.Fuelling or PumpSessionState.Held })
            throw new ProblemException(409, "car_elsewhere", "This car is at another pump; end that first.");
        var theirs = before with
        {
            VehicleId = vehicle.Id, Payer = vehicle.Owner, SaidYes = null, PaymentId = null, IsDoubtful = true,
            Note = null,
        };
        return plans.LetGo(
            act with
            {
                InPlaceOf = other?.Id,
                Rows =
                [
                    .. act.Rows,
                    .. other is null
                        ? (IEnumerable<CompanionRow>)[]
                        :
                        [
                            new PumpSessionRow(
                                other, other with { State = PumpSessionState.Cancelled }, PumpSessionEvent.Cancel,
                                null),
                        ],
                ],
                Tell = [.. act.Tell, .. before.Payer is { } payer ? [payer] : (IEnumerable<Guid>)[]],
            },
            theirs, PumpSessionEvent.Assign);
    }

    /// <param name="what">Verb of the audit log.</param>
    /// <param name="done">A session that is so already is answered as it is; null: it is asked of its rules.</param>
    private Task<IResult> ChangeAsync(
        Guid id, HttpContext http, string what, PumpSessionState? done,
        Func<SessionAct, Caller, CancellationToken, Task<IReadOnlyList<Plan>>> plan,
        SiteRight needed = SiteRight.Work) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var caller = Caller.Of(http);
            var session = await sessions.FindAsync(id, ct);
            await answers.DemandRoleAsync(session, caller, ct);
            await staff.DemandAsync(caller, session!.SiteId, needed, ct);
            var view = await answers.ViewAsync(session, SessionRole.Staff, ct);
            if (session.State == done)
                return new ActResult(
                    ActEnd.Committed, new Answer(200, ApiJson.Write(view.Of(session))), null, Replayed: true);
            var act = await sessions.ActAsync(
                session, (stored, _) => new Answer(200, ApiJson.Write(view.Of(stored))), ct) with
            {
                Rows = [new AuditRow(caller.Name, what, $"fuel_session:{id}")],
            };
            return await ledger.SubmitAsync(new Act
            {
                Id = key.Id,
                Fingerprint = key.Fingerprint,
                Plans = await plan(act, caller, ct),
                Refuse = refusal => SessionRefusal.Answer(session, refusal),
            }, ct);
        });
}
