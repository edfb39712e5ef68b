using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Plates;

/// <summary>
/// POST /vehicles: a plate becomes the caller's, under their consent. A plate has one owner: of two who register it at
/// once one wins, and the other may claim it.
/// </summary>
/// <remarks>
/// To send the same again does no harm and is answered with what stands, so there is no key: an answer that is kept for
/// replay would keep the plate for ever.
/// </remarks>
internal sealed class RegisterVehicle(
    NpgsqlDataSource database, VehicleStore store, VehicleAnswers answers, PlateFields fields, FreshProof proof,
    RateLimits limits, PlateSettings settings, TimeProvider clock)
{
    public const string Taken = "plate_taken";

    /// <param name="Password">Or PIN: with a limit for payments without a tap.</param>
    internal sealed record Request(
        string? Plate, string? Region, VehicleFuel Fuel, long AutoPayMaxMinor, string? Name, Secret? Password,
        Secret? Pin)
    {
        public override string ToString() => nameof(Request);
    }

    public async Task<IResult> RunAsync(HttpContext http, Request request, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var owner = caller.PersonId!.Value;
        var (region, plate) = PlateFields.DemandPlate(request.Region, request.Plate);
        var name = request.Name?.Trim() ?? "";
        fields.DemandUsable(name, request.Fuel, request.AutoPayMaxMinor);
        limits.Demand(RateLimits.Plates, owner.ToString());
        if (await store.OfPlateAsync(region, plate, ct) is { } known) return await KnownAsync(known, caller, ct);
        if (request.AutoPayMaxMinor > 0) await proof.DemandAsync(owner, request.Password, request.Pin, ct);

        var vehicle = new Vehicle(
            Ids.Next(clock), plate, region, owner, request.Fuel, request.AutoPayMaxMinor, name)
        {
            CreatedAt = clock.GetUtcNow(),
        };
        var isNew = await StoreAsync(vehicle, ct);
        // Read again either way: what is shown is what is stored.
        return await store.OfPlateAsync(region, plate, ct) is { } stored
            ? isNew && stored.Id == vehicle.Id
                ? await ShownAsync(stored, caller, 201, ct)
                : await KnownAsync(stored, caller, ct)
            : throw new ProblemException(503, "busy", "The plate just changed hands; send it again.", retryable: true);
    }

    private async Task<bool> StoreAsync(Vehicle vehicle, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await DemandConsentAsync(connection, transaction, vehicle.Owner, ct);
        if (await VehicleStore.CountAsync(connection, transaction, vehicle.Owner, ct) >= settings.VehiclesMax)
            throw new ProblemException(
                409, "too_many_vehicles", $"One person has at most {settings.VehiclesMax} vehicles. Remove one first.");
        if (!await store.InsertAsync(connection, transaction, vehicle, ct)) return false;
        await VehicleEvents.TellAsync(connection, transaction, [vehicle.Owner], vehicle.Id, "registered", ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>In the transaction that writes, so that a withdrawal either stops it or deletes what it wrote.
    /// </summary>
    /// <exception cref="ProblemException">403 consent_missing.</exception>
    public static async Task DemandConsentAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        if (!await Consents.HasAsync(connection, transaction, person, Consents.Plate, ct))
            throw new ProblemException(
                403, "consent_missing", "The person has not agreed to plate recognition. Ask for the consent first.");
    }

    private Task<IResult> KnownAsync(Vehicle vehicle, Caller caller, CancellationToken ct) =>
        vehicle.Owner == caller.PersonId
            ? ShownAsync(vehicle, caller, 200, ct)
            : throw new ProblemException(
                409, Taken,
                "Somebody has registered this plate. If it is yours, say so with POST /vehicles/claims.");

    private async Task<IResult> ShownAsync(Vehicle vehicle, Caller caller, int status, CancellationToken ct) =>
        Results.Json(await answers.OfAsync(vehicle, caller, ct), ApiJson.Options, statusCode: status);
}
