using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>
/// "I am at this pump": somebody whose plate no camera reads, or reads as one of two, says so in the app. What was
/// lifted there by nobody we know is theirs then, and they are asked for its bill as for any other.
/// </summary>
internal sealed class ClaimPump(
    Forecourt forecourt, Vehicles vehicles, ReadSession sessions, PumpSessionStore store, SessionAnswers answers,
    PumpSessionPlans plans, PumpSessionSettings settings, GeneralLedger ledger, Idempotency idempotency,
    TimeProvider clock)
{
    internal sealed record Request(string? PumpId, Guid? VehicleId);

    public Task<IResult> RunAsync(HttpContext http) =>
        idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            var request = await RequestBody.JsonAsync<Request>(http, "Send pump_id and vehicle_id.");
            var (site, pump) = await PumpAsync(request.PumpId, ct);
            var vehicle = await VehicleAsync(request.VehicleId, Caller.Of(http).PersonId!.Value, ct);
            var role = vehicle.Owner == Caller.Of(http).PersonId ? SessionRole.Payer : SessionRole.Driver;
            var mine = await sessions.OfCarAsync(vehicle.Id, ct);
            if (mine is not null)
                return mine.PumpId == pump.Id
                    ? Shown(mine, await answers.ViewAsync(mine, role, ct))
                    : throw new ProblemException(
                        409, "car_elsewhere", "This car is at another pump already. Say there that it is not you.");
            var theirs = await NobodysAsync(pump, ct);
            var session = theirs ?? New(site, pump, await sessions.AtPumpAsync(pump.Id, ct) is null);
            var claimed = session with
            {
                VehicleId = vehicle.Id, Payer = vehicle.Owner, Note = null, IsDoubtful = theirs is not null,
            };
            var view = await answers.ViewAsync(claimed, role, ct);
            var act = await sessions.ActAsync(
                claimed, (stored, _) => new Answer(200, ApiJson.Write(view.Of(stored))), ct);
            return await ledger.SubmitAsync(new Act
            {
                Id = key.Id,
                Fingerprint = key.Fingerprint,
                Plans = theirs is null
                    ? [plans.Begin(act, isSeen: false)]
                    : plans.LetGo(act with { From = theirs }, claimed, PumpSessionEvent.Assign),
                Refuse = refusal => SessionRefusal.Answer(claimed, refusal),
            }, ct);
        });

    /// <summary>What somebody unknown takes there now, or has just taken.</summary>
    private async Task<PumpSession?> NobodysAsync(Pump pump, CancellationToken ct)
    {
        if (await sessions.AtPumpAsync(pump.Id, ct) is { } occupant)
            return occupant is { State: PumpSessionState.Fuelling, VehicleId: null, Note: null } ? occupant : null;
        return await store.LatestAsync(pump.Id, ct) is
            { State: PumpSessionState.Unclaimed, Note: null, DeliveredAt: { } at } last
            && clock.GetUtcNow() - at < settings.BillFor
            ? last
            : null;
    }

    private PumpSession New(Site site, Pump pump, bool isFree) => new()
    {
        Id = Ids.Next(clock), SiteId = site.Id, PumpId = pump.Id,
        State = isFree ? PumpSessionState.Offered : PumpSessionState.Waiting,
    };

    private async Task<(Site Site, Pump Pump)> PumpAsync(string? id, CancellationToken ct)
    {
        var site = id is null ? null : await forecourt.FindSiteOfPumpAsync(id, ct);
        return site?.Pumps.FirstOrDefault(each => each.Id == id) is { } pump
            ? (site, pump)
            : throw new ProblemException(404, "pump_not_found", "There is no pump with this id.");
    }

    private async Task<Vehicle> VehicleAsync(Guid? id, Guid person, CancellationToken ct) =>
        id is { } known && await vehicles.FindAsync(known, ct) is { } vehicle
        && (vehicle.Owner == person || await vehicles.DriverAsync(known, person, ct) is not null)
            ? vehicle
            : throw new ProblemException(404, "vehicle_not_found", "You have no vehicle with this id.");

    private static ActResult Shown(PumpSession session, SessionView view) => new(
        ActEnd.Committed, new Answer(200, ApiJson.Write(view.Of(session))), null, Replayed: true);
}
