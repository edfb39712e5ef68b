using Microsoft.AspNetCore.Authorization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Books;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Fuel;

/// <summary>Sessions at pumps: services and routes.</summary>
internal static class PumpSessions
{
    public static IServiceCollection AddPumpSessions(
        this IServiceCollection services, PumpSessionSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ICompanionWriter, PumpSessionTable>();
        services.AddSingleton<ICompanionWriter, DriverDayTable>();
        services.AddSingleton<PumpSessionStore>().AddSingleton<PumpMeters>().AddSingleton<PumpSessionPlans>();
        services.AddSingleton<ReadSession>().AddSingleton<SessionAnswers>().AddSingleton<PumpOrder>();
        services.AddSingleton<RaiseHold>();
        services.AddSingleton<TakePumpEvent>().AddSingleton<ClaimPump>().AddSingleton<SeeCar>();
        services.AddSingleton<IStationDesk>(provider => provider.GetRequiredService<SeeCar>());
        services.AddSingleton<AnswerSession>().AddSingleton<StaffSession>();
        services.AddSingleton<ShowSessions>().AddSingleton<ShowPumps>();
        services.AddPersonRows(SessionPersonData.Rows);
        services.AddSingleton<IBooksCheck, SessionsCheck>();
        services.AddSingleton<ExpireSessions>();
        services.AddHostedService(provider => provider.GetRequiredService<ExpireSessions>());
        return services;
    }

    public static void MapPumpSessions(this RouteGroupBuilder fuel)
    {
        fuel.MapPost("/pumps/{id}/sightings", SeeCar.Handle)
            .WithSummary("A picture of the pump's camera, or what an edge agent read of it")
            .RequireAuthorization(Access.Station).TakesImages(1, KeyUse.Required)
            .Produces<SeeCar.PumpSightingAnswer>();
        fuel.MapPost("/pumps/{id}/events", (string id, HttpContext http, TakePumpEvent use) =>
                use.HandleAsync(id, http))
            .WithSummary("What a pump says: nozzle_lifted, pouring, delivered, out_of_order, in_order")
            .RequireAuthorization(Access.Station)
            .TakesJson<TakePumpEvent.Request>(KeyUse.Required).Produces<LiftAnswer>().Produces<PouringAnswer>()
            .Produces<DeliveryAnswer>();
        fuel.MapGet("/pumps", (HttpContext http, string? site, ShowPumps use, CancellationToken ct) =>
                use.ListAsync(http, site, ct))
            .WithSummary("The pumps of a site as they are now").RequireAuthorization(Access.Person)
            .Produces<Page<PumpNow>>();
        // The site's staff, or the pump itself by its key: the use case says which of them.
        var staffOrPump = new AuthorizeAttribute
        {
            AuthenticationSchemes = $"{Access.PersonScheme},{Access.StationScheme}",
        };
        fuel.MapGet("/pumps/{id}", (HttpContext http, string id, ShowPumps use, CancellationToken ct) =>
                use.ShowAsync(http, id, ct))
            .WithSummary("One pump as it is now").RequireAuthorization(staffOrPump).Produces<PumpNow>();
        var sessions = fuel.MapGroup("/fuel-sessions").RequireAuthorization(Access.Person);
        sessions.MapGet("", (
                HttpContext http, [AsParameters] ShowSessions.Query query, ShowSessions use, CancellationToken ct) =>
                use.ListAsync(http, query, ct))
            .WithSummary("Fuel sessions, newest first: one's own, or with site those of a site")
            .Produces<Page<FuelSessionAnswer>>();
        sessions.MapPost("", (HttpContext http, ClaimPump use) => use.RunAsync(http))
            .WithSummary("I am at this pump with this car").TakesJson<ClaimPump.Request>(KeyUse.Optional)
            .Produces<FuelSessionAnswer>();
        var one = sessions.MapGroup("/{id:guid}");
        one.MapGet("", (Guid id, HttpContext http, ShowSessions use, CancellationToken ct) =>
                use.ShowAsync(id, http, ct))
            .WithSummary("One session").Produces<FuelSessionAnswer>();
        one.MapPost("/confirm", (Guid id, HttpContext http, AnswerSession use) => use.ConfirmAsync(id, http))
            .WithSummary("Yes: set money aside before fuelling, or pay the bill")
            .TakesJson<AnswerSession.Request>(KeyUse.Optional).Produces<FuelSessionAnswer>();
        one.MapPost("/decline", (Guid id, HttpContext http, AnswerSession use) => use.DeclineAsync(id, http))
            .WithSummary("Not me").TakesKey(KeyUse.Optional).Produces<FuelSessionAnswer>();
        one.MapPost("/reopen", (Guid id, HttpContext http, AnswerSession use) => use.ReopenAsync(id, http))
            .WithSummary("Open an expired bill again").TakesKey(KeyUse.Optional).Produces<FuelSessionAnswer>();
        MapStaff(one);
    }

    private static void MapStaff(RouteGroupBuilder one)
    {
        one.MapPost("/cash", (Guid id, HttpContext http, StaffSession use) => use.CashAsync(id, http))
            .WithSummary("Paid in the shop").TakesKey(KeyUse.Optional).Produces<FuelSessionAnswer>();
        one.MapPost("/cancel", (Guid id, HttpContext http, StaffSession use) => use.CancelAsync(id, http))
            .WithSummary("End a session before anything is delivered").TakesKey(KeyUse.Optional)
            .Produces<FuelSessionAnswer>();
        one.MapPost("/reassign", (Guid id, HttpContext http, StaffSession use) => use.ReassignAsync(id, http))
            .WithSummary("It was another car, or another pump")
            .TakesJson<StaffSession.ReassignRequest>(KeyUse.Optional).Produces<FuelSessionAnswer>();
        one.MapPost("/not-theirs", (Guid id, HttpContext http, StaffSession use) => use.NotTheirsAsync(id, http))
            .WithSummary("Whoever is asked says at the counter that it is not theirs").TakesKey(KeyUse.Optional)
            .Produces<FuelSessionAnswer>();
        one.MapPost("/release", (Guid id, HttpContext http, StaffSession use) => use.ReleaseAsync(id, http))
            .WithSummary("What a pump said wrongly is put right")
            .TakesJson<StaffSession.ReleaseRequest>(KeyUse.Optional).Produces<FuelSessionAnswer>();
        one.MapPost("/drive-off", (Guid id, HttpContext http, StaffSession use) => use.DriveOffAsync(id, http))
            .WithSummary("The car left without paying").TakesKey(KeyUse.Optional).Produces<FuelSessionAnswer>();
        one.MapPost("/write-off", (Guid id, HttpContext http, StaffSession use) => use.WriteOffAsync(id, http))
            .WithSummary("Give the money up, with a reason")
            .TakesJson<StaffSession.WriteOffRequest>(KeyUse.Optional).Produces<FuelSessionAnswer>();
    }
}
