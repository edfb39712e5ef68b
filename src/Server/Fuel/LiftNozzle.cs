using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>A nozzle is lifted: whose session is it, may it give fuel, and how much?</summary>
internal sealed partial class TakePumpEvent
{
    private async Task<ActResult> LiftAsync(
        Site site, Pump pump, Request request, DateTimeOffset at, ActKey key, CancellationToken ct)
    {
        var seq = request.Seq!.Value;
        var nozzle = pump.Find(request.Nozzle!.Value)!;
        var price = await PriceAsync(site, nozzle.GradeId, at, ct);
        if (await store.OfDeliveryAsync(pump.Id, seq, ct) is { } known)
            return await SayAsync(key, Told(known, known.IsDelivered ? "already_delivered" : null), [], ct);
        var occupant = await sessions.AtPumpAsync(pump.Id, ct);
        var before = occupant is { State: PumpSessionState.Fuelling } ? occupant : null;
        // It waited for the line while the pump went on: what it began is over, and is told as a delivery of nobody.
        if (before?.LiftedAt > at || (before is null && occupant?.BeganAt > at))
            return await SayAsync(key, Told(New(site, pump), "too_late"), [], ct);
        var (car, queued) = await NextAsync(before is null ? occupant : null, pump, at, ct);
        var session = car ?? (before is null ? await AfterAbortAsync(site, pump, at, ct) : null) ?? New(site, pump);
        var lifted = session with
        {
            State = PumpSessionState.Fuelling, TrxSeq = seq, Nozzle = nozzle.Number, GradeId = nozzle.GradeId,
            Price = price,
        };
        if (await RefusalAsync(site, pump, nozzle, lifted, at, ct) is { } reason)
            return await RefuseAsync(site, pump, session, before, reason, key, ct);

        var act = await sessions.ActAsync(session, (stored, _) => Told(stored, null), ct) with
        {
            InPlaceOf = (before ?? queued)?.Id,
            Rows =
            [
                .. before is null ? [] : Silenced(before),
                .. queued is null ? [] : Queued(queued),
            ],
        };
        lifted = lifted with
        {
            IsDoubtful = session.IsDoubtful || (car is not null && await IsDoubtfulAsync(car, ct)),
        };
        return await SubmitAsync(
            session,
            [
                car is null
                    ? plans.Begin(act with { From = lifted }, isSeen: false)
                    : plans.Move(act, lifted, PumpSessionEvent.Lift),
            ], key, ct);
    }

    /// <summary>
    /// The car whose nozzle this is: the one that has the pump, or the next in line. Where another one was seen well
    /// after it, and nobody had said yes, it has left.
    /// </summary>
    /// <returns>The car, null when nobody knows; and the one that makes room for it.</returns>
    private async Task<(PumpSession? Car, PumpSession? Queued)> NextAsync(
        PumpSession? occupant, Pump pump, DateTimeOffset at, CancellationToken ct)
    {
        var waiting = (await store.WaitingAsync(pump.Id, ct)).FirstOrDefault(each =>
            !each.IsDue(clock.GetUtcNow()) && each.SeenAt <= at && each.SeenAt >= at - settings.VisitGap);
        if (occupant is null) return (waiting, null);
        if (occupant.State == PumpSessionState.Offered && waiting is not null
            && waiting.SeenAt - (occupant.SeenAt ?? occupant.BeganAt) > settings.LeftAfter)
            return (waiting, occupant);
        return (occupant, null);
    }

    /// <summary>Somebody hung up without a drop and takes a nozzle again: the same car, which is asked at the end.
    /// </summary>
    private async Task<PumpSession?> AfterAbortAsync(
        Site site, Pump pump, DateTimeOffset at, CancellationToken ct)
    {
        if (await store.LatestAsync(pump.Id, ct) is not
            { State: PumpSessionState.Aborted, VehicleId: { } vehicle, Payer: { } payer, ClosedAt: { } closed }
            || at - closed > settings.VisitGap || await sessions.OfCarAsync(vehicle, ct) is not null)
            return null;
        return New(site, pump) with { VehicleId = vehicle, Payer = payer, IsDoubtful = true };
    }

    private IEnumerable<CompanionRow> Queued(PumpSession occupant)
    {
        var waiting = occupant with { State = PumpSessionState.Waiting };
        yield return new PumpSessionRow(
            occupant, waiting, PumpSessionEvent.Queue, settings.TimeOf(PumpSessionState.Waiting));
        foreach (var told in SessionEvents.Of(waiting, [])) yield return told;
    }

    /// <summary>Another car was at this pump since this one was last seen there: the nozzle may be its.</summary>
    private async Task<bool> IsDoubtfulAsync(PumpSession car, CancellationToken ct) =>
        car.State == PumpSessionState.Waiting
        || (await store.WaitingAsync(car.PumpId, ct)).Any(other => other.SeenAt > car.SeenAt);

    private async Task<string?> RefusalAsync(
        Site site, Pump pump, Nozzle nozzle, PumpSession session, DateTimeOffset at, CancellationToken ct)
    {
        if (pump.Closed || pump.OutOfOrder) return "out_of_order";
        if (!site.IsOpen(at)) return "site_closed";
        if (session.Price is null) return PumpSessionNote.NoPrice;
        if (session.VehicleId is not { } id || await vehicles.FindAsync(id, ct) is not { } vehicle) return null;
        if (!FuelFits.Takes(vehicle.Fuel, site.FindGrade(nozzle.GradeId)!.Fuel)) return "wrong_fuel";
        // Whoever once left without paying fills up for money that is set aside, or pays that bill first.
        return session.HoldMinor == 0 && await store.DroveOffAsync(id, ct) ? "unpaid_bill" : null;
    }

    /// <summary>The pump gives nothing; whoever lifted the nozzle reads why, on its display and on their phone.
    /// </summary>
    private Task<ActResult> RefuseAsync(
        Site site, Pump pump, PumpSession session, PumpSession? before, string reason, ActKey key,
        CancellationToken ct)
    {
        List<CompanionRow> rows = before is null ? [] : [.. Silenced(before)];
        if (session.Payer is { } payer)
            rows.Add(new OutboxRow(
                OutboxRow.PersonTopic(payer), "fuel_notice",
                ApiJson.Write(new { SessionId = session.Id, PumpId = pump.Id, Reason = reason })));
        rows.Add(new OutboxRow(
            OutboxRow.SiteTopic(site.Id), "pump",
            ApiJson.Write(new { SessionId = session.Id, SiteId = site.Id, PumpId = pump.Id, Reason = reason })));
        return SayAsync(key, Told(session, reason), rows, ct);
    }

    /// <summary>A pump that begins anew has lost how the last one ended. It may still say so.</summary>
    private static IEnumerable<CompanionRow> Silenced(PumpSession before)
    {
        var lost = before with { State = PumpSessionState.Lost };
        yield return new PumpSessionRow(before, lost, PumpSessionEvent.Silence, null);
        foreach (var told in SessionEvents.Of(lost, [])) yield return told;
    }

    private Answer Told(PumpSession session, string? reason)
    {
        var isHeld = reason is null && session.HoldMinor > 0;
        return new Answer(200, ApiJson.Write(new LiftAnswer(
            reason is null, reason ?? "ok", PumpWords.Of(reason, isHeld),
            // A refused nozzle has no session of its own.
            reason is null || session.VehicleId is not null ? session.Id : null,
            isHeld ? session.HoldMinor : null,
            isHeld ? MaxThousandths(session) : null,
            session.Price?.ThousandthsOfMinor, session.Price?.Unit, session.GradeId, settings.Currency)));
    }
}

/// <summary>What a pump's display says.</summary>
internal static class PumpWords
{
    public static string Of(string? reason, bool isHeld) => reason switch
    {
        null when isHeld => "Ready. It is paid when you hang up.",
        null => "Ready. Pay in the app or in the shop.",
        "wrong_fuel" => "This is not the fuel for your car. Hang up and take another nozzle.",
        "unpaid_bill" => "An earlier bill is open. Say yes in the app first, or ask in the shop.",
        "out_of_order" => "This pump is out of order. Please take another one.",
        "site_closed" => "We are closed.",
        PumpSessionNote.NoPrice => "There is no price for this fuel. Please ask in the shop.",
        _ => "This delivery has ended. Hang up, then lift the nozzle again.",
    };
}

/// <summary>Which fuel an engine takes.</summary>
internal static class FuelFits
{
    public static bool Takes(VehicleFuel engine, FuelKind fuel) => (engine, fuel) switch
    {
        (VehicleFuel.Unknown, _) => true,
        (VehicleFuel.Petrol or VehicleFuel.PetrolOrElectric, FuelKind.Petrol) => true,
        (VehicleFuel.Diesel, FuelKind.Diesel) => true,
        (VehicleFuel.Electric or VehicleFuel.PetrolOrElectric, FuelKind.Electric) => true,
        _ => false,
    };
}
