using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Books;
using SightPay.Server.Database;
using SightPay.Server.Payments.Sandbox;
using SightPay.Server.Payments.Stripe;
using SightPay.Server.People;

namespace SightPay.Server.Payments;

public static class PaymentsSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Payments");

    /// <summary>Needs NpgsqlDataSource, GeneralLedger, Idempotency and TimeProvider among the services.</summary>
    public static IServiceCollection AddPayments(this IServiceCollection services, PaymentSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ICompanionWriter, SpendingTable>();
        services.AddPersonRows(PaymentPersonData.Rows);
        foreach (var settled in SettledMoney.All) services.AddSingleton(settled);
        services.AddSingleton(new SpendingPolicy(settings.Spending)).AddSingleton<OwnLimits>();
        // In this order they are written: payments first, since the others name them.
        services.AddSingleton<ICompanionWriter, PaymentTable>();
        services.AddSingleton<ICompanionWriter, AdjustmentTable>();
        services.AddSingleton<ICompanionWriter, TopUpTable>().AddSingleton<ICompanionWriter, TopUpRefundTable>();
        services.AddSingleton<PaymentStore>().AddSingleton<PaymentPlans>().AddSingleton<ExpirePayment>();
        services.AddSingleton(provider => new ChangePayment(
            provider.GetRequiredService<PaymentStore>(), provider.GetRequiredService<ExpirePayment>(),
            provider.GetRequiredService<GeneralLedger>()));
        services.AddSingleton<AdjustmentStore>().AddSingleton<CorrectWallet>().AddSingleton<DecideAdjustment>();
        services.AddSingleton(provider => new RefundPayment(
            provider.GetRequiredService<ChangePayment>(), provider.GetRequiredService<PaymentPlans>(),
            provider.GetRequiredService<AdjustmentStore>(), settings, provider.GetRequiredService<GeneralLedger>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DisputePayment(
            provider.GetRequiredService<ChangePayment>(), provider.GetRequiredService<PaymentPlans>(),
            provider.GetRequiredService<PaymentStore>()));
        // Before all workers: they find the accounts open, and nothing runs where the wrong money would be taken.
        services.AddSingleton<KeepMoneyApart>().AddHostedService<PaymentsStart>();
        AddWorker<ExpirePayments>(services);
        services.AddSingleton<TopUpStore>().AddSingleton<TopUpWaiters>();
        services.AddSingleton<InboxStore>().AddSingleton<InboxSignal>();
        AddProvider(services, settings);
        services.AddSingleton<PaymentProviders>();
        services.AddSingleton<StartTopUp>().AddSingleton<ShowTopUp>().AddSingleton<SettleTopUp>();
        services.AddSingleton<ClearTopUp>();
        services.AddSingleton<ProviderCallLog>().AddSingleton<AskProvider>().AddSingleton<TopUpPlans>();
        services.AddSingleton<ChangeTopUp>().AddSingleton<TopUpRefundStore>();
        services.AddSingleton<StartTopUpRefund>().AddSingleton<SettleReturns>();
        services.AddSingleton<ReceiveWebhook>();
        services.AddSingleton(PaymentBooks.Slice);
        services.AddSingleton<IBooksCheck, PaymentsCheck>().AddSingleton<IBooksCheck, ProviderReports>();
        AddWorker<ProcessInbox>(services);
        AddWorker<PollTopUps>(services);
        return services;
    }

    /// <summary>One provider takes the money of an installation, so that nobody pays real debts with sandbox
    /// money.</summary>
    private static void AddProvider(IServiceCollection services, PaymentSettings settings)
    {
        if (settings.Provider == SandboxProvider.ProviderName)
        {
            services.AddSingleton<SandboxSignal>().AddSingleton<SandboxProvider>();
            services.AddSingleton<IPaymentProvider>(provider => provider.GetRequiredService<SandboxProvider>());
            AddWorker<SandboxDelivery>(services);
        }
        if (settings.Stripe is not { } stripe) return;
        // Pauses on a wire are real ones, whatever clock the rest of the server keeps.
        services.AddSingleton(_ => new StripeApi(
            stripe, new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) },
            TimeProvider.System));
        services.AddSingleton<IPaymentProvider>(provider => new StripeProvider(
            stripe, provider.GetRequiredService<StripeApi>()));
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
        topUps.MapPost("/{id}/refunds", (HttpContext http, string id, StartTopUpRefund use) => use.RunAsync(http, id))
            .WithSummary("Send money of a top-up back to its card").TakesJson<TopUpRefundRequest>(KeyUse.Required)
            .Produces<TopUpRefundAnswer>(201);
        topUps.MapGet("/{id}/refunds", (HttpContext http, string id, StartTopUpRefund use, CancellationToken ct) =>
                use.ListAsync(http, id, ct))
            .WithSummary("What of a top-up went back").Produces<Page<TopUpRefundAnswer>>();
        app.MapGet("/payment-methods", (PaymentProviders providers) => Results.Json(
                providers.ForTopUps?.Methods ?? new PaymentMethods(PaymentSettings.NoProvider, [], null, null),
                ApiJson.Options))
            .WithTags("Payments").WithSummary("What top-ups may be paid with").RequireAuthorization(Access.Person)
            .Produces<PaymentMethods>();
        if (app.ServiceProvider.GetService<SandboxProvider>() is { } sandbox)
        {
            app.MapGet("/sandbox/bank/{id}", BankPage.Show).ExcludeFromDescription();
            app.MapPost("/sandbox/bank/{id}", (HttpContext http, string id, CancellationToken ct) =>
                BankPage.DecideAsync(http, id, sandbox, ct)).ExcludeFromDescription();
        }
        app.MapPut("/users/{id}/limits", (
                HttpContext http, string id, OwnLimits.Request body, OwnLimits use, CancellationToken ct) =>
                use.SetAsync(http, id, body, ct))
            .WithTags("Payments").WithSummary("Limit what one's own face may spend")
            .RequireAuthorization(Access.Person).Produces<OwnLimits.LimitsAnswer>();
        app.MapGet("/users/{id}/limits", (HttpContext http, string id, OwnLimits use, CancellationToken ct) =>
                use.ShowAsync(http, id, ct))
            .WithTags("Payments").WithSummary("What a face may spend")
            .RequireAuthorization(Access.Person).Produces<OwnLimits.LimitsAnswer>();
        MapStaff(app);
        app.MapPost("/webhooks/{provider}", (
                HttpContext http, string provider, ReceiveWebhook use, CancellationToken ct) =>
                use.RunAsync(http, provider, ct))
            .WithTags("Payments").WithSummary("Messages of payment providers");
        return app;
    }

    private static void MapStaff(IEndpointRouteBuilder app)
    {
        var staff = app.MapGroup("").WithTags("Payments").RequireAuthorization(Access.Operator);
        staff.MapPost("/corrections", (HttpContext http, Idempotency idempotency, CorrectWallet use) =>
                idempotency.RunAsync(http, required: true, async (key, ct) => await use.RunAsync(
                    await RequestBody.JsonAsync<CorrectWallet.Request>(
                        http, "Send user_id, amount {amount_minor, currency}, direction and reason."),
                    Caller.Of(http), key, ct)))
            .WithSummary("Give a wallet money, or take it, with a reason")
            .TakesJson<CorrectWallet.Request>(KeyUse.Required).Produces<AdjustmentAnswer>(201);
        var readers = app.MapGroup("").WithTags("Payments").RequireAuthorization(Access.Reader);
        readers.MapGet("/approvals", (string? state, DecideAdjustment use, CancellationToken ct) =>
                use.ListAsync(state, ct))
            .WithSummary("Refunds and corrections above the limit").Produces<Page<AdjustmentAnswer>>();
        foreach (var (verb, approve) in (ReadOnlySpan<(string, bool)>)[("approve", true), ("reject", false)])
            staff.MapPost($"/approvals/{{id:guid}}/{verb}", (
                    Guid id, HttpContext http, Idempotency idempotency, DecideAdjustment use) =>
                    idempotency.RunAsync(http, required: false, (key, ct) =>
                        use.RunAsync(id, approve, Caller.Of(http), key, ct)))
                .WithSummary(approve ? "Agree to what somebody else asked for" : "Refuse it")
                .TakesKey(KeyUse.Optional).Produces<AdjustmentAnswer>();
        readers.MapGet("/top-ups", (ClearTopUp use, CancellationToken ct) => use.ListAsync(ct))
            .WithSummary("Top-ups that people have to look at").Produces<Page<StaffTopUpAnswer>>();
        readers.MapGet("/top-ups/{id:guid}", (Guid id, ClearTopUp use, CancellationToken ct) => use.ShowAsync(id, ct))
            .WithSummary("A top-up as staff see it").Produces<StaffTopUpAnswer>();
        staff.MapPost("/top-ups/{id:guid}/clear", (Guid id, HttpContext http, ClearTopUp use) => use.RunAsync(id, http))
            .WithSummary("Say that a top-up was looked at").TakesKey(KeyUse.Optional).Produces<StaffTopUpAnswer>();
        readers.MapGet("/disputes", (DisputePayment use, CancellationToken ct) => use.ListAsync(ct))
            .WithSummary("Payments whose payer objects").Produces<Page<PaymentAnswer>>();
        staff.MapPost("/disputes/{id:guid}/resolve", (
                Guid id, HttpContext http, Idempotency idempotency, DisputePayment use) =>
                idempotency.RunAsync(http, required: false, async (key, ct) => await use.ResolveAsync(
                    id, await RequestBody.JsonAsync<DisputePayment.Resolution>(http, "Send outcome."),
                    Caller.Of(http), key, ct)))
            .WithSummary("Decide on an objection").TakesJson<DisputePayment.Resolution>(KeyUse.Optional)
            .Produces<PaymentAnswer>();
    }

    private static void AddWorker<T>(IServiceCollection services) where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}

/// <summary>Opens what the providers have taken and not yet paid out.</summary>
internal sealed class PaymentsStart(
    NpgsqlDataSource database, PaymentProviders providers, KeepMoneyApart apart, PaymentSettings settings)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await apart.RunAsync(cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await GeneralLedger.OpenAccountsAsync(connection, null,
        [
            .. providers.All.Select(provider => new AccountOpening(
                PaymentProviders.ClearingKey(provider.Name), settings.Currency, AccountKind.ProviderClearing,
                AccountFlags.None)),
            new AccountOpening(
                CorrectWallet.AccountKey(settings.Currency), settings.Currency, AccountKind.Expense,
                AccountFlags.None),
        ], cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
