using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>
/// Drivers of a vehicle, below /vehicles/{id}/drivers: the owner names somebody by their address and says how much, and
/// they accept in their own app. Until then nothing is theirs to spend. Either side ends it at any time.
/// </summary>
internal sealed class NameDriver(
    NpgsqlDataSource database, VehicleStore store, DriverStore drivers, VehicleAnswers answers, PlateFields fields,
    FreshProof proof, Persons persons, RateLimits limits, PlateSettings settings, TimeProvider clock)
{
    /// <param name="MaxMinor">Most of one fill, in minor units.</param>
    /// <param name="DayMaxMinor">Most of a day.</param>
    /// <param name="Password">Or PIN: somebody else may spend from now on.</param>
    internal sealed record Invitation(
        string? Email, long? MaxMinor, long? DayMaxMinor, Secret? Password, Secret? Pin)
    {
        public override string ToString() => nameof(Invitation);
    }

    /// <param name="Password">Or PIN: to raise a limit.</param>
    internal sealed record Limits(long? MaxMinor, long? DayMaxMinor, Secret? Password, Secret? Pin)
    {
        public override string ToString() => nameof(Limits);
    }

    /// <summary>POST by the owner.</summary>
    public async Task<IResult> InviteAsync(HttpContext http, Guid id, Invitation request, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        fields.DemandLimits(request.MaxMinor, request.DayMaxMinor);
        var owner = caller.PersonId!.Value;
        await VehicleAccess.DemandOwnAsync(await store.FindAsync(id, ct), drivers, caller, ct);
        await proof.DemandAsync(owner, request.Password, request.Pin, ct);
        limits.Demand(RateLimits.Invitations, owner.ToString());
        if (await persons.FindByEmailAsync(request.Email ?? "", ct) is not { } driver)
            return Problems.Of(404, "user_not_found", "Nobody has signed up with this address. Ask them to, first.");
        if (driver.Id == owner)
            return Problems.Of(409, "own_vehicle", "This is your own vehicle: you may fill it up already.");
        return await StoreAsync(
            caller, new(id, driver.Id, request.MaxMinor!.Value, request.DayMaxMinor!.Value)
            {
                InvitedAt = clock.GetUtcNow(),
            }, isNew: true, 201, ct);
    }

    /// <summary>PUT by the owner: other limits for somebody who was invited.</summary>
    public async Task<IResult> LimitAsync(
        HttpContext http, Guid id, Guid person, Limits request, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        fields.DemandLimits(request.MaxMinor, request.DayMaxMinor);
        var vehicle = await VehicleAccess.DemandOwnAsync(await store.FindAsync(id, ct), drivers, caller, ct);
        if (await drivers.FindAsync(id, person, ct) is not { } driver) return NoDriver();
        var changed = driver with { MaxMinor = request.MaxMinor!.Value, DayMaxMinor = request.DayMaxMinor!.Value };
        if (changed.MaxMinor > driver.MaxMinor || changed.DayMaxMinor > driver.DayMaxMinor)
            await proof.DemandAsync(vehicle.Owner, request.Password, request.Pin, ct);
        return await StoreAsync(caller, changed, isNew: false, 200, ct);
    }

    /// <summary>POST .../accept by whoever was invited.</summary>
    public async Task<IResult> AcceptAsync(HttpContext http, Guid id, Guid person, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        if (caller.PersonId != person)
            return Problems.Of(403, "forbidden", "Only whoever was invited may accept.");
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await store.LockAsync(connection, transaction, id, ct) is not { } vehicle
            || !await DriverStore.AcceptAsync(connection, transaction, id, person, clock.GetUtcNow(), ct))
            throw VehicleAccess.NotFound();
        await VehicleEvents.TellAsync(
            connection, transaction, [vehicle.Owner, person], id, "driver_accepted", ct);
        await transaction.CommitAsync(ct);
        return Results.Json(await answers.OfAsync(vehicle, caller, ct), ApiJson.Options);
    }

    /// <summary>DELETE by the owner, or by the driver themself.</summary>
    public async Task<IResult> EndAsync(HttpContext http, Guid id, Guid person, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var vehicle = await store.LockAsync(connection, transaction, id, ct);
        if (caller.PersonId != person) await VehicleAccess.DemandOwnAsync(vehicle, drivers, caller, ct);
        if (vehicle is null || !await DriverStore.DeleteAsync(connection, transaction, id, person, ct))
            return caller.PersonId == person ? throw VehicleAccess.NotFound() : NoDriver();
        await VehicleEvents.TellAsync(connection, transaction, [vehicle.Owner, person], id, "driver_ended", ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    private async Task<IResult> StoreAsync(
        Caller caller, VehicleDriver driver, bool isNew, int status, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Locked, so that of invitations at once none exceeds the number, and none outlives the vehicle.
        var vehicle = await VehicleAccess.DemandOwnAsync(
            await store.LockAsync(connection, transaction, driver.Vehicle, ct), drivers, caller, ct);
        var others = await drivers.OfVehiclesAsync([driver.Vehicle], ct);
        if (isNew && others.Count(other => other.Person != driver.Person) >= settings.DriversMax)
            throw new ProblemException(
                409, "too_many_drivers", $"A vehicle has at most {settings.DriversMax} drivers.");
        await DriverStore.PutAsync(connection, transaction, driver, ct);
        await VehicleEvents.TellAsync(
            connection, transaction, [vehicle.Owner, driver.Person], vehicle.Id, "driver_named", ct);
        await transaction.CommitAsync(ct);
        return Results.Json(await answers.OfAsync(vehicle, caller, ct), ApiJson.Options, statusCode: status);
    }

    private static IResult NoDriver() =>
        Problems.Of(404, "driver_not_found", "Nobody with this id was invited to drive this vehicle.");
}
