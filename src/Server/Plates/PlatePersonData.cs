using System.Text.Json.Nodes;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>A person's vehicles, what they may drive and what they claimed go with them, and to them.</summary>
internal sealed class PlatePersonData(
    VehicleStore vehicles, DriverStore drivers, ClaimStore claims) : IPersonData
{
    private const int ClaimsMax = 1000;

    public async Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        foreach (var vehicle in await VehicleStore.LockOfOwnerAsync(connection, transaction, person, ct))
            await vehicles.DeleteAsync(connection, transaction, person, vehicle, ct);
        await claims.DeleteOfAsync(connection, transaction, person, ct);
        await DriverStore.DeleteOfAsync(connection, transaction, person, ct);
    }

    public async Task<JsonNode> VehiclesAsync(Guid person, CancellationToken ct)
    {
        var own = await vehicles.OfOwnerAsync(person, ct);
        var named = (await drivers.OfVehiclesAsync([.. own.Select(vehicle => vehicle.Id)], ct))
            .ToLookup(driver => driver.Vehicle);
        return JsonNode.Parse(ApiJson.Write(own.Select(vehicle => new
        {
            vehicle.Id, vehicle.Plate, vehicle.Region, vehicle.Name, vehicle.Fuel, vehicle.AutoPayMaxMinor,
            vehicle.CreatedAt,
            Drivers = named[vehicle.Id].Select(driver => new
            {
                UserId = driver.Person, driver.MaxMinor, driver.DayMaxMinor, driver.InvitedAt, driver.AcceptedAt,
            }),
        })))!;
    }

    public async Task<JsonNode> ClaimsAsync(Guid person, CancellationToken ct) => JsonNode.Parse(ApiJson.Write(
        (await claims.OfClaimantAsync(person, ClaimsMax, ct)).Select(ClaimAnswer.Of)))!;

    /// <summary>Without the plate, which is its owner's.</summary>
    public static PersonSection Driving { get; } = new(
        "driving",
        """
        select vehicle, max_minor, day_max_minor, invited_at, accepted_at from vehicle_driver
        where person = $1 order by invited_at
        """);
}

/// <summary>A section of the export that has to be opened first.</summary>
internal sealed class PlateExport(string name, Func<Guid, CancellationToken, Task<JsonNode>> read) : IPersonExport
{
    public string Name => name;

    public Task<JsonNode> ReadAsync(Guid person, CancellationToken ct) => read(person, ct);
}
