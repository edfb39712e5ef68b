using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Plates;

/// <summary>
/// POST /vehicles/claims/{id}/resolve by an operator, with words to both. Upheld, the plate moves in one transaction:
/// there is no moment at which a third person could register it. Limits, drivers and names stay behind.
/// </summary>
internal sealed class ResolveClaim(
    NpgsqlDataSource database, VehicleStore vehicles, ClaimStore store, AuditLog audit, TimeProvider clock)
{
    /// <param name="Outcome">Whose the plate is.</param>
    /// <param name="Reason">Both read it.</param>
    internal sealed record Request(Party? Outcome, string? Reason);

    internal enum Party
    {
        Claimant,
        Owner,
    }

    public async Task<IResult> RunAsync(HttpContext http, Guid id, Request request, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        if (request.Outcome is not { } outcome)
            return Problems.Of(422, "fields_invalid", "Say whose the plate is: outcome is claimant or owner.");
        var words = PlateFields.DemandWords(request.Reason);
        if (await store.FindAsync(id, ct) is not { } claim) return ClaimPlate.NotFound();
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // The vehicle first, as all others do. Without it the claim was released with it.
        if (await vehicles.LockAsync(connection, transaction, claim.Vehicle, ct) is not { } vehicle)
            return ClaimPlate.Decided();
        if (caller.PersonId == claim.Claimant || caller.PersonId == vehicle.Owner)
            return Problems.Of(403, "forbidden", "Nobody decides on a claim of their own, or against themselves.");
        var upheld = outcome == Party.Claimant;
        var closed = claim with
        {
            State = upheld ? ClaimState.Upheld : ClaimState.Rejected,
            Vehicle = upheld ? Ids.Next(clock) : claim.Vehicle, Reason = words, ResolvedAt = clock.GetUtcNow(),
        };
        if (!await ClaimStore.CloseAsync(connection, transaction, closed, caller.Name, ct)) return ClaimPlate.Decided();
        if (upheld) await MoveAsync(connection, transaction, vehicle, closed, ct);
        var what = upheld ? "claim_upheld" : "claim_rejected";
        await audit.WriteAsync(
            connection, transaction, caller.Name, $"plate_{what}", $"claim:{id} vehicle:{vehicle.Id}", ct);
        await VehicleEvents.TellOperatorsAsync(connection, transaction, id, ct);
        await VehicleEvents.TellAsync(
            connection, transaction, [vehicle.Owner, claim.Claimant], closed.Vehicle, what, ct);
        await transaction.CommitAsync(ct);
        return Results.Json(ClaimAnswer.Of(closed), ApiJson.Options);
    }

    private async Task MoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Vehicle from, PlateClaim upheld,
        CancellationToken ct)
    {
        await RegisterVehicle.DemandConsentAsync(connection, transaction, upheld.Claimant, ct);
        await ClaimStore.MoveAsync(connection, transaction, from.Id, upheld.Vehicle, ct);
        await vehicles.DeleteAsync(connection, transaction, from.Owner, from.Id, ct);
        var moved = new Vehicle(
            upheld.Vehicle, from.Plate, from.Region, upheld.Claimant, VehicleFuel.Unknown, 0, "")
        {
            CreatedAt = clock.GetUtcNow(),
        };
        if (!await vehicles.InsertAsync(connection, transaction, moved, ct))
            throw new InvalidOperationException("A plate that was locked has been registered by somebody else.");
    }
}
