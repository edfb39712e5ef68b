using SightPay.Server.Api;

namespace SightPay.Server.Plates;

/// <summary>GET /vehicles and GET /vehicles/{id}: those one owns, drives, or is asked to drive.</summary>
internal sealed class ShowVehicles(VehicleStore store, DriverStore drivers, VehicleAnswers answers)
{
    /// <param name="user">Whose; null: the caller's own. Staff may look at others'.</param>
    public async Task<IResult> ListAsync(HttpContext http, string? user, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var person = caller.PersonId!.Value;
        if (user is not null && (!Guid.TryParse(user, out person) || !caller.MayRead(person)))
            return Problems.Of(403, "forbidden", "Only the person themself, operators and auditors may see this.");
        IReadOnlyList<Vehicle> vehicles =
        [
            .. await store.OfOwnerAsync(person, ct), .. await store.OfDriverAsync(person, accepted: true, ct),
            .. await store.OfDriverAsync(person, accepted: false, ct),
        ];
        return NotKept(http, new Page<VehicleAnswer>(await answers.OfAsync(vehicles, caller, ct), null));
    }

    public async Task<IResult> OneAsync(HttpContext http, Guid id, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var vehicle = await store.FindAsync(id, ct) ?? throw VehicleAccess.NotFound();
        VehicleAccess.DemandSight(vehicle, await drivers.OfVehiclesAsync([id], ct), caller);
        return NotKept(http, await answers.OfAsync(vehicle, caller, ct));
    }

    private static IResult NotKept<T>(HttpContext http, T answer)
    {
        http.Response.Headers.CacheControl = "no-store";
        return Results.Json(answer, ApiJson.Options);
    }
}
