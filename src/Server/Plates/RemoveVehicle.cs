using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>
/// DELETE /vehicles/{id} by its owner, who has sold it, or by an operator: the plate is free at once, and whoever
/// claims it hears of that. A withdrawn consent removes all of a person's.
/// </summary>
internal sealed class RemoveVehicle(
    NpgsqlDataSource database, VehicleStore store, ClaimStore claims, DriverStore drivers, AuditLog audit)
    : IConsentWithdrawal
{
    public string Purpose => Consents.Plate;

    public async Task<IResult> RunAsync(HttpContext http, Guid id, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var vehicle = await store.LockAsync(connection, transaction, id, ct);
        if (!caller.IsOperator || vehicle?.Owner == caller.PersonId)
            await VehicleAccess.DemandOwnAsync(vehicle, drivers, caller, ct);
        if (vehicle is null) throw VehicleAccess.NotFound();
        if (vehicle.Owner != caller.PersonId)
            await audit.WriteAsync(connection, transaction, caller.Name, "vehicle_removed", $"vehicle:{id}", ct);
        await RemoveAsync(connection, transaction, vehicle, ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    /// <summary>Vehicles and claims of a person, with all that was sealed of them.</summary>
    public async Task WithdrawAsync(Guid person, CancellationToken ct)
    {
        foreach (var vehicle in await store.OfOwnerAsync(person, ct))
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            if (await store.LockAsync(connection, transaction, vehicle.Id, ct) is not { } locked) continue;
            await RemoveAsync(connection, transaction, locked, ct);
            await transaction.CommitAsync(ct);
        }
        await using var last = await database.OpenConnectionAsync(ct);
        await using var withdrawal = await last.BeginTransactionAsync(ct);
        await claims.DeleteOfAsync(last, withdrawal, person, ct);
        await withdrawal.CommitAsync(ct);
    }

    private async Task RemoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Vehicle vehicle, CancellationToken ct)
    {
        var driving = await drivers.OfVehiclesAsync([vehicle.Id], ct);
        var released = await store.DeleteAsync(connection, transaction, vehicle.Owner, vehicle.Id, ct);
        foreach (var (claim, _) in released)
            await VehicleEvents.TellOperatorsAsync(connection, transaction, claim, ct);
        await VehicleEvents.TellAsync(
            connection, transaction,
            [vehicle.Owner, .. driving.Select(driver => driver.Person), .. released.Select(each => each.Claimant)],
            vehicle.Id, "removed", ct);
    }
}
