using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.Payments.Sandbox;

namespace SightPay.Server.Payments;

public static class PaymentsSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Payments");

    /// <summary>Needs NpgsqlDataSource, GeneralLedger, Idempotency and TimeProvider among the services.</summary>
    public static IServiceCollection AddPayments(this IServiceCollection services, PaymentSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ICompanionWriter, FaceSpendWriter>();
        services.AddSingleton<ICompanionWriter, TopUpCreatedWriter>();
        services.AddSingleton<ICompanionWriter, TopUpCreditedWriter>();
        services.AddSingleton<TopUpStore>().AddSingleton<TopUpWaiters>();
        services.AddSingleton<InboxStore>().AddSingleton<InboxSignal>();
        services.AddSingleton<SandboxSignal>().AddSingleton<SandboxProvider>();
        services.AddSingleton<IPaymentProvider>(provider => provider.GetRequiredService<SandboxProvider>());
        services.AddSingleton<PaymentProviders>();
        services.AddSingleton<StartTopUp>().AddSingleton<ShowTopUp>().AddSingleton<SettleTopUp>();
        services.AddSingleton<ReceiveWebhook>();
        services.AddHostedService<PaymentsStart>();
        AddWorker<ProcessInbox>(services);
        AddWorker<PollTopUps>(services);
        AddWorker<SandboxDelivery>(services);
        return services;
    }

    public static IEndpointRouteBuilder MapPayments(this IEndpointRouteBuilder app)
    {
        var topUps = app.MapGroup("/wallet/top-ups").WithTags("Payments").RequireAuthorization(Access.Person);
        topUps.MapPost("", (HttpContext http, StartTopUp use) => use.RunAsync(http))
            .WithSummary("Top the wallet up").TakesKey(KeyUse.Required)
            .Accepts<TopUpRequest>("application/json").Produces<TopUpAnswer>(201);
        topUps.MapGet("/{id}", (HttpContext http, string id, ShowTopUp use, CancellationToken ct) =>
                use.RunAsync(http, id, ct))
            .WithSummary("Show a top-up").Produces<TopUpAnswer>();
        app.MapPost("/webhooks/{provider}", (
                HttpContext http, string provider, ReceiveWebhook use, CancellationToken ct) =>
                use.RunAsync(http, provider, ct))
            .WithTags("Payments").WithSummary("Messages of payment providers");
        return app;
    }

    private static void AddWorker<T>(IServiceCollection services) where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}

/// <summary>Opens what the providers have taken and not yet paid out.</summary>
internal sealed class PaymentsStart(
    NpgsqlDataSource database, PaymentProviders providers, PaymentSettings settings) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await GeneralLedger.OpenAccountsAsync(connection, null,
        [
            .. providers.All.Select(provider => new AccountOpening(
                PaymentProviders.ClearingKey(provider.Name), settings.Currency, AccountKind.ProviderClearing,
                AccountFlags.None)),
        ], cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
