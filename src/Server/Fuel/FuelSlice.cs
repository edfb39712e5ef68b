using System.CommandLine;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.Events;
using SightPay.Server.Fuel.Simulator;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <param name="Currency">ISO 4217 code of all prices; one per installation.</param>
public sealed record FuelSettings(string Currency);

/// <summary>Fuel: filling stations, their pumps, what they sell and what it costs.</summary>
public static class FuelSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Fuel");

    /// <summary><c>sightpay simulate-pump</c>.</summary>
    public static Command SimulateVerb => SimulatePumpVerb.Make();

    public static IServiceCollection AddFuel(this IServiceCollection services, FuelSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ForecourtStore>().AddSingleton<Forecourt>().AddSingleton<SiteStaff>();
        services.AddSingleton<SiteChanges>().AddSingleton<OpenSite>().AddSingleton<SetPump>();
        services.AddSingleton<SetPrice>().AddSingleton<FillTank>().AddSingleton<NameStaff>();
        services.AddSingleton<InviteStaff>();
        services.AddSingleton<DemoForecourt>();
        services.AddSingleton<ILiveTopics, SiteTopics>();
        services.AddPersonRows(SitePersonData.Rows);
        services.AddSingleton<ICompanionWriter, TankTable>();
        services.AddPumpSessions(new PumpSessionSettings(settings.Currency));
        return services;
    }

    public static void MapFuel(this IEndpointRouteBuilder routes)
    {
        MapSites(routes);
        routes.MapGroup("").WithTags("Fuel").MapPumpSessions();
    }

    /// <summary>Who may do what at which site, each use case asks <see cref="SiteStaff"/>.</summary>
    private static void MapSites(IEndpointRouteBuilder routes)
    {
        var sites = routes.MapGroup("/sites").RequireAuthorization(Access.Person).WithTags("Fuel");
        sites.MapGet("", (HttpContext http, OpenSite use, CancellationToken ct) => use.ListAsync(http, ct))
            .WithSummary("Filling stations that you run or may look at").Produces<Page<SiteListed>>();
        sites.MapPost("", (HttpContext http, OpenSite use) => use.OpenAsync(http))
            .RequireAuthorization(Access.Operator).WithSummary("Open a filling station")
            .TakesJson<OpenSite.Request>().Produces<SiteAnswer>(201);
        var site = sites.MapGroup("/{id}");
        site.MapGet("", (string id, HttpContext http, SiteChanges use) => use.ShowAsync(http, id))
            .WithSummary("All of a filling station").Produces<SiteAnswer>();
        site.MapPut("", (string id, HttpContext http, OpenSite use) => use.ChangeAsync(id, http))
            .WithSummary("Name, region, clock, opening hours and owner")
            .TakesJson<OpenSite.Request>().Produces<SiteAnswer>();
        site.MapPut("/grades/{gradeId}", SetGrade.Handle).WithSummary("Something that the site sells")
            .TakesJson<SetGrade.Request>().Produces<SiteAnswer>();
        site.MapPut("/tanks/{tankId}", SetTank.Handle).WithSummary("What a tank holds")
            .TakesJson<SetTank.Request>().Produces<SiteAnswer>();
        site.MapPut("/pumps/{number:int}", (string id, int number, HttpContext http, SetPump use) =>
                use.RunAsync(id, number, http))
            .WithSummary("The nozzles of a pump; whether it is closed")
            .TakesJson<SetPump.Request>().Produces<SiteAnswer>();
        MapTanks(site.MapGroup("/tanks/{tankId}"));
        MapPrices(site.MapGroup("/prices"));
        MapStaff(site, routes.MapGroup("/site-invitations").RequireAuthorization(Access.Person).WithTags("Fuel"));
    }

    private static void MapStaff(RouteGroupBuilder site, RouteGroupBuilder invitations)
    {
        var staff = site.MapGroup("/staff");
        staff.MapGet("", (string id, HttpContext http, NameStaff use) => use.ListAsync(id, http))
            .WithSummary("Who works at the site").Produces<Page<NameStaff.StaffAnswer>>();
        staff.MapPut("/{userId:guid}", (string id, Guid userId, HttpContext http, NameStaff use) =>
                use.AssignAsync(id, userId, http))
            .RequireAuthorization(Access.Operator).WithSummary("Somebody works at this site")
            .Produces<NameStaff.StaffAnswer>();
        staff.MapDelete("/{userId:guid}", (string id, Guid userId, HttpContext http, NameStaff use) =>
                use.DismissAsync(id, userId, http))
            .WithSummary("And no more").Produces(204);
        site.MapPost("/invitations", (string id, HttpContext http, InviteStaff use) => use.AskAsync(id, http))
            .WithSummary("Ask somebody by e-mail address to work here; the answer is the same for every address")
            .TakesJson<InviteStaff.Request>().Produces<InviteStaff.SentAnswer>(202);
        invitations.MapGet("", (HttpContext http, InviteStaff use, CancellationToken ct) => use.ListAsync(http, ct))
            .WithSummary("Where you are asked to work").Produces<Page<InviteStaff.InvitationAnswer>>();
        invitations.MapPost("/{siteId}/accept", (
                string siteId, HttpContext http, InviteStaff use, CancellationToken ct) =>
                use.AcceptAsync(siteId, http, ct))
            .WithSummary("Work there from now on, and nowhere else").Produces(204);
        invitations.MapDelete("/{siteId}", (
                string siteId, HttpContext http, InviteStaff use, CancellationToken ct) =>
                use.DeclineAsync(siteId, http, ct))
            .WithSummary("No, thank you").Produces(204);
    }

    private static void MapTanks(RouteGroupBuilder tank)
    {
        tank.MapPost("/deliveries", (string id, string tankId, HttpContext http, FillTank use) =>
                use.RunAsync(id, tankId, TankChange.Delivery, http))
            .WithSummary("A tank lorry came").TakesJson<FillTank.Request>(KeyUse.Required)
            .Produces<FillTank.Done>(201);
        tank.MapPost("/dips", (string id, string tankId, HttpContext http, FillTank use) =>
                use.RunAsync(id, tankId, TankChange.Dip, http))
            .WithSummary("Somebody measured what is in the tank").TakesJson<FillTank.Request>(KeyUse.Required)
            .Produces<FillTank.Done>(201);
        tank.MapGet("/entries", (
                string id, string tankId, HttpContext http, FillTank use, string? cursor, int? limit) =>
                use.EntriesAsync(id, tankId, http, cursor, limit))
            .WithSummary("Deliveries and measurements, newest first").Produces<Page<FillTank.EntryAnswer>>();
    }

    private static void MapPrices(RouteGroupBuilder prices)
    {
        prices.MapPost("", (string id, HttpContext http, SetPrice use) => use.SetAsync(id, http))
            .WithSummary("What a grade costs from now on, or from a later moment on")
            .TakesJson<SetPrice.Request>(KeyUse.Optional).Produces<PriceAnswer>(201);
        prices.MapGet("", (
                string id, HttpContext http, SetPrice use, string? grade_id, string? cursor, int? limit) =>
                use.HistoryAsync(id, http, grade_id, cursor, limit))
            .WithSummary("Prices of all times, the latest moment first").Produces<Page<PriceAnswer>>();
        prices.MapDelete("/{priceId:guid}", (string id, Guid priceId, HttpContext http, SetPrice use) =>
                use.WithdrawAsync(id, priceId, http))
            .WithSummary("Take a price back before its time comes").Produces(204);
    }
}
