using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>What somebody is to a vehicle.</summary>
internal enum VehicleRole
{
    Owner,
    Driver,

    /// <summary>Asked to drive it, and has not answered.</summary>
    Invited,

    /// <summary>Staff that looks.</summary>
    Reader,
}

/// <param name="Who">The address that the owner gave, until the driver accepts; then their name.</param>
internal sealed record DriverAnswer(Guid UserId, string Who, bool Accepted, long MaxMinor, long DayMaxMinor)
{
    public override string ToString() => $"{nameof(DriverAnswer)} {UserId}";
}

/// <summary>A vehicle as its people see it.</summary>
/// <param name="Role">What the reader is to it.</param>
/// <param name="Disputed">Somebody else claims the plate: it asks before it pays.</param>
/// <param name="OwnerName">For drivers: whose wallet pays.</param>
/// <param name="Drivers">For the owner; a driver sees themself.</param>
internal sealed record VehicleAnswer(
    Guid Id, string Plate, string Region, string Name, VehicleFuel Fuel, long AutoPayMaxMinor, string Currency,
    VehicleRole Role, bool Disputed, string? OwnerName, IReadOnlyList<DriverAnswer> Drivers, DateTimeOffset CreatedAt)
{
    public override string ToString() => $"{nameof(VehicleAnswer)} {Id}";
}

/// <summary>Shows vehicles to those who may see them.</summary>
internal sealed class VehicleAnswers(DriverStore store, Persons persons, PlateSettings settings)
{
    public async Task<VehicleAnswer> OfAsync(Vehicle vehicle, Caller caller, CancellationToken ct) =>
        (await OfAsync([vehicle], caller, ct))[0];

    public async Task<IReadOnlyList<VehicleAnswer>> OfAsync(
        IReadOnlyList<Vehicle> vehicles, Caller caller, CancellationToken ct)
    {
        var drivers = (await store.OfVehiclesAsync([.. vehicles.Select(vehicle => vehicle.Id)], ct))
            .ToLookup(driver => driver.Vehicle);
        var answers = new List<VehicleAnswer>();
        foreach (var vehicle in vehicles) answers.Add(await OneAsync(vehicle, [.. drivers[vehicle.Id]], caller, ct));
        return answers;
    }

    private async Task<VehicleAnswer> OneAsync(
        Vehicle vehicle, IReadOnlyList<VehicleDriver> drivers, Caller caller, CancellationToken ct)
    {
        var role = RoleOf(vehicle, drivers, caller);
        var shown = new List<DriverAnswer>();
        foreach (var driver in drivers)
            if (role is VehicleRole.Owner or VehicleRole.Reader || driver.Person == caller.PersonId)
                shown.Add(await DriverAsync(driver, ct));
        var owner = role == VehicleRole.Owner ? null : await persons.FindAsync(vehicle.Owner, ct);
        return new(
            vehicle.Id, vehicle.Plate, vehicle.Region, vehicle.Name, vehicle.Fuel, vehicle.AutoPayMaxMinor,
            settings.Currency, role, vehicle.IsDisputed, owner?.DisplayName, shown, vehicle.CreatedAt);
    }

    public static VehicleRole RoleOf(Vehicle vehicle, IReadOnlyList<VehicleDriver> drivers, Caller caller)
    {
        if (vehicle.Owner == caller.PersonId) return VehicleRole.Owner;
        return drivers.FirstOrDefault(driver => driver.Person == caller.PersonId) switch
        {
            { AcceptedAt: not null } => VehicleRole.Driver,
            { } => VehicleRole.Invited,
            null => VehicleRole.Reader,
        };
    }

    private async Task<DriverAnswer> DriverAsync(VehicleDriver driver, CancellationToken ct)
    {
        var (person, accepted) = (await persons.FindAsync(driver.Person, ct), driver.AcceptedAt is not null);
        var who = accepted ? person?.DisplayName : person?.Email;
        return new(driver.Person, who ?? "", accepted, driver.MaxMinor, driver.DayMaxMinor);
    }
}
