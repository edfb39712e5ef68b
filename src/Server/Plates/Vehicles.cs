using SightPay.Server.People;
using SightPay.Vision.Plates;

namespace SightPay.Server.Plates;

/// <summary>Finds vehicles by id, by person and by what a camera read; the slice's door for others.</summary>
public sealed class Vehicles
{
    private readonly VehicleStore _store;
    private readonly DriverStore _drivers;
    private readonly PlateVault _vault;
    private readonly Consents _consents;

    internal Vehicles(VehicleStore store, DriverStore drivers, PlateVault vault, Consents consents) =>
        (_store, _drivers, _vault, _consents) = (store, drivers, vault, consents);

    public Task<Vehicle?> FindAsync(Guid id, CancellationToken ct) => _store.FindAsync(id, ct);

    /// <summary>Those that a person owns, then those that they drive.</summary>
    public async Task<IReadOnlyList<Vehicle>> OfAsync(Guid person, CancellationToken ct) =>
        [.. await _store.OfOwnerAsync(person, ct), .. await _store.OfDriverAsync(person, accepted: true, ct)];

    /// <summary>Those who may fill a vehicle up at its owner's expense.</summary>
    public async Task<IReadOnlyList<VehicleDriver>> DriversAsync(Guid vehicle, CancellationToken ct) =>
        [.. (await _drivers.OfVehiclesAsync([vehicle], ct)).Where(driver => driver.AcceptedAt is not null)];

    /// <summary>The limits of a driver; null when this person is none of the vehicle's.</summary>
    public async Task<VehicleDriver?> DriverAsync(Guid vehicle, Guid person, CancellationToken ct) =>
        await _drivers.FindAsync(vehicle, person, ct) is { AcceptedAt: not null } driver ? driver : null;

    /// <summary>Whose plate was read, if anybody's who still agrees to be recognised by it.</summary>
    public async Task<PlateMatch> MatchAsync(ReadPlate read, CancellationToken ct)
    {
        byte[][] folds = [.. PlateRules.OtherReadings(read).Prepend(read.Text).Select(_vault.FoldOf)];
        var found = new List<(Vehicle, bool)>();
        foreach (var (vehicle, hash) in await _store.AlikeAsync(folds, ct))
            if (await _consents.HasAsync(vehicle.Owner, Consents.Plate, ct))
                found.Add((vehicle, PlateRules.IsExact(
                    read, vehicle.Region, canonical => _vault.HashOf(canonical).AsSpan().SequenceEqual(hash))));
        return PlateRules.Decide(read, found);
    }
}
