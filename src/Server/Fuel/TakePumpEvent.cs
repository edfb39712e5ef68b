using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>What a pump says.</summary>
internal enum PumpMessage
{
    /// <summary>Somebody took a nozzle: may it give fuel, and how much?</summary>
    NozzleLifted,

    /// <summary>Fuel flows; the meter so far.</summary>
    Pouring,

    /// <summary>The nozzle hangs again.</summary>
    Delivered,

    OutOfOrder,
    InOrder,
}

/// <summary>What a pump is told when a nozzle is lifted.</summary>
/// <param name="Reason"><c>ok</c>, or why not.</param>
/// <param name="Text">The same in words, for its display.</param>
/// <param name="MaxMinor">It stops there; null: paid afterwards, without a limit of ours.</param>
/// <param name="UnitPrice">Thousandths of the smallest coin, frozen for this delivery.</param>
internal sealed record LiftAnswer(
    bool Authorised, string Reason, string Text, Guid? SessionId, long? MaxMinor, long? MaxVolumeThousandths,
    long? UnitPrice, FuelUnit? Unit, string? GradeId, string Currency);

/// <summary>What a pump is told when it has delivered: it is written down. The same every time it says so.</summary>
/// <param name="SessionId">Null: nothing was delivered, and nobody knows of the nozzle.</param>
/// <param name="AmountMinor">Quantity times the frozen price; null: nobody knows that.</param>
internal sealed record DeliveryAnswer(Guid? SessionId, long Seq, long? AmountMinor, string Currency, bool Quarantined);

internal sealed record PumpHeardAnswer(bool Heard);

/// <summary>What a pump is told while it gives: how far it may go by now. A charger's limit is raised as current
/// flows.</summary>
/// <param name="MaxMinor">It stops there; null: without a limit of ours.</param>
/// <param name="Stop">It is there: nothing more is set aside.</param>
internal sealed record PouringAnswer(bool Heard, long? MaxMinor, long? MaxVolumeThousandths, bool Stop);

/// <summary>
/// POST /pumps/{id}/events. A delivery is known by its pump and the pump's own number (<c>seq</c>), which it keeps from
/// the lifting to the hanging up; whatever was lost or came twice in between, it is paid once and by the session that
/// lifted the nozzle. How wrong the pump's clock is decides nothing (<see cref="MessageWait"/>).
/// </summary>
internal sealed partial class TakePumpEvent(
    Forecourt forecourt, PumpOrder order, PumpSessionStore store, ReadSession sessions, PumpSessionPlans plans,
    PumpSessionSettings settings, PumpMeters meters, RaiseHold raise, Vehicles vehicles, GeneralLedger ledger,
    Idempotency idempotency, TimeProvider clock)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(7);

    /// <param name="Seq">The pump's number of the delivery, above zero.</param>
    /// <param name="At">When it happened, by the pump's clock. It matters only beside the moment of sending.</param>
    internal sealed record Request(
        PumpMessage? Type, long? Seq, int? Nozzle, long? VolumeThousandths, long? AmountMinor, DateTimeOffset? At);

    public async Task<IResult> HandleAsync(string pumpId, HttpContext http)
    {
        var ct = http.RequestAborted;
        if (await forecourt.FindSiteOfPumpAsync(pumpId, ct) is not { } site
            || site.Pumps.FirstOrDefault(each => each.Id == pumpId) is not { } pump)
            return Problems.Of(404, "pump_not_found", "There is no pump with this id.");
        if (Caller.Of(http).StationId != pumpId)
            return Problems.Of(403, "wrong_station", "The station key belongs to another station than the route's.");
        var request = await RequestBody.JsonAsync<Request>(
            http, "Send type, and for a delivery seq, nozzle, volume_thousandths and amount_minor.");
        Demand(request, pump);
        var waited = MessageWait.Of(http, request.At);
        if (waited > WaitMax)
            return Problems.Of(422, "message_too_old", "A message is at most seven days old; tell people instead.");
        var at = clock.GetUtcNow() - waited;
        if (request.Type == PumpMessage.Pouring) return await PourAsync(pump, request, ct);
        return await idempotency.RunAsync(http, required: true, (key, token) => request.Type switch
        {
            PumpMessage.NozzleLifted => LiftAsync(site, pump, request, at, key, token),
            PumpMessage.Delivered => DeliverAsync(site, pump, request, at, key, token),
            _ => SayOrderAsync(site, pump, request.Type == PumpMessage.OutOfOrder, key, token),
        });
    }

    private static void Demand(Request request, Pump pump)
    {
        var errors = new Dictionary<string, string[]>();
        if (request.Type is null)
            errors["type"] = ["Say nozzle_lifted, pouring, delivered, out_of_order or in_order."];
        if (request.Type is PumpMessage.NozzleLifted or PumpMessage.Pouring or PumpMessage.Delivered
            && request.Seq is not > 0)
            errors["seq"] = ["The pump's number of the delivery is needed, above zero."];
        if (request.Type is PumpMessage.NozzleLifted && (request.Nozzle is not { } lifted || pump.Find(lifted) is null))
            errors["nozzle"] = ["This pump has no such nozzle."];
        if (request.Type is PumpMessage.Delivered && request.Nozzle is null)
            errors["nozzle"] = ["Say which nozzle."];
        if (request.Type is PumpMessage.Pouring or PumpMessage.Delivered && request.VolumeThousandths is not >= 0)
            errors["volume_thousandths"] = ["Say how much has flowed: zero or more."];
        if (errors.Count > 0)
            throw new ProblemException(422, "fields_invalid", "The pump's message cannot be taken.", errors: errors);
    }

    private async Task<IResult> PourAsync(Pump pump, Request request, CancellationToken ct)
    {
        if (await store.OfDeliveryAsync(pump.Id, request.Seq!.Value, ct) is not { IsDelivered: false } session)
            return Problems.Of(
                409, "not_fuelling", "No delivery with this number is under way: say nozzle_lifted first.");
        var flowed = request.VolumeThousandths!.Value;
        meters.Hear(pump.Id, request.Seq.Value, flowed, request.AmountMinor);
        session = await raise.RunAsync(session, flowed, ct);
        var most = MaxThousandths(session);
        return Results.Json(
            new PouringAnswer(true, most is null ? null : session.HoldMinor, most, flowed >= most), ApiJson.Options);
    }

    /// <summary>Where the pump stops; null: nobody has said yes, and the bill is asked for afterwards.</summary>
    private static long? MaxThousandths(PumpSession session) =>
        session.HoldMinor > 0 ? session.Price?.QuantityFor(session.HoldMinor)?.Thousandths : null;

    private async Task<ActResult> DeliverAsync(
        Site site, Pump pump, Request request, DateTimeOffset at, ActKey key, CancellationToken ct)
    {
        var nozzle = pump.Find(request.Nozzle!.Value);
        var known = await sessions.OfDeliveryAsync(pump.Id, request.Seq!.Value, ct);
        var gradeId = known?.GradeId ?? nozzle?.GradeId;
        var delivery = new PumpDelivery(
            request.Seq.Value, request.Nozzle.Value, gradeId,
            known?.Price ?? await PriceAsync(site, gradeId, at, ct), nozzle?.TankId,
            request.VolumeThousandths!.Value, request.AmountMinor);
        if (known is { IsDelivered: true }) return await AgainAsync(known, delivery, key, ct);
        if (known is not null)
            return await SubmitAsync(
                known, plans.Deliver(await sessions.ActAsync(known, Composed, ct), delivery), key, ct);
        if (delivery is { Thousandths: 0, SaidMinor: null or 0 })
            return await SayAsync(
                key, new Answer(200, ApiJson.Write(new DeliveryAnswer(
                    null, delivery.TrxSeq, 0, settings.Currency, Quarantined: false))), [], ct);
        // Nobody heard the nozzle being lifted, so nobody can say whose it was: least of all the car there now.
        var found = New(site, pump) with { State = PumpSessionState.Unclaimed };
        return await SubmitAsync(
            found, [plans.DeliverToNobody(new SessionAct(found, null, site, Composed), delivery)], key, ct);
    }

    /// <summary>The pump says it again: the same answer. Another amount under the same number is for people.</summary>
    private Task<ActResult> AgainAsync(PumpSession known, PumpDelivery delivery, ActKey key, CancellationToken ct)
    {
        if (known.DeliveredThousandths == delivery.Thousandths && known.SaidMinor == delivery.SaidMinor)
            return SayAsync(key, Composed(known), [], ct);
        return SayAsync(
            key, Problems.Answer(
                409, "delivery_differs", "This delivery was told before with another amount; people look at it."),
            [
                new OutboxRow(
                    OutboxRow.Operations, "pump_alert",
                    ApiJson.Write(new { SessionId = known.Id, known.PumpId, What = "delivery_differs" })),
            ], ct);
    }

    private Answer Composed(PumpSession session, Outcome outcome) => Composed(session);

    private Answer Composed(PumpSession session) => new(200, ApiJson.Write(new DeliveryAnswer(
        session.Id, session.TrxSeq!.Value,
        session is { Price: { } price, DeliveredThousandths: <= Quantity.ThousandthsMax }
            ? price.AmountOf(new(session.DeliveredThousandths.Value, price.Unit))
            : null,
        settings.Currency,
        // Not the state: people decide on that later, and the answer stays what it was.
        session.Note is PumpSessionNote.AmountDiffers or PumpSessionNote.Implausible or PumpSessionNote.OtherNozzle
            or PumpSessionNote.NoPrice)));

    private static async ValueTask<UnitPrice?> PriceAsync(
        Forecourt forecourt, Site site, string? grade, DateTimeOffset at, CancellationToken ct) =>
        grade is not null && (await forecourt.PricesAtAsync(site.Id, at, ct)).TryGetValue(grade, out var price)
            ? price
            : null;

    private ValueTask<UnitPrice?> PriceAsync(Site site, string? grade, DateTimeOffset at, CancellationToken ct) =>
        PriceAsync(forecourt, site, grade, at, ct);

    private PumpSession New(Site site, Pump pump) => new()
    {
        Id = Ids.Next(clock), SiteId = site.Id, PumpId = pump.Id, State = PumpSessionState.Fuelling,
    };

    /// <summary>The pump itself says whether it works; whoever stands before it keeps what they have.</summary>
    private async Task<ActResult> SayOrderAsync(
        Site site, Pump pump, bool isOut, ActKey key, CancellationToken ct)
    {
        await order.SetAsync(site.Id, pump.Id, isOut, ct);
        return await SayAsync(key, new Answer(200, ApiJson.Write(new PumpHeardAnswer(true))), [], ct);
    }

    /// <summary>An answer that is kept with its key and changes no session.</summary>
    private Task<ActResult> SayAsync(
        ActKey key, Answer answer, IReadOnlyList<CompanionRow> rows, CancellationToken ct) =>
        ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = [new Plan { Rows = rows, Compose = _ => answer }],
            Refuse = _ => answer,
        }, ct);

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
