using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Plates;
using SightPay.Server.Stations;

namespace SightPay.Server.Fuel;

/// <summary>
/// A plate at a pump: whose car is it, and does it have the pump? Its people are asked; up to what its owner allows the
/// plate, money is set aside without a tap. A camera that sends the same picture for an hour changes nothing.
/// </summary>
internal sealed class SeeCar(
    Forecourt forecourt, PumpSessionStore store, ReadSession sessions, PumpSessionPlans plans, Vehicles vehicles,
    SpendingPolicy policy, PumpSessionSettings settings, GeneralLedger ledger, TimeProvider clock) : IStationDesk
{
    internal sealed record Which(Guid Id, PumpSessionState State);

    /// <param name="Plate">Masked, as the pump's display shows it; null: none was read, or nobody's.</param>
    internal sealed record PumpSightingAnswer(
        Guid SightingId, SightingBand Decision, string Reason, Which? Session, string? Plate);

    public StationKind Kind => StationKind.Pump;

    public static Task<IResult> Handle(string id, HttpContext http, TakeSighting takeSighting) =>
        takeSighting.HandleAsync(http, id, StationKind.Pump, "pump_not_found");

    public string RouteOf(Station station) => $"/pumps/{station.Id}/sightings";

    public async Task<string?> PlatesOfAsync(Station station, CancellationToken ct) =>
        (await forecourt.FindSiteOfPumpAsync(station.Id, ct))?.Region;

    public Task<IReadOnlyCollection<Guid>?> SearchFirstAsync(Station station, CancellationToken ct) =>
        Task.FromResult<IReadOnlyCollection<Guid>?>(null);

    public async Task<DeskDecision> DecideAsync(Sighting sighting, ActKey key, bool record, CancellationToken ct)
    {
        var site = await forecourt.FindSiteOfPumpAsync(sighting.Station.Id, ct)
            ?? throw new ProblemException(404, "pump_not_found", "There is no pump with this id.");
        var vehicle = sighting.Vehicle is { } id ? await vehicles.FindAsync(id, ct) : null;
        if (vehicle is not null) return await SeeAsync(new Seen(sighting, site, vehicle, key), ct);
        var answer = Composed(sighting, sighting.Band, Reason(sighting), null);
        if (sighting.IsUnusable && !record)
            return new DeskDecision(new ActResult(ActEnd.Committed, answer, null, false), 0);
        CompanionRow[] rows = [new SightingRow(sighting), .. await AsksAsync(sighting, site, ct)];
        if (await LeftBehindAsync(sighting, ct) is not { } held)
            return await SubmitAsync(key, null, [new Plan { Rows = rows, Compose = _ => answer }], ct);
        var act = await sessions.ActAsync(held, (_, _) => answer, ct) with { Rows = rows };
        return await SubmitAsync(
            key, held, [plans.Move(act, held with { IsDoubtful = true }, PumpSessionEvent.See)], ct);
    }

    /// <summary>The session that has money set aside at a pump where another car surely stands by now, be it one that
    /// nobody registered: the next nozzle may be that car's. Null: there is none.</summary>
    private async Task<PumpSession?> LeftBehindAsync(Sighting sighting, CancellationToken ct) =>
        sighting is { Repeats: false, AgreeingFrames: >= PlateRules.AgreeingFramesMin }
            and { Finding: SightingFinding.UnknownPlate or SightingFinding.Ambiguous or SightingFinding.SeveralPlates }
        && await sessions.AtPumpAsync(sighting.Station.Id, ct) is
            { State: PumpSessionState.Held, IsDoubtful: false, VehicleId: { } vehicle } held
        && !sighting.CandidateVehicles.Contains(vehicle)
            ? held
            : null;

    /// <summary>A car's people answer in the app; a pump asks for no PIN.</summary>
    public Task<DeskDecision> StepUpAsync(StepUpTry tried, ActKey key, CancellationToken ct) =>
        throw new ProblemException(404, "sighting_not_found", "There is no sighting here that waits to be confirmed.");

    private static string Reason(Sighting sighting) => sighting.Finding == SightingFinding.Recognised
        ? Words.Of(SightingFinding.UnknownPlate)
        : Words.Of(sighting.Finding);

    /// <summary>It may be one of these cars: their people are asked whether they are here, and nothing else happens
    /// before one of them says so.</summary>
    private async Task<IEnumerable<OutboxRow>> AsksAsync(Sighting sighting, Site site, CancellationToken ct)
    {
        if (sighting.Repeats) return [];
        var asks = new List<OutboxRow>();
        foreach (var candidate in sighting.CandidateVehicles)
        {
            if (await vehicles.FindAsync(candidate, ct) is not { } vehicle
                || await sessions.OfCarAsync(candidate, ct) is not null) continue;
            var told = ApiJson.Write(new
            {
                SiteId = site.Id, SiteName = site.Name, PumpId = sighting.Station.Id,
                PumpNumber = site.Pumps.FirstOrDefault(pump => pump.Id == sighting.Station.Id)?.Number,
                VehicleId = candidate,
            });
            var people = (await vehicles.DriversAsync(candidate, ct)).Select(driver => driver.Person);
            asks.AddRange(people.Prepend(vehicle.Owner).Distinct()
                .Select(person => new OutboxRow(OutboxRow.PersonTopic(person), "fuel_ask", told)));
        }
        return asks;
    }

    /// <summary>A camera's picture names this car.</summary>
    private async Task<DeskDecision> SeeAsync(Seen seen, CancellationToken ct)
    {
        var sighting = seen.Sighting;
        var current = await sessions.OfCarAsync(seen.Vehicle.Id, ct);
        // The very picture of before shows nothing new: the car in it may have left long ago.
        if (sighting.Repeats)
        {
            current ??= await store.LatestAsync(seen.Vehicle.Id, seen.PumpId, ct);
            return await SubmitAsync(
                seen.Key, current,
                [new Plan { Compose = _ => Composed(seen, SightingBand.Accept, "ok", current) }], ct);
        }
        if (current is null) return await ArriveAsync(seen, ct);
        return current.PumpId == sighting.Station.Id
            ? await StayAsync(seen, current, ct)
            : await ChangeOverAsync(seen, current, ct);
    }

    private sealed record Seen(Sighting Sighting, Site Site, Vehicle Vehicle, ActKey Key)
    {
        public string PumpId => Sighting.Station.Id;
    }

    /// <summary>A car that has nothing under way.</summary>
    private async Task<DeskDecision> ArriveAsync(Seen seen, CancellationToken ct)
    {
        // Whoever has just paid still stands there; a new visit begins when they have been gone for a while.
        if (await store.LatestAsync(seen.Vehicle.Id, seen.PumpId, ct) is { } last && !await HasLeftAsync(last, ct))
            return await SubmitAsync(seen, last, [plans.Move(
                await ActAsync(seen, last, ct), last, PumpSessionEvent.See, isSeen: true)], ct);
        var isFree = await sessions.AtPumpAsync(seen.PumpId, ct) is null;
        var session = new PumpSession
        {
            Id = Ids.Next(clock), SiteId = seen.Site.Id, PumpId = seen.PumpId,
            State = isFree ? PumpSessionState.Offered : PumpSessionState.Waiting,
            VehicleId = seen.Vehicle.Id, Payer = seen.Vehicle.Owner, SightingId = seen.Sighting.Id,
        };
        var act = await ActAsync(seen, session, ct);
        var offer = plans.Begin(act, isSeen: true);
        if (!isFree || await AutoHoldAsync(seen, null, ct) is not { } size)
            return await SubmitAsync(seen, session, [offer], ct);
        return await SubmitAsync(
            seen, session,
            [
                plans.BeginHeld(act, new SessionYes(null, policy.LimitOfPlate(seen.Vehicle.AutoPayMaxMinor)), size),
                .. PlateAlone.Select(after => plans.Begin(act, isSeen: true, after)),
            ], ct);
    }

    /// <summary>A car at the pump that it has, or behind the one that has it.</summary>
    private async Task<DeskDecision> StayAsync(Seen seen, PumpSession current, CancellationToken ct)
    {
        var act = await ActAsync(seen, current, ct);
        if (current.State == PumpSessionState.Waiting && await sessions.AtPumpAsync(seen.PumpId, ct) is null)
            return await SubmitAsync(
                seen, current,
                [plans.Move(act, current with { State = PumpSessionState.Offered }, PumpSessionEvent.Bind, true)], ct);
        // Whoever surely stands there has not left, whatever stood in front meanwhile.
        var here = current.State == PumpSessionState.Held
            && seen.Sighting.AgreeingFrames >= PlateRules.AgreeingFramesMin
                ? current with { IsDoubtful = false }
                : current;
        var see = plans.Move(act, here, PumpSessionEvent.See, isSeen: true);
        if (current.State != PumpSessionState.Offered
            || await AutoHoldAsync(seen, act.Payment, ct) is not { } size)
            return await SubmitAsync(seen, current, [see], ct);
        return await SubmitAsync(
            seen, current,
            [
                .. plans.Hold(
                    act, new SessionYes(null, policy.LimitOfPlate(seen.Vehicle.AutoPayMaxMinor)), size,
                    seen.Sighting.Id),
                .. PlateAlone.Select(after => After(see, after)),
            ], ct);
    }

    /// <summary>A car that was at another pump: it swapped, or two cameras see it. While fuel flows there it stays
    /// there, whatever this camera says.</summary>
    private async Task<DeskDecision> ChangeOverAsync(Seen seen, PumpSession current, CancellationToken ct)
    {
        // A session that follows its car takes its money along: one frame is not enough for that either.
        var isStillThere = current.State == PumpSessionState.Fuelling
            || seen.Sighting.AgreeingFrames < PlateRules.AgreeingFramesMin
            || clock.GetUtcNow() - (current.SeenAt ?? current.BeganAt) < settings.LeftAfter;
        if (isStillThere) return await SayAsync(seen, SightingBand.Ask, "at_another_pump", current, ct);
        var act = await ActAsync(seen, current, ct);
        var there = current with { PumpId = seen.PumpId };
        if (await sessions.AtPumpAsync(seen.PumpId, ct) is not null)
            return await SubmitAsync(
                seen, current,
                plans.LetGo(act, there with { PaymentId = null }, PumpSessionEvent.Queue, isSeen: true), ct);
        there = there with { State = PumpSessionLifetime.Next(current.State, PumpSessionEvent.Bind)!.Value };
        return await SubmitAsync(seen, current, [plans.Move(act, there, PumpSessionEvent.Bind, isSeen: true)], ct);
    }

    /// <summary>What the plate may have set aside by itself; null: its people are asked.</summary>
    private async Task<HoldSize?> AutoHoldAsync(Seen seen, Payment? before, CancellationToken ct)
    {
        // A single picture cannot tell a plate from a picture of one; whoever looks like it is asked. Nor is one frame
        // proof against a misread: a part of this plate may be another car's whole one.
        if (seen.Vehicle.AutoPayMaxMinor < settings.HoldMinorMin || seen.Vehicle.IsDisputed || before is not null
            || seen.Sighting.Alerts.Count > 0 || seen.Sighting.AgreeingFrames < PlateRules.AgreeingFramesMin
            || await store.DroveOffAsync(seen.Vehicle.Id, ct))
            return null;
        var wallet = await ledger.AccountAsync(Person.WalletKey(seen.Vehicle.Owner), ct);
        var prices = await forecourt.PricesAtAsync(seen.Site.Id, clock.GetUtcNow(), ct);
        var size = plans.SizeOfHold(
            wallet?.AvailableMinor ?? 0, policy.LimitOfPlate(seen.Vehicle.AutoPayMaxMinor).PaymentMinorMax,
            [
                .. seen.Site.Grades
                    .Where(grade => FuelFits.Takes(seen.Vehicle.Fuel, grade.Fuel) && prices.ContainsKey(grade.Id))
                    .Select(grade => prices[grade.Id]),
            ]);
        return size.Minor >= settings.HoldMinorMin ? size : null;
    }

    /// <summary>Out of sight for a while, or another car has been at the pump since.</summary>
    private async Task<bool> HasLeftAsync(PumpSession last, CancellationToken ct) =>
        clock.GetUtcNow() - (last.SeenAt ?? last.BeganAt) >= settings.VisitGap
        || await store.LatestAsync(last.PumpId, ct) is { } latest && latest.Id != last.Id && latest.HasPump;

    /// <summary>What more than a plate may spend leaves the offer to its people.</summary>
    private static readonly string[] PlateAlone =
        [RefusalCode.InsufficientFunds, SpendingRow.StepUpRequired, PaymentRefusal.SightingSpent];

    private async Task<SessionAct> ActAsync(Seen seen, PumpSession session, CancellationToken ct)
    {
        var act = await sessions.ActAsync(
            session, (stored, _) => Composed(seen, SightingBand.Accept, "ok", stored), ct);
        return act with { Rows = [new SightingRow(seen.Sighting)] };
    }

    private Task<DeskDecision> SayAsync(
        Seen seen, SightingBand band, string reason, PumpSession? session, CancellationToken ct) =>
        SubmitAsync(
            seen, session,
            [
                new Plan
                {
                    Rows =
                    [
                        new SightingRow(seen.Sighting),
                        new OutboxRow(
                            OutboxRow.SiteTopic(seen.Site.Id), "pump",
                            ApiJson.Write(new { SiteId = seen.Site.Id, seen.PumpId, Reason = reason })),
                    ],
                    Compose = _ => Composed(seen, band, reason, session),
                },
            ], ct);

    private static Answer Composed(Seen seen, SightingBand band, string reason, PumpSession? session) =>
        Composed(seen.Sighting, band, reason, session);

    private static Answer Composed(Sighting sighting, SightingBand band, string reason, PumpSession? session) =>
        new(200, ApiJson.Write(new PumpSightingAnswer(
            sighting.Id, band, reason, session is null ? null : new(session.Id, session.State),
            sighting.Plates.Count > 0 ? sighting.Plates[0].Masked : null)));

    private Task<DeskDecision> SubmitAsync(
        Seen seen, PumpSession? session, IReadOnlyList<Plan> alternatives, CancellationToken ct) =>
        SubmitAsync(seen.Key, session, alternatives, ct);

    private async Task<DeskDecision> SubmitAsync(
        ActKey key, PumpSession? session, IReadOnlyList<Plan> alternatives, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = alternatives,
            Refuse = refusal => session is null
                ? Problems.Answer(409, refusal.Code, "The sighting could not be recorded.")
                : SessionRefusal.Answer(session, refusal),
        }, ct);
        return new DeskDecision(result, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static Plan After(Plan plan, string code) => new()
    {
        After = code, Transfers = plan.Transfers, Rows = plan.Rows, Compose = plan.Compose,
    };
}
