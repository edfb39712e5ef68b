using Microsoft.AspNetCore.Authorization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <param name="Currency">ISO 4217 code of all payments; one per installation.</param>
public sealed record RetailSettings(string Currency)
{
    /// <summary>Most that one payment may be, in minor units.</summary>
    public long PaymentMaxMinor { get; init; } = 1_000_000;

    /// <summary>What a face without a liveness challenge may spend on a day, in minor units.</summary>
    public long FaceDailyCapMinor { get; init; } = 20_000;

    /// <summary>A sighting older than this does not pay.</summary>
    public TimeSpan SightingPaysWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The payer must confirm within this time.</summary>
    public TimeSpan ConfirmWithin { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Retail: merchants, tills and payments.</summary>
public static class RetailSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Retail");

    public static IServiceCollection AddRetail(this IServiceCollection services, RetailSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<RetailStore>();
        services.AddSingleton<DemoShop>();
        services.AddSingleton<IStationDesk, SeeCustomer>();
        services.AddSingleton<RequestPayment>();
        services.AddSingleton<ConfirmPayment>();
        services.AddSingleton<ExpirePayments>();
        services.AddHostedService(provider => provider.GetRequiredService<ExpirePayments>());
        services.AddSingleton<ICompanionWriter, PaymentWriter>();
        services.AddSingleton<ICompanionWriter, PaymentChangeWriter>();
        return services;
    }

    public static void MapRetail(this IEndpointRouteBuilder routes)
    {
        var retail = routes.MapGroup("").WithTags("Retail");
        retail.MapPost("/tills/{tillId}/sightings", SeeCustomer.Handle).RequireAuthorization(Access.Station)
            .TakesImages(1, KeyUse.Required).Produces<SeeCustomer.TillAnswer>();
        retail.MapPost("/transactions", RequestPayment.Handle).RequireAuthorization(Access.Station)
            .TakesJson<RequestPayment.Request>(KeyUse.Required).Produces<PaymentAnswer>(201);
        retail.MapGet("/transactions", ListPayments.Handle).RequireAuthorization(Access.Person);
        // The till that asked may also ask what became of it.
        retail.MapGet("/transactions/{id:guid}", ShowPayment.Handle).Produces<PaymentAnswer>().RequireAuthorization(
            new AuthorizeAttribute { AuthenticationSchemes = $"{Access.PersonScheme},{Access.StationScheme}" });
        retail.MapPost("/transactions/{id:guid}/confirm", ConfirmPayment.Handle).RequireAuthorization(Access.Person)
            .TakesKey(KeyUse.Optional).Produces<PaymentAnswer>();
    }
}
