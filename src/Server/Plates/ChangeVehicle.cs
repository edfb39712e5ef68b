using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>PUT /vehicles/{id} by its owner: name, fuel, and how much is paid without a tap.</summary>
internal sealed class ChangeVehicle(
    NpgsqlDataSource database, VehicleStore store, DriverStore drivers, VehicleAnswers answers, PlateFields fields,
    FreshProof proof)
{
    /// <param name="Password">Or PIN: to raise the limit.</param>
    internal sealed record Request(
        VehicleFuel Fuel, long AutoPayMaxMinor, string? Name, Secret? Password, Secret? Pin)
    {
        public override string ToString() => nameof(Request);
    }

    public async Task<IResult> RunAsync(HttpContext http, Guid id, Request request, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var name = request.Name?.Trim() ?? "";
        fields.DemandUsable(name, request.Fuel, request.AutoPayMaxMinor);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Locked while the proof is looked at: two changes at once are one after the other.
        var vehicle = await VehicleAccess.DemandOwnAsync(
            await store.LockAsync(connection, transaction, id, ct), drivers, caller, ct);
        if (request.AutoPayMaxMinor > vehicle.AutoPayMaxMinor)
            await proof.DemandAsync(vehicle.Owner, request.Password, request.Pin, ct);
        var changed = vehicle with
        {
            Fuel = request.Fuel, AutoPayMaxMinor = request.AutoPayMaxMinor, Name = name,
        };
        await store.UpdateAsync(connection, transaction, changed, ct);
        await VehicleEvents.TellAsync(connection, transaction, [vehicle.Owner], id, "changed", ct);
        await transaction.CommitAsync(ct);
        return Results.Json(await answers.OfAsync(changed, caller, ct), ApiJson.Options);
    }
}
