using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.Events;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <param name="Currency">ISO 4217 code of all prices; one per installation.</param>
public sealed record FuelSettings(string Currency);

/// <summary>Fuel: filling stations, their pumps, what they sell and what it costs.</summary>
public static class FuelSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Fuel");

    public static IServiceCollection AddFuel(this IServiceCollection services, FuelSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ForecourtStore>().AddSingleton<Forecourt>().AddSingleton<SiteStaff>();
        services.AddSingleton<DemoForecourt>();
        services.AddSingleton<ILiveTopics, SiteTopics>();
        services.AddSingleton<IPersonData, SitePersonData>();
        foreach (var section in SitePersonData.Sections) services.AddSingleton(section);
        services.AddSingleton<ICompanionWriter, TankTable>();
        services.AddPumpSessions(new PumpSessionSettings(settings.Currency));
        return services;
    }

    public static void MapFuel(this IEndpointRouteBuilder routes)
    {
        var fuel = routes.MapGroup("").WithTags("Fuel");
        fuel.MapPumpSessions();
    }
}
