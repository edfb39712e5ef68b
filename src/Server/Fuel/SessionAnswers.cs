using SightPay.Server.Api;
using SightPay.Server.People;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>What somebody is to a session.</summary>
internal enum SessionRole
{
    /// <summary>Their wallet pays.</summary>
    Payer,

    /// <summary>They fill the owner's vehicle up.</summary>
    Driver,

    /// <summary>They run the site, or look at it.</summary>
    Staff,
}

/// <param name="Plate">For owner and driver; the site's staff see it masked.</param>
internal sealed record SessionVehicle(Guid Id, string Name, string Plate)
{
    public override string ToString() => $"{nameof(SessionVehicle)} {Id}";
}

/// <summary>A session as the API shows it.</summary>
/// <param name="UnitPrice">Thousandths of the smallest coin.</param>
/// <param name="HoldMinor">Set aside: the pump stops there. 0: nothing.</param>
/// <param name="HoldMaxMinor">How far that is raised while current flows.</param>
/// <param name="MeterThousandths">While fuel flows: what the pump last said.</param>
/// <param name="AmountMinor">What is due, or was paid.</param>
/// <param name="Doubtful">Another car was seen at the pump: it is not paid without a yes to the bill.</param>
/// <param name="ExpiresAt">When what it waits for is over; by the server's clock.</param>
internal sealed record FuelSessionAnswer(
    Guid Id, PumpSessionState State, SessionRole Role, string SiteId, string SiteName, string PumpId, int PumpNumber,
    SessionVehicle? Vehicle, string? PayerName, string? GradeId, string? GradeName, FuelUnit? Unit, long? UnitPrice,
    long HoldMinor, long HoldMaxMinor, long? MeterThousandths, long? DeliveredThousandths, long AmountMinor,
    long? SaidMinor,
    string Currency, Guid? TransactionId, string? Note, bool Doubtful, DateTimeOffset BeganAt,
    DateTimeOffset? LiftedAt, DateTimeOffset? DeliveredAt, DateTimeOffset? ClosedAt, DateTimeOffset? ExpiresAt);

/// <summary>What an answer needs beside the session: looked up before the act, so that its composing only puts it
/// together.</summary>
internal sealed record SessionView(
    Site Site, SessionRole Role, Vehicle? Vehicle, string? PayerName, string Currency)
{
    /// <param name="meter">Null: nothing flows, or nothing was heard of it.</param>
    public FuelSessionAnswer Of(PumpSession session, PumpMeter? meter = null) => new(
        session.Id, session.State, Role, Site.Id, Site.Name, session.PumpId,
        Site.Pumps.FirstOrDefault(pump => pump.Id == session.PumpId)?.Number ?? 0,
        Vehicle is not null && Vehicle.Id == session.VehicleId
            ? new(Vehicle.Id, Role == SessionRole.Staff ? "" : Vehicle.Name,
                Role == SessionRole.Staff ? Vehicle.MaskedPlate : Vehicle.Plate)
            : null,
        PayerName, session.GradeId, session.GradeId is { } grade ? Site.FindGrade(grade)?.Name : null,
        session.Price?.Unit, session.Price?.ThousandthsOfMinor, session.HoldMinor,
        session.HoldMaxMinor,
        session.State == PumpSessionState.Fuelling ? meter?.Thousandths : null, session.DeliveredThousandths,
        session.BillMinor, Role == SessionRole.Staff ? session.SaidMinor : null, Currency, session.PaymentId,
        session.Note, session.IsDoubtful, session.BeganAt, session.LiftedAt, session.DeliveredAt, session.ClosedAt,
        session.DueAt);
}

/// <summary>Who sees a session, and what of it.</summary>
internal sealed class SessionAnswers(
    Forecourt forecourt, SiteStaff staff, Vehicles vehicles, Persons persons, PumpMeters meters,
    PumpSessionSettings settings)
{
    /// <summary>What the caller is to the session; strangers are told that there is none.</summary>
    /// <exception cref="ProblemException">404 fuel_session_not_found.</exception>
    public async Task<SessionRole> DemandRoleAsync(PumpSession? session, Caller caller, CancellationToken ct)
    {
        if (session is null) throw NotFound();
        if (caller.PersonId is { } person)
        {
            if (session.Payer == person) return SessionRole.Payer;
            if (session.VehicleId is { } vehicle && await vehicles.DriverAsync(vehicle, person, ct) is not null)
                return SessionRole.Driver;
        }
        return await staff.RightAsync(caller, session.SiteId, ct) >= SiteRight.Read
            ? SessionRole.Staff
            : throw NotFound();
    }

    public async Task<SessionView> ViewAsync(PumpSession session, SessionRole role, CancellationToken ct)
    {
        var vehicle = session.VehicleId is { } id ? await vehicles.FindAsync(id, ct) : null;
        // A driver is told whose wallet it is; staff are not.
        var payer = role == SessionRole.Driver && session.Payer is { } person
            ? (await persons.FindAsync(person, ct))?.DisplayName
            : null;
        return new SessionView(
            (await forecourt.FindSiteAsync(session.SiteId, ct))!, role, vehicle, payer, settings.Currency);
    }

    public async Task<FuelSessionAnswer> OfAsync(PumpSession session, SessionRole role, CancellationToken ct) =>
        (await ViewAsync(session, role, ct)).Of(session, meters.Find(session.PumpId, session.TrxSeq));

    private static ProblemException NotFound() =>
        new(404, "fuel_session_not_found", "There is no fuel session with this id for you.");
}
