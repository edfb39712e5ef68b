using SightPay.Server.Api;

namespace SightPay.Server.Plates;

/// <summary>Who may see and change a vehicle. Whoever may not see it is told that there is none.</summary>
internal static class VehicleAccess
{
    public static ProblemException NotFound() => new(404, "vehicle_not_found", "There is no vehicle with this id.");

    /// <summary>Owner, drivers, those who were asked to drive, and staff.</summary>
    public static void DemandSight(Vehicle vehicle, IReadOnlyList<VehicleDriver> drivers, Caller caller)
    {
        if (VehicleAnswers.RoleOf(vehicle, drivers, caller) == VehicleRole.Reader && !caller.ReadsAll)
            throw NotFound();
    }

    /// <summary>The vehicle, if it is the caller's own.</summary>
    /// <exception cref="ProblemException">404, or 403 for its drivers and staff.</exception>
    public static async Task<Vehicle> DemandOwnAsync(
        Vehicle? vehicle, DriverStore drivers, Caller caller, CancellationToken ct)
    {
        if (vehicle is null) throw NotFound();
        if (vehicle.Owner == caller.PersonId) return vehicle;
        DemandSight(vehicle, await drivers.OfVehiclesAsync([vehicle.Id], ct), caller);
        throw new ProblemException(403, "forbidden", "Only the vehicle's owner may do this.");
    }
}
