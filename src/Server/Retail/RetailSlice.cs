using Microsoft.AspNetCore.Authorization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <param name="Currency">ISO 4217 code of all payments; one per installation.</param>
public sealed record RetailSettings(string Currency)
{
    /// <summary>Most that one payment may be, in minor units.</summary>
    public long PaymentMaxMinor { get; init; } = 1_000_000;

    /// <summary>What a cashier may give back of one payment without a second pair of eyes.</summary>
    public long CashierAloneMinorMax { get; init; } = 100_00;

    /// <summary>What a cashier may give back on one day, of all payments, without one.</summary>
    public long CashierDayMinorMax { get; init; } = 500_00;

    /// <summary>A sighting older than this does not pay.</summary>
    public TimeSpan SightingPaysWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A payer confirms within five minutes. An authorisation lives a week, as cards' do; a capture may exceed
    /// it by a tip.</summary>
    public PaymentTimes Times { get; init; } = new(TimeSpan.FromMinutes(5), TimeSpan.FromDays(7), 15);
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
        services.AddSingleton<PaymentParties>();
        services.AddSingleton<ChangeRequests>();
        services.AddSingleton<ConfirmAtTill>();
        services.AddSingleton<Cashiers>().AddPersonRows(CashierPersonData.Rows);
        services.AddSingleton<ICompanionWriter, CashierDayTable>();
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
        retail.MapGet("/merchants", ListMerchants.Handle).RequireAuthorization(Access.Person)
            .WithSummary("Merchants, by name").Produces<Page<ListMerchants.MerchantAnswer>>();
        retail.MapGet("/merchants/{id}/statement", ShowMerchantStatement.Handle).RequireAuthorization(Access.Reader)
            .WithSummary("What a merchant took and gave back, day by day, as JSON or CSV")
            .Produces<ShowMerchantStatement.MerchantStatementAnswer>(200, "application/json", "text/csv")
            .WithRequestTimeout(StatementResult.SentWithin);
        retail.MapGet("/cashiers", (Cashiers use, CancellationToken ct) => use.ListAsync(ct))
            .WithSummary("Who works at which merchant").RequireAuthorization(Access.Reader)
            .Produces<Page<CashierAnswer>>();
        retail.MapPut("/cashiers/{userId:guid}", (
                Guid userId, HttpContext http, Cashiers use, CancellationToken ct) =>
                use.AssignAsync(userId, http, ct))
            .WithSummary("Somebody works at this merchant").RequireAuthorization(Access.Operator)
            .TakesJson<Cashiers.Request>().Produces<CashierAnswer>();
        retail.MapDelete("/cashiers/{userId:guid}", (
                Guid userId, HttpContext http, Cashiers use, CancellationToken ct) =>
                use.DismissAsync(userId, http, ct))
            .WithSummary("And at none any more").RequireAuthorization(Access.Operator).Produces(204);
        // The payer in the app, the merchant's till by its key, or an operator: the use case says which of them.
        var parties = new AuthorizeAttribute
        {
            AuthenticationSchemes = $"{Access.PersonScheme},{Access.StationScheme}",
        };
        var one = retail.MapGroup("/transactions/{id:guid}").RequireAuthorization(parties);
        one.MapGet("", ShowPayment.Handle).WithSummary("What became of a payment").Produces<PaymentAnswer>();
        one.MapPost("/confirm", (Guid id, HttpContext http, ChangeRequests inApp, ConfirmAtTill atTill) =>
                Caller.Of(http).StationId is null ? inApp.ConfirmAsync(id, http) : atTill.RunAsync(id, http))
            .WithSummary("The payer says yes: signed in, or with their PIN or their app's code at the till that asked")
            .TakesJson<ConfirmAtTill.Request>(KeyUse.Optional).Produces<PaymentAnswer>();
        one.MapPost("/capture", (Guid id, HttpContext http, ChangeRequests use) => use.CaptureAsync(id, http))
            .WithSummary("The till takes what is due of an authorised payment")
            .TakesJson<ChangeRequests.CaptureRequest>(KeyUse.Required).Produces<PaymentAnswer>();
        one.MapPost("/extend", (Guid id, HttpContext http, ChangeRequests use) => use.ExtendAsync(id, http))
            .WithSummary("The authorisation lives longer").TakesKey(KeyUse.Optional).Produces<PaymentAnswer>();
        one.MapPost("/cancel", (Guid id, HttpContext http, ChangeRequests use) => use.CancelAsync(id, http))
            .WithSummary("Let a payment be that is not paid yet").TakesKey(KeyUse.Optional).Produces<PaymentAnswer>();
        one.MapPost("/reopen", (Guid id, HttpContext http, ChangeRequests use) => use.ReopenAsync(id, http))
            .WithSummary("Ask again for an expired payment").TakesKey(KeyUse.Optional).Produces<PaymentAnswer>();
        one.MapPost("/refunds", (Guid id, HttpContext http, ChangeRequests use) => use.RefundAsync(id, http))
            .WithSummary("Give money back, whole or in part").TakesJson<RefundPayment.Request>(KeyUse.Required)
            .Produces<AdjustmentAnswer>(201);
        one.MapGet("/refunds", (Guid id, HttpContext http, ChangeRequests use) => use.RefundsAsync(id, http))
            .WithSummary("Refunds of a payment").Produces<Page<AdjustmentAnswer>>();
        one.MapPost("/dispute", (Guid id, HttpContext http, ChangeRequests use) => use.DisputeAsync(id, http))
            .WithSummary("The payer objects").TakesJson<DisputePayment.Request>(KeyUse.Optional)
            .Produces<PaymentAnswer>();
    }
}
