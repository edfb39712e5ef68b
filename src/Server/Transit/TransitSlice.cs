using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Transit;

/// <param name="Currency">ISO 4217 code of all fares; one per installation.</param>
public sealed record TransitSettings(string Currency)
{
    /// <summary>Key of the account that the fares go to.</summary>
    public const string OperatorKey = "operator:transit";

    /// <summary>The operator, as receipts name it.</summary>
    public const string OperatorName = "transit";

    /// <summary>The same person at the same gate within this time gets the same answer.</summary>
    public TimeSpan RepeatWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An entry at another stop sooner than this after the last one is not believed.</summary>
    public TimeSpan NobodyIsInTwoPlaces { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A journey that is open longer is closed at the highest fare.</summary>
    public TimeSpan LongestJourney { get; init; } = TimeSpan.FromMinutes(180);

    internal GateTimes Times => new(RepeatWithin, NobodyIsInTwoPlaces, LongestJourney);

    /// <summary>Long enough that a journey is closed by its own rules before its hold expires.</summary>
    internal TimeSpan HoldFor =>
        LongestJourney * 2 > TimeSpan.FromHours(24) ? LongestJourney * 2 : TimeSpan.FromHours(24);
}

/// <summary>Transit: lines, stops, gates, fares and journeys.</summary>
public static class TransitSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Transit");

    public static IServiceCollection AddTransit(this IServiceCollection services, TransitSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<TransitStore>();
        services.AddSingleton<DemoLine>();
        services.AddSingleton<GatePlans>();
        services.AddSingleton<PassGate>();
        services.AddSingleton<IStationDesk>(provider => provider.GetRequiredService<PassGate>());
        services.AddPersonRows(TransitPersonData.Rows);
        services.AddSingleton<CloseOverdue>();
        services.AddHostedService(provider => provider.GetRequiredService<CloseOverdue>());
        services.AddSingleton<ICompanionWriter, RiderWriter>();
        services.AddSingleton<ICompanionWriter, RepeatWriter>();
        services.AddSingleton<ICompanionWriter, JourneyWriter>();
        services.AddSingleton<ICompanionWriter, StopWriter>();
        services.AddSingleton(FareReceipt.Settled(settings.Currency));
        services.AddSingleton(JourneyBooks.Of(settings.Currency));
        return services;
    }

    public static void MapTransit(this IEndpointRouteBuilder routes)
    {
        var transit = routes.MapGroup("").WithTags("Transit");
        transit.MapPost("/gates/{gateId}/sightings", PassGate.Handle).RequireAuthorization(Access.Station)
            .TakesImages(1, KeyUse.Required).Produces<GateAnswer>();
        transit.MapPut("/gates/{gateId}", SetGate.Handle).RequireAuthorization(Access.Operator)
            .TakesJson<SetGate.Request>();
        transit.MapGet("/stops", ShowStops.Handle).AllowAnonymous();
        transit.MapGet("/fares", ShowFare.Handle).AllowAnonymous();
        transit.MapGet("/journeys", ListJourneys.Handle).RequireAuthorization(Access.Person);
        transit.MapGet("/console/stops", ShowConsole.Handle).RequireAuthorization(Access.Reader);
    }
}
