using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>
/// POST /vehicles/claims: "the plate that somebody has registered is mine". The owner hears of it at once, and the
/// plate asks before it pays until an operator has decided. GET lists them, DELETE takes one's own back.
/// </summary>
internal sealed class ClaimPlate(
    NpgsqlDataSource database, VehicleStore vehicles, ClaimStore store, Persons persons, RateLimits limits,
    TimeProvider clock)
{
    /// <summary>Whoever claims many plates at once owns none of them.</summary>
    private const int OpenMax = 5;
    private const int ListMax = 200;

    internal sealed record Request(string? Plate, string? Region, string? Reason)
    {
        public override string ToString() => nameof(Request);
    }

    public async Task<IResult> OpenAsync(HttpContext http, Request request, CancellationToken ct)
    {
        var claimant = Caller.Of(http).PersonId!.Value;
        var (region, plate) = PlateFields.DemandPlate(request.Region, request.Plate);
        var words = PlateFields.DemandWords(request.Reason);
        limits.Demand(RateLimits.Plates, claimant.ToString());
        var known = await vehicles.OfPlateAsync(region, plate, ct);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await RegisterVehicle.DemandConsentAsync(connection, transaction, claimant, ct);
        if (known is null || await vehicles.LockAsync(connection, transaction, known.Id, ct) is not { } vehicle)
            return Problems.Of(409, "plate_free", "Nobody has registered this plate: add it with POST /vehicles.");
        if (vehicle.Owner == claimant)
            return Problems.Of(409, "own_vehicle", "This plate is yours already.");
        if (await ClaimStore.CountOpenAsync(connection, transaction, claimant, ct) >= OpenMax)
            return Problems.Of(
                409, "too_many_claims", $"At most {OpenMax} of your claims wait for a decision at a time.");
        var claim = new PlateClaim(Ids.Next(clock), vehicle.Id, claimant, region, plate, words)
        {
            OpenedAt = clock.GetUtcNow(),
        };
        if (!await store.InsertAsync(connection, transaction, claim, ct))
            return Problems.Of(409, "claim_open", "Your claim on this plate waits for a decision already.");
        await VehicleEvents.TellOperatorsAsync(connection, transaction, claim.Id, ct);
        await VehicleEvents.TellAsync(connection, transaction, [vehicle.Owner], vehicle.Id, "claimed", ct);
        await VehicleEvents.TellAsync(connection, transaction, [claimant], vehicle.Id, "claim_opened", ct);
        await transaction.CommitAsync(ct);
        return Results.Json(ClaimAnswer.Of(claim), ApiJson.Options, statusCode: 201);
    }

    /// <summary>Without a user those that wait for an operator, else that person's.</summary>
    public async Task<IResult> ListAsync(HttpContext http, string? user, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        http.Response.Headers.CacheControl = "no-store";
        if (user is null && caller.ReadsAll) return await QueueAsync(ct);
        var person = caller.PersonId!.Value;
        if (user is not null && (!Guid.TryParse(user, out person) || !caller.MayRead(person)))
            return Problems.Of(403, "forbidden", "Only the person themself, operators and auditors may see this.");
        var own = await store.OfClaimantAsync(person, ListMax, ct);
        return Results.Json(new Page<ClaimAnswer>([.. own.Select(ClaimAnswer.Of)], null), ApiJson.Options);
    }

    public async Task<IResult> TakeBackAsync(HttpContext http, Guid id, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        if (await store.FindAsync(id, ct) is not { } claim || claim.Claimant != caller.PersonId)
            return NotFound();
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var vehicle = await vehicles.LockAsync(connection, transaction, claim.Vehicle, ct);
        var closed = claim with { State = ClaimState.Withdrawn, ResolvedAt = clock.GetUtcNow() };
        if (!await ClaimStore.CloseAsync(connection, transaction, closed, caller.Name, ct)) return Decided();
        await VehicleEvents.TellOperatorsAsync(connection, transaction, id, ct);
        await VehicleEvents.TellAsync(
            connection, transaction, vehicle is null ? [claim.Claimant] : [vehicle.Owner, claim.Claimant],
            claim.Vehicle, "claim_withdrawn", ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    public static IResult NotFound() => Problems.Of(404, "claim_not_found", "There is no claim with this id.");

    public static IResult Decided() => Problems.Of(409, "claim_closed", "This claim is not open any more.");

    private async Task<IResult> QueueAsync(CancellationToken ct)
    {
        var items = new List<ClaimAnswer>();
        foreach (var claim in await store.OpenAsync(ListMax, ct))
        {
            var vehicle = await vehicles.FindAsync(claim.Vehicle, ct);
            items.Add(ClaimAnswer.Of(claim) with
            {
                Claimant = await PartyAsync(claim.Claimant, ct),
                Owner = vehicle is null ? null : await PartyAsync(vehicle.Owner, ct),
                RegisteredAt = vehicle?.CreatedAt,
            });
        }
        return Results.Json(new Page<ClaimAnswer>(items, null), ApiJson.Options);
    }

    private async Task<ClaimParty?> PartyAsync(Guid person, CancellationToken ct) =>
        await persons.FindAsync(person, ct) is { } found ? new(found.Id, found.Name, found.Email) : null;
}
