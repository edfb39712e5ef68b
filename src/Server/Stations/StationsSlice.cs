using Microsoft.AspNetCore.Authentication;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.People;
using SightPay.Server.Plates;

namespace SightPay.Server.Stations;

/// <param name="PictureBytesMax">Longest binary message of a stream.</param>
public sealed record StationsSettings(int PictureBytesMax = 10 * 1024 * 1024)
{
    public TimeSpan LinkLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A stream must say who it is within this time.</summary>
    public TimeSpan HelloWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sightings are deleted after this.</summary>
    public TimeSpan SightingRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Whom an unresolved sighting may have shown is deleted after this; nobody may use it sooner.</summary>
    public TimeSpan CandidateRetention { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Stations: devices with keys, their streams, and the way from a picture to a sighting.</summary>
public static class StationsSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Stations");

    public static IServiceCollection AddStations(this IServiceCollection services, StationsSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<StationStore>();
        services.AddSingleton(provider => new StationDirectory(provider.GetRequiredService<StationStore>()));
        services.AddSingleton<Sightings>();
        services.AddSingleton<PlateCameras>().AddSingleton<StationCounters>();
        services.AddSingleton(provider => new PlateSightings(
            provider.GetRequiredService<Vehicles>(), provider.GetRequiredService<PlateCameras>(),
            provider.GetRequiredService<StationCounters>(), provider.GetRequiredService<PlateReader>,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<TakeSighting>().AddSingleton<ConfirmSighting>();
        services.AddSingleton<SightingAsks>().AddSingleton<StationAlerts>();
        services.AddPersonRows(SightingPersonData.Rows);
        services.AddSingleton<ICompanionWriter, SightingWriter>();
        services.AddSingleton<ICompanionWriter, SightingAskWriter>();
        services.AddSingleton<ICompanionWriter, AskResolvedTable>();
        services.AddHostedService<SightingRetention>();
        services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, StationAuthentication>(Access.StationScheme, null);
        services.AddAuthorizationBuilder().AddPolicy(Access.Station, policy => policy
            .AddAuthenticationSchemes(Access.StationScheme).RequireClaim(Access.StationClaim));
        return services;
    }

    public static void MapStations(this IEndpointRouteBuilder routes)
    {
        var stations = routes.MapGroup("/stations").RequireAuthorization(Access.Operator).WithTags("Stations");
        stations.MapGet("", ListStations.Handle);
        stations.MapPost("/{id}/links", MakeStationLink.Handle);
        stations.MapDelete("/{id}/keys/{keyId:guid}", RevokeStationKey.Handle);
        // Every desk answers as it does to a picture; what a gate is told stands in the contract of its own route.
        routes.MapPost("/sightings/{id:guid}/confirm", ConfirmSighting.Handle).RequireAuthorization(Access.Station)
            .TakesJson<ConfirmSighting.Request>(KeyUse.Optional).WithTags("Stations")
            .WithSummary("Answer an ask with a PIN, the last digits of a phone, or a code of the app");
        routes.MapPost("/station-links/{code}", RedeemStationLink.Handle).AllowAnonymous().WithTags("Stations");
        routes.Map("/ws/face-recognition", StationStream.Handle).AllowAnonymous().ExcludeFromDescription();
    }
}
