using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.Receipts;

namespace SightPay.Server.Fuel;

/// <summary>What one act does to one session.</summary>
/// <param name="From">As it is stored.</param>
/// <param name="Payment">Its payment as it is stored; null: it has none.</param>
/// <param name="Site">Whom the money goes to.</param>
/// <param name="Compose">The answer, from the session as the commit leaves it.</param>
internal sealed record SessionAct(
    PumpSession From, Payment? Payment, Site Site, Func<PumpSession, Outcome, Answer> Compose)
{
    /// <summary>Written with it: audit entries, a sighting, another session that makes room.</summary>
    public IReadOnlyList<CompanionRow> Rows { get; init; } = [];

    /// <summary>Whose pages hear of it beside the payer's: drivers, and whoever was the payer until now.</summary>
    public IReadOnlyList<Guid> Tell { get; init; } = [];

    /// <summary>The session that leaves the pump or the car in the same plan.</summary>
    public Guid? InPlaceOf { get; init; }
}

/// <summary>A yes to a session.</summary>
/// <param name="By">The owner or a driver.</param>
/// <param name="Within">What may be spent on a yes of this kind.</param>
internal sealed record SessionYes(Guid? By, SpendingLimit Within);

/// <summary>How much a yes sets aside.</summary>
/// <param name="Minor">Now.</param>
/// <param name="MaxMinor">In all, as current flows and as far as the wallet then covers it.</param>
internal readonly record struct HoldSize(long Minor, long MaxMinor);

/// <summary>What a pump says that it delivered.</summary>
/// <param name="Price">Frozen when the nozzle was lifted.</param>
/// <param name="TankId">Where it came from; null: from no tank.</param>
internal sealed record PumpDelivery(
    long TrxSeq, int Nozzle, string? GradeId, UnitPrice? Price, string? TankId, long Thousandths, long? SaidMinor);

/// <summary>
/// The ways in which a session moves. Each gives the plans of one act: the session, its payment, transfers, receipt,
/// tank and events, in one commit. Nothing is taken without a yes: that of the payer, or of an owner who allowed their
/// plate so much.
/// </summary>
internal sealed class PumpSessionPlans(PaymentPlans payments, PumpSessionSettings settings, TimeProvider clock)
{
    private PaymentTimes Times => new(settings.BillFor, settings.HoldFor, settings.OverPercent);

    /// <summary>A new session: a car was seen, or a nozzle lifted by somebody whom nobody knows.</summary>
    /// <param name="after">Tried only after a plan before was refused so.</param>
    public Plan Begin(SessionAct act, bool isSeen, string? after = null) => Of(
        act, new PumpSessionRow(null, act.From, null, settings.TimeOf(act.From.State)) { IsSeen = isSeen }, null,
        after);

    /// <summary>A new session that its owner's limit for the plate pays: money is set aside at once.</summary>
    /// <param name="size">See <see cref="SizeOfHold"/>.</param>
    public Plan BeginHeld(SessionAct act, SessionYes yes, HoldSize size)
    {
        var payment = NewPayment(act, size.Minor) with { SightingId = act.From.SightingId };
        var held = act.From with
        {
            State = PumpSessionState.Held, PaymentId = payment.Id, HoldMinor = size.Minor,
            HoldMaxMinor = size.MaxMinor, SaidYes = yes.By,
        };
        return Of(
            act, new PumpSessionRow(null, held, null, settings.TimeOf(held.State)) { IsSeen = true },
            payments.Authorise(payment, Times, yes.Within));
    }

    /// <summary>A change that moves no money.</summary>
    public Plan Move(SessionAct act, PumpSession to, PumpSessionEvent happened, bool isSeen = false) =>
        Of(act, Row(act.From, to, happened) with { IsSeen = isSeen });

    /// <summary>A yes before the amount is known: so much is set aside, in place of what was.</summary>
    /// <param name="sighting">What the camera saw, where the plate itself says yes; null: somebody did.</param>
    public IReadOnlyList<Plan> Hold(SessionAct act, SessionYes yes, HoldSize size, Guid? sighting = null)
    {
        var payment = NewPayment(act, size.Minor) with { SightingId = sighting };
        var held = act.From with
        {
            State = PumpSessionState.Held, PaymentId = payment.Id, HoldMinor = size.Minor,
            HoldMaxMinor = size.MaxMinor, SaidYes = yes.By, Note = null,
        };
        var row = Row(act.From, held, PumpSessionEvent.Hold) with { IsSeen = sighting is not null };
        return WithoutPayment(act, release => Of(act, row, Joined(
            release, payments.Authorise(payment, Times, yes.Within))));
    }

    /// <summary>Current flows and what is set aside runs short: more is, under the yes that was said.</summary>
    /// <param name="amountMinor">In all; see <see cref="NextHoldMinor"/>.</param>
    public Plan Raise(SessionAct act, SessionYes yes, long amountMinor) => Of(
        act, Row(act.From, act.From with { HoldMinor = amountMinor }, PumpSessionEvent.Raise),
        payments.Raise(act.Payment!, amountMinor, Times, yes.Within));

    /// <summary>What a pump delivered, whatever it leads to.</summary>
    public IReadOnlyList<Plan> Deliver(SessionAct act, PumpDelivery delivery)
    {
        var before = act.From;
        var delivered = before with
        {
            TrxSeq = delivery.TrxSeq, Nozzle = before.Nozzle ?? delivery.Nozzle,
            GradeId = before.GradeId ?? delivery.GradeId, Price = before.Price ?? delivery.Price,
            DeliveredThousandths = delivery.Thousandths, SaidMinor = delivery.SaidMinor,
        };
        if (NoteOf(delivered, delivery) is { } note)
            return Ended(act, delivered, PumpSessionEvent.Quarantine, note, delivery);
        delivered = delivered with
        {
            BillMinor = delivered.Price!.Value.AmountOf(new(delivery.Thousandths, delivered.Price.Value.Unit)),
        };
        // Below half a coin nothing is due.
        if (delivered.BillMinor == 0) return Ended(act, delivered, PumpSessionEvent.Abort, null, delivery);
        if (before.Payer is null || before.State == PumpSessionState.Cancelled)
            return Ended(act, delivered, PumpSessionEvent.DeliverUnclaimed, before.Note, delivery);
        if (!before.IsDoubtful && act.Payment is { AuthorisedAt: not null } payment && IsStillYes(payment))
            return Settle(act, delivered, payment, delivery);
        var bill = delivered with { State = PumpSessionState.Delivered };
        return [Of(act, Row(before, bill, PumpSessionEvent.Deliver), null, null, Draw(act.Site, delivery))];
    }

    /// <summary>The first that is heard of a delivery, and no session fits: people find out whose it was.</summary>
    public Plan DeliverToNobody(SessionAct act, PumpDelivery delivery)
    {
        var session = act.From with
        {
            TrxSeq = delivery.TrxSeq, Nozzle = delivery.Nozzle, GradeId = delivery.GradeId, Price = delivery.Price,
            DeliveredThousandths = delivery.Thousandths, SaidMinor = delivery.SaidMinor,
        };
        var note = NoteOf(session, delivery);
        session = note is null
            ? session with
            {
                State = PumpSessionState.Unclaimed, Note = PumpSessionNote.NoSession,
                BillMinor = session.Price!.Value.AmountOf(new(delivery.Thousandths, session.Price.Value.Unit)),
            }
            : session with { State = PumpSessionState.Quarantined, Note = note };
        if (note is null && session.BillMinor == 0) session = session with { State = PumpSessionState.Aborted };
        return Of(
            act, new PumpSessionRow(null, session, null, null), null, null, Draw(act.Site, delivery));
    }

    /// <summary>The payer says yes to the bill.</summary>
    public IReadOnlyList<Plan> Pay(SessionAct act, SessionYes yes)
    {
        var paid = act.From with { State = PumpSessionState.Paid, SaidYes = yes.By };
        var bill = act.From.BillMinor;
        switch (act.Payment)
        {
            case { State: PaymentState.Authorised } held:
                return
                [
                    .. payments.Capture(held, bill, null, OverMinorMax(held)).Select(money =>
                        Of(act, Row(act.From, paid, PumpSessionEvent.Pay), money)),
                ];
            case { State: PaymentState.Expired } expired:
                return
                [
                    .. payments.PayLate(expired, bill, yes.Within).Select(money =>
                        Of(act, Row(act.From, paid, PumpSessionEvent.Pay), money)),
                ];
            default:
                var payment = NewPayment(act, bill);
                return
                [
                    Of(
                        act, Row(act.From, paid with { PaymentId = payment.Id }, PumpSessionEvent.Pay),
                        payments.PayNow(payment, yes.Within)),
                ];
        }
    }

    /// <summary>Its time is over: what was set aside is free again.</summary>
    public IReadOnlyList<Plan> Expire(SessionAct act)
    {
        var next = PumpSessionLifetime.Next(act.From.State, PumpSessionEvent.Expire)!.Value;
        var row = Row(act.From, act.From with { State = next }, PumpSessionEvent.Expire);
        // A pump that fell silent may still deliver what money was set aside for.
        if (next == PumpSessionState.Lost || act.Payment is not { State: PaymentState.Authorised } payment)
            return [Of(act, row)];
        return [.. payments.Expire(payment).Select(money => Of(act, row, money))];
    }

    /// <summary>The session goes where money of ours is not needed any more: what was set aside is free again.
    /// </summary>
    /// <param name="to">What it becomes; its state follows from the event.</param>
    public IReadOnlyList<Plan> LetGo(
        SessionAct act, PumpSession to, PumpSessionEvent happened, bool isSeen = false)
    {
        var row = Row(
            act.From,
            to with
            {
                State = PumpSessionLifetime.Next(act.From.State, happened) ?? to.State, HoldMinor = 0, HoldMaxMinor = 0,
            },
            happened) with { IsSeen = isSeen };
        return WithoutPayment(act, release => Of(act, row, release));
    }

    /// <summary>The shop has the money, and ours goes back in the same commit.</summary>
    /// <param name="refund">Gives back what the payment took.</param>
    public Plan PayElsewhere(SessionAct act, PumpSession to, Plan refund) => Of(
        act, Row(act.From, to with { State = PumpSessionState.PaidElsewhere }, PumpSessionEvent.PayElsewhere), refund);

    /// <summary>How much is set aside: what the wallet has, what was chosen, what a tank takes. For a car that only
    /// takes current a first step of it.</summary>
    /// <param name="prices">Of what the engine takes and the site sells.</param>
    /// <param name="chosenMinor">Null: the payer leaves it open.</param>
    public HoldSize SizeOfHold(long availableMinor, long? chosenMinor, IReadOnlyCollection<UnitPrice> prices)
    {
        var tankMinor = prices.Select(price => (long)(
            (Int128)price.AmountOf(new(settings.TankThousandths(price.Unit), price.Unit)) * settings.TankPercent / 100))
            .DefaultIfEmpty(0).Max();
        var most = Math.Min(chosenMinor ?? long.MaxValue, tankMinor);
        var first = prices.All(price => price.Unit == FuelUnit.KilowattHour)
            ? prices.Select(StepMinor).DefaultIfEmpty(0).Max()
            : most;
        return new(Math.Max(0, Math.Min(availableMinor, Math.Min(first, most))), Math.Max(0, most));
    }

    /// <summary>Whether what flows comes so near to what is set aside that more has to be. A pump for fuel is told its
    /// limit once and stops there; so is one whose car is in doubt.</summary>
    /// <param name="thousandths">On the meter.</param>
    public bool RunsShort(PumpSession session, long thousandths) =>
        IsCharging(session) && session is { IsDoubtful: false, Price: { } price }
        && session.HoldMinor < session.HoldMaxMinor
        && new Quantity(thousandths, price.Unit) is { IsPlausible: true } flowed
        && price.AmountOf(flowed) > session.HoldMinor - StepMinor(price) / 2;

    /// <summary>Current flows for which money is set aside.</summary>
    public static bool IsCharging(PumpSession session) =>
        session is { State: PumpSessionState.Fuelling, HoldMinor: > 0, Price.Unit: FuelUnit.KilowattHour };

    /// <summary>What is set aside next: a step more, however far the meter has run, so that one that lies empties no
    /// wallet at once.</summary>
    /// <param name="availableMinor">In the wallet, beside what is set aside.</param>
    /// <param name="mostMinor">What whoever said yes may spend at once.</param>
    /// <returns>Null: nothing more that is worth it.</returns>
    public long? NextHoldMinor(PumpSession session, long availableMinor, long mostMinor)
    {
        var most = Math.Min(session.HoldMaxMinor, mostMinor);
        var wanted = Math.Min(session.HoldMinor + StepMinor(session.Price!.Value), most);
        var next = Math.Min(wanted, session.HoldMinor + availableMinor);
        // The last bit up to the limit is worth it, however small.
        return next > session.HoldMinor && (next == most || next - session.HoldMinor >= settings.HoldMinorMin)
            ? next
            : null;
    }

    private long StepMinor(UnitPrice price) => price.AmountOf(new(settings.ChargeStepThousandths, price.Unit));

    private IReadOnlyList<Plan> Settle(
        SessionAct act, PumpSession delivered, Payment payment, PumpDelivery delivery)
    {
        var row = Row(
            act.From, delivered with { State = PumpSessionState.Paid }, PumpSessionEvent.Settle);
        var money = payment.State == PaymentState.Authorised
            ? payments.Capture(payment, delivered.BillMinor, null, OverMinorMax(payment))
            : payments.CaptureLate(payment, delivered.BillMinor);
        return
        [
            .. money.Select(plan => Of(act, row, plan, null, Draw(act.Site, delivery))),
            // Its hold ran out a moment ago; the fuel is in the car, so that its bill is asked for.
            Of(
                act, Row(act.From, delivered with { State = PumpSessionState.Delivered }, PumpSessionEvent.Deliver),
                null, RefusalCode.HoldExpired, Draw(act.Site, delivery)),
        ];
    }

    /// <summary>Delivered, and not to be paid by the payment that was made for it.</summary>
    private IReadOnlyList<Plan> Ended(
        SessionAct act, PumpSession delivered, PumpSessionEvent happened, string? note, PumpDelivery delivery)
    {
        var next = PumpSessionLifetime.Next(act.From.State, happened) ?? act.From.State;
        var row = Row(
            act.From, delivered with { State = next, Note = note, HoldMinor = 0, HoldMaxMinor = 0 }, happened);
        return WithoutPayment(act, release => Of(act, row, release, null, Draw(act.Site, delivery)));
    }

    /// <summary>A yes that was not taken back, whatever became of the money that was set aside.</summary>
    private static bool IsStillYes(Payment payment) =>
        payment.State is PaymentState.Authorised or PaymentState.Expired;

    private static string? NoteOf(PumpSession session, PumpDelivery delivery)
    {
        if (session.Price is not { } price) return PumpSessionNote.NoPrice;
        if (session.Nozzle != delivery.Nozzle) return PumpSessionNote.OtherNozzle;
        var quantity = new Quantity(delivery.Thousandths, price.Unit);
        if (!quantity.IsPlausible || delivery.SaidMinor < 0) return PumpSessionNote.Implausible;
        // A pump may round each pulse; more than one coin apart is no rounding.
        return delivery.SaidMinor is { } said && Int128.Abs((Int128)said - price.AmountOf(quantity)) > 1
            ? PumpSessionNote.AmountDiffers
            : null;
    }

    private long OverMinorMax(Payment payment) =>
        (long)((Int128)payment.Amount.AmountMinor * settings.OverPercent / 100);

    private IReadOnlyList<Plan> WithoutPayment(SessionAct act, Func<Plan?, Plan> plan) => act.Payment switch
    {
        { State: PaymentState.Authorised or PaymentState.Expired } live =>
            [.. payments.Cancel(live).Select(plan)],
        _ => [plan(null)],
    };

    private Payment NewPayment(SessionAct act, long amountMinor) => new()
    {
        Id = Ids.Next(clock),
        Kind = PaymentKind.Fuel,
        Person = act.From.Payer!.Value,
        Payee = new Payee(act.Site.Id, act.Site.AccountKey),
        Station = act.From.PumpId,
        Amount = new Money(amountMinor, settings.Currency),
        State = PaymentState.Created,
        CapturesLater = true,
    };

    private PumpSessionRow Row(PumpSession from, PumpSession to, PumpSessionEvent happened) =>
        new(from, to, happened, settings.TimeOf(to.State));

    private static CompanionRow[] Draw(Site site, PumpDelivery delivery) =>
        delivery is { TankId: { } tank, Thousandths: > 0 and <= Quantity.ThousandthsMax }
            ? [TankRow.Draw(site.Id, tank, delivery.Thousandths)]
            : [];

    private static Plan? Joined(Plan? first, Plan second) => first is null ? second : new Plan
    {
        After = first.After,
        Transfers = [.. first.Transfers, .. second.Transfers],
        Rows = [.. first.Rows, .. second.Rows],
        Compose = second.Compose,
    };

    private static Plan Of(
        SessionAct act, PumpSessionRow row, Plan? money = null, string? after = null,
        IReadOnlyList<CompanionRow>? rows = null)
    {
        row = row with { InPlaceOf = act.InPlaceOf };
        return new Plan
        {
            After = money?.After ?? after,
            Transfers = money?.Transfers ?? [],
            Rows =
            [
                // First, so that what its state does not allow is refused in the words of a session.
                row, .. (money?.Rows ?? []).Select(each => Named(each, row.To, act.Site)),
                .. rows ?? [], .. act.Rows, .. SessionEvents.Of(row.To, act.Tell),
            ],
            Compose = outcome => act.Compose(row.StampedAt(outcome.At), outcome),
        };
    }

    /// <summary>A receipt says what was bought where.</summary>
    private static CompanionRow Named(CompanionRow row, PumpSession session, Site site) =>
        row is ReceiptRow { Kind: ReceiptKind.Fuel } receipt
            ? receipt with { Text = FuelText.Of(session, site) }
            : row;
}

/// <summary>What pages are told of a session: a hint to read it, without plates.</summary>
internal static class SessionEvents
{
    /// <param name="tell">Whose pages hear of it beside the payer's and the site's.</param>
    public static IEnumerable<OutboxRow> Of(PumpSession session, IEnumerable<Guid> tell)
    {
        var told = ApiJson.Write(new
        {
            SessionId = session.Id, session.State, session.SiteId, session.PumpId,
        });
        foreach (var person in tell.Concat(session.Payer is { } payer ? [payer] : []).Distinct())
            yield return new OutboxRow(OutboxRow.PersonTopic(person), "fuel_session", told);
        yield return new OutboxRow(OutboxRow.SiteTopic(session.SiteId), "pump", told);
    }
}

/// <summary>What was bought, in one line of a receipt.</summary>
internal static class FuelText
{
    public static string Of(PumpSession session, Site site)
    {
        var grade = session.GradeId is { } id ? site.FindGrade(id)?.Name ?? id : "fuel";
        var number = site.Pumps.FirstOrDefault(pump => pump.Id == session.PumpId)?.Number;
        var where = $"{grade}, {site.Name} pump {number}";
        var words = session is { DeliveredThousandths: { } thousandths, Price: { } price }
            ? string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{thousandths / 1000}.{thousandths % 1000:000} {UnitOf(price.Unit)} {where}")
            : where;
        return words.Length <= ReceiptRow.TextMax ? words : words[..ReceiptRow.TextMax];
    }

    private static string UnitOf(FuelUnit unit) => unit switch
    {
        FuelUnit.Litre => "l",
        FuelUnit.UsGallon => "gal",
        _ => "kWh",
    };
}
