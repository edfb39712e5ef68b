using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>
/// What payer or driver say to a session: yes, "not me", open it again. Saying it twice changes nothing, so that an app
/// that was killed, lost its answer or refreshed its session in the meantime may simply ask again.
/// </summary>
internal sealed class AnswerSession(
    ReadSession sessions, SessionAnswers answers, PumpSessionPlans plans, Forecourt forecourt, Vehicles vehicles,
    SpendingPolicy policy, PumpSessionSettings settings, GeneralLedger ledger, Idempotency idempotency,
    TimeProvider clock)
{
    /// <summary>A car that left stands at no pump, whoever opens its offer again.</summary>
    private static readonly TimeSpan ReopenWithin = TimeSpan.FromMinutes(15);

    /// <param name="Amount">Before fuelling the most that may be taken, else the bill as it was shown.</param>
    internal sealed record Request(Request.Sum? Amount)
    {
        internal sealed record Sum(long? AmountMinor, string? Currency);
    }

    /// <summary>Whoever answers, and the session as it stands.</summary>
    private sealed record Answering(PumpSession Session, SessionView View, Guid Person, VehicleDriver? Driver);

    public Task<IResult> ConfirmAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var request = await RequestBody.JsonAsync<Request>(http, "Send amount, or an empty object.");
            var answering = await ReadAsync(id, Caller.Of(http), ct);
            return answering.Session.State switch
            {
                PumpSessionState.Offered or PumpSessionState.Held =>
                    await HoldAsync(answering, ChosenMinor(request), key, ct),
                PumpSessionState.Paid => Shown(answering),
                PumpSessionState.Fuelling when answering.Session.HoldMinor > 0 => Shown(answering),
                _ => await PayAsync(answering, request, key, ct),
            };
        });

    public Task<IResult> DeclineAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            // Whose it was no longer is theirs: a second "not me" finds a stranger's session, and says so.
            var answering = await ReadAsync(id, Caller.Of(http), ct);
            var (session, isOver) = (answering.Session, answering.Session.State == PumpSessionState.Declined);
            if (isOver) return Shown(answering);
            var act = await ActAsync(answering, ct);
            return await SubmitAsync(
                session, plans.LetGo(act, session.NotTheirs(), PumpSessionEvent.Decline), key, ct);
        });

    public Task<IResult> ReopenAsync(Guid id, HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var answering = await ReadAsync(id, Caller.Of(http), ct);
            var session = answering.Session;
            if (session.State is PumpSessionState.Offered or PumpSessionState.Held or PumpSessionState.Delivered
                or PumpSessionState.Paid)
                return Shown(answering);
            if (session.State == PumpSessionState.Lapsed) await DemandPlaceAsync(session, ct);
            var opened = session with
            {
                State = PumpSessionLifetime.Next(session.State, PumpSessionEvent.Reopen) ?? session.State,
            };
            return await SubmitAsync(
                session, [plans.Move(await ActAsync(answering, ct), opened, PumpSessionEvent.Reopen)], key, ct);
        });

    /// <summary>A yes before the amount is known.</summary>
    private async Task<ActResult> HoldAsync(
        Answering answering, long? chosenMinor, ActKey key, CancellationToken ct)
    {
        var session = answering.Session;
        var act = await ActAsync(answering, ct);
        // Said before, and nothing else is wanted: the money is set aside already.
        if (act.Payment is { State: PaymentState.Authorised } && chosenMinor is null) return Shown(answering);
        var wallet = await ledger.AccountAsync(Person.WalletKey(session.Payer!.Value), ct);
        var available = (wallet?.AvailableMinor ?? 0)
            // What is set aside for this session is free for it.
            + (act.Payment is { State: PaymentState.Authorised } held ? held.Amount.AmountMinor : 0);
        var most = Math.Min(chosenMinor ?? long.MaxValue, answering.Driver?.MaxMinor ?? long.MaxValue);
        var size = plans.SizeOfHold(available, most, await PricesAsync(act.Site, session, ct));
        // Another tap may have set it aside since this one looked: then that is what it finds.
        if (size.Minor < settings.HoldMinorMin
            && (await sessions.FindAsync(session.Id, ct))?.Version != session.Version)
            return new ActResult(ActEnd.Stale, Answer.None, null, false);
        if (size.Minor < settings.HoldMinorMin)
            throw new ProblemException(
                402, RefusalCode.InsufficientFunds, "The wallet does not hold enough to begin. Top up, then say yes.");
        var yes = new SessionYes(answering.Person, policy.LimitOf(Sight.None, StepUp.SignedIn)!);
        return await SubmitAsync(session, plans.Hold(Counted(act, answering, size.Minor), yes, size), key, ct);
    }

    private async Task<ActResult> PayAsync(
        Answering answering, Request request, ActKey key, CancellationToken ct)
    {
        var session = answering.Session;
        if (session.State == PumpSessionState.Delivered)
        {
            if (request.Amount is { } shown
                && (shown.AmountMinor != session.BillMinor || shown.Currency != settings.Currency))
                throw new ProblemException(
                    409, "amount_changed", "The bill is another one than the one that was shown. Look at it again.");
            if (answering.Driver is { } driver && session.BillMinor > driver.MaxMinor)
                throw new ProblemException(
                    403, DriverDayRow.LimitExceeded,
                    "This is more than the owner lets you spend at once. Ask the owner to pay it.");
        }
        var act = Counted(await ActAsync(answering, ct), answering, session.BillMinor);
        var yes = new SessionYes(answering.Person, policy.LimitOf(Sight.None, StepUp.SignedIn)!);
        return await SubmitAsync(session, plans.Pay(act, yes), key, ct);
    }

    /// <summary>The prices of all that the engine takes.</summary>
    private async Task<IReadOnlyCollection<UnitPrice>> PricesAsync(Site site, PumpSession session, CancellationToken ct)
    {
        var engine = session.VehicleId is { } id && await vehicles.FindAsync(id, ct) is { } vehicle
            ? vehicle.Fuel
            : VehicleFuel.Unknown;
        var prices = await forecourt.PricesAtAsync(site.Id, clock.GetUtcNow(), ct);
        return
        [
            .. site.Grades.Where(grade => FuelFits.Takes(engine, grade.Fuel) && prices.ContainsKey(grade.Id))
                .Select(grade => prices[grade.Id]),
        ];
    }

    private async Task DemandPlaceAsync(PumpSession session, CancellationToken ct)
    {
        if (clock.GetUtcNow() - (session.SeenAt ?? session.BeganAt) > ReopenWithin)
            throw new ProblemException(
                409, "session_over", "That was too long ago. Drive up to a pump and it begins anew.");
        if (await sessions.AtPumpAsync(session.PumpId, ct) is not null)
            throw new ProblemException(409, "pump_taken", "Another car is at the pump now.");
        if (session.VehicleId is { } vehicle && await sessions.OfCarAsync(vehicle, ct) is not null)
            throw new ProblemException(409, "car_elsewhere", "This car is at a pump already.");
    }

    private async Task<Answering> ReadAsync(Guid id, Caller caller, CancellationToken ct)
    {
        var session = await sessions.FindAsync(id, ct);
        var role = await answers.DemandRoleAsync(session, caller, ct);
        if (role == SessionRole.Staff)
            throw new ProblemException(403, "forbidden", "Only the owner and the drivers of the car may do this.");
        var person = caller.PersonId!.Value;
        var driver = role == SessionRole.Driver
            ? await vehicles.DriverAsync(session!.VehicleId!.Value, person, ct)
            : null;
        return new Answering(session!, await answers.ViewAsync(session!, role, ct), person, driver);
    }

    private async Task<SessionAct> ActAsync(Answering answering, CancellationToken ct) =>
        await sessions.ActAsync(
            answering.Session, (stored, _) => new Answer(200, ApiJson.Write(answering.View.Of(stored))), ct) with
        {
            // Whoever was its payer until now hears that it is over for them.
            Tell =
            [
                .. await sessions.DriversAsync(answering.Session, ct),
                .. answering.Session.Payer is { } payer ? [payer] : (IEnumerable<Guid>)[],
            ],
        };

    private static SessionAct Counted(SessionAct act, Answering answering, long amountMinor) =>
        answering.Driver is { } driver
            ? act with { Rows = [.. act.Rows, DriverDayRow.Of(driver, act.From, amountMinor)] }
            : act;

    private long? ChosenMinor(Request request)
    {
        if (request.Amount is not { } chosen) return null;
        var errors = new Dictionary<string, string[]>();
        if (chosen.AmountMinor is not { } minor || minor < settings.HoldMinorMin)
            errors["amount.amount_minor"] = [$"At least {settings.HoldMinorMin} is needed."];
        if (chosen.Currency != settings.Currency)
            errors["amount.currency"] = [$"The currency here is {settings.Currency}."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "The amount cannot be set aside.", errors: errors);
        return chosen.AmountMinor;
    }

    private static ActResult Shown(Answering answering) => new(
        ActEnd.Committed, new Answer(200, ApiJson.Write(answering.View.Of(answering.Session))), null, Replayed: true);

    private Task<ActResult> SubmitAsync(
        PumpSession session, IReadOnlyList<Plan> alternatives, ActKey key, CancellationToken ct) =>
        ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = alternatives,
            Refuse = refusal => SessionRefusal.Answer(session, refusal),
        }, ct);
}
