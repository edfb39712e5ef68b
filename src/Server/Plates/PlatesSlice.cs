using Microsoft.Extensions.DependencyInjection.Extensions;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.People;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Server.Plates;

/// <param name="Currency">ISO 4217 code of all limits; one per installation.</param>
public sealed record PlateSettings(string Currency)
{
    /// <summary>Most that anybody may allow to be paid without a tap, in minor units.</summary>
    public long AutoPayMinorMax { get; init; } = 1_000_000;

    /// <summary>Most that a driver may be allowed in a day.</summary>
    public long DriverDayMinorMax { get; init; } = 5_000_000;

    /// <summary>Vehicles of one person: a fleet, not a phone book.</summary>
    public int VehiclesMax { get; init; } = 200;

    /// <summary>Drivers of one vehicle.</summary>
    public int DriversMax { get; init; } = 50;

    /// <summary>The model pack that reads.</summary>
    public ModelPack Pack { get; init; } = ModelPack.Load(EnginePaths.StandardPack);

    public int ThreadsPerModel { get; init; } = Math.Min(2, Environment.ProcessorCount);

    /// <summary>Width times height of a picture at most.</summary>
    public long PicturePixelsMax { get; init; } = 24_000_000;
}

/// <summary>Plates: whose vehicle is it?</summary>
public static class PlatesSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Plates");

    public static IServiceCollection AddPlates(this IServiceCollection services, PlateSettings settings)
    {
        services.AddSingleton(settings).AddSingleton<PlateVault>().AddSingleton<PlateFields>();
        services.AddSingleton<VehicleStore>().AddSingleton<DriverStore>().AddSingleton<ClaimStore>();
        services.AddSingleton(provider => new Vehicles(
            provider.GetRequiredService<VehicleStore>(), provider.GetRequiredService<DriverStore>(),
            provider.GetRequiredService<PlateVault>(), provider.GetRequiredService<Consents>()));
        services.TryAddSingleton(_ => new PictureTurns(Environment.ProcessorCount));
        services.AddSingleton(provider => new PlateReader(settings, provider.GetRequiredService<PictureTurns>()));
        services.AddSingleton<VehicleAnswers>().AddSingleton<RegisterVehicle>().AddSingleton<ShowVehicles>();
        services.AddSingleton<ChangeVehicle>().AddSingleton<RemoveVehicle>().AddSingleton<NameDriver>();
        services.AddSingleton<ClaimPlate>().AddSingleton<ResolveClaim>();
        services.AddSingleton<IConsentWithdrawal>(provider => provider.GetRequiredService<RemoveVehicle>());
        services.AddSingleton<PlatePersonData>();
        services.AddSingleton<IPersonData>(provider => provider.GetRequiredService<PlatePersonData>());
        services.AddSingleton(PlatePersonData.Driving);
        services.AddSingleton<IPersonExport>(provider => new PlateExport(
            "vehicles", provider.GetRequiredService<PlatePersonData>().VehiclesAsync));
        services.AddSingleton<IPersonExport>(provider => new PlateExport(
            "plate_claims", provider.GetRequiredService<PlatePersonData>().ClaimsAsync));
        return services;
    }

    public static void MapPlates(this IEndpointRouteBuilder routes)
    {
        var vehicles = routes.MapGroup("/vehicles").RequireAuthorization(Access.Person).WithTags("Plates");
        vehicles.MapPost("", (
                HttpContext http, RegisterVehicle.Request body, RegisterVehicle use, CancellationToken ct) =>
                use.RunAsync(http, body, ct))
            .WithSummary("Register a plate; one that is the caller's already is shown").Produces<VehicleAnswer>(201)
            .Produces<VehicleAnswer>();
        vehicles.MapGet("", (HttpContext http, string? user_id, ShowVehicles use, CancellationToken ct) =>
                use.ListAsync(http, user_id, ct))
            .WithSummary("Vehicles that one owns, drives, or is asked to drive").Produces<Page<VehicleAnswer>>();
        vehicles.MapGet("/regions", (bool? cameras) => Results.Json(
                new Page<string>(cameras == true ? PlateFields.CameraRegions : PlateFields.Countries, null),
                ApiJson.Options))
            .WithSummary("Codes of the countries whose plates can be registered; with cameras, those that one can read")
            .Produces<Page<string>>();
        vehicles.MapGet("/{id:guid}", (HttpContext http, Guid id, ShowVehicles use, CancellationToken ct) =>
                use.OneAsync(http, id, ct))
            .WithSummary("Show a vehicle").Produces<VehicleAnswer>();
        vehicles.MapPut("/{id:guid}", (
                HttpContext http, Guid id, ChangeVehicle.Request body, ChangeVehicle use, CancellationToken ct) =>
                use.RunAsync(http, id, body, ct))
            .WithSummary("Name, fuel, and how much is paid without a tap").Produces<VehicleAnswer>();
        vehicles.MapDelete("/{id:guid}", (HttpContext http, Guid id, RemoveVehicle use, CancellationToken ct) =>
                use.RunAsync(http, id, ct))
            .WithSummary("Give a vehicle up: its plate is free at once").Produces(204);
        MapDrivers(vehicles.MapGroup("/{id:guid}/drivers"));
        MapClaims(vehicles.MapGroup("/claims"));
    }

    private static void MapDrivers(RouteGroupBuilder drivers)
    {
        drivers.MapPost("", (
                HttpContext http, Guid id, NameDriver.Invitation body, NameDriver use, CancellationToken ct) =>
                use.InviteAsync(http, id, body, ct))
            .WithSummary("Ask somebody to drive it at the owner's expense").Produces<VehicleAnswer>(201);
        drivers.MapPut("/{userId:guid}", (
                HttpContext http, Guid id, Guid userId, NameDriver.Limits body, NameDriver use,
                CancellationToken ct) =>
                use.LimitAsync(http, id, userId, body, ct))
            .WithSummary("How much a driver may spend").Produces<VehicleAnswer>();
        drivers.MapPost("/{userId:guid}/accept", (
                HttpContext http, Guid id, Guid userId, NameDriver use, CancellationToken ct) =>
                use.AcceptAsync(http, id, userId, ct))
            .WithSummary("Whoever was asked says yes").Produces<VehicleAnswer>();
        drivers.MapDelete("/{userId:guid}", (
                HttpContext http, Guid id, Guid userId, NameDriver use, CancellationToken ct) =>
                use.EndAsync(http, id, userId, ct))
            .WithSummary("The owner or the driver ends it").Produces(204);
    }

    private static void MapClaims(RouteGroupBuilder claims)
    {
        claims.MapPost("", (HttpContext http, ClaimPlate.Request body, ClaimPlate use, CancellationToken ct) =>
                use.OpenAsync(http, body, ct))
            .WithSummary("A plate that somebody has registered is the caller's").Produces<ClaimAnswer>(201);
        claims.MapGet("", (HttpContext http, string? user_id, ClaimPlate use, CancellationToken ct) =>
                use.ListAsync(http, user_id, ct))
            .WithSummary("One's claims; for staff those that wait for a decision").Produces<Page<ClaimAnswer>>();
        claims.MapDelete("/{id:guid}", (HttpContext http, Guid id, ClaimPlate use, CancellationToken ct) =>
                use.TakeBackAsync(http, id, ct))
            .WithSummary("Take one's claim back").Produces(204);
        claims.MapPost("/{id:guid}/resolve", (
                HttpContext http, Guid id, ResolveClaim.Request body, ResolveClaim use, CancellationToken ct) =>
                use.RunAsync(http, id, body, ct))
            .WithSummary("Decide whose the plate is").RequireAuthorization(Access.Operator).Produces<ClaimAnswer>();
    }
}
