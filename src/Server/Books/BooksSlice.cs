using System.CommandLine;
using SightPay.Server.Api;
using SightPay.Server.Database;

namespace SightPay.Server.Books;

public sealed record BooksSettings
{
    /// <summary>The hour of the daily run, UTC: before most people are up, after a day's messages came.</summary>
    public TimeSpan DailyAt { get; init; } = TimeSpan.FromHours(3);
}

/// <summary>Books: the proof that everybody who writes money down writes the same.</summary>
public static class BooksSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Books");

    /// <summary>Needs NpgsqlDataSource, GeneralLedger, ReceiptAudit, AuditLog and TimeProvider among the
    /// services.</summary>
    public static IServiceCollection AddBooks(this IServiceCollection services, BooksSettings? settings = null)
    {
        services.AddSingleton(settings ?? new BooksSettings());
        services.AddSingleton<IBooksCheck, LedgerCheck>();
        services.AddSingleton<IBooksCheck, SlicesCheck>();
        services.AddSingleton<IBooksCheck, ReceiptsCheck>();
        services.AddSingleton<ReconciliationStore>().AddSingleton<AskReconciliation>();
        services.AddSingleton<Reconcile>().AddHostedService(provider => provider.GetRequiredService<Reconcile>());
        // Told to whoever watches; no gate waits for it.
        services.AddWatch("books", (provider, _) =>
            ValueTask.FromResult(provider.GetRequiredService<Reconcile>().Fault));
        return services;
    }

    /// <summary>What is done beside the server.</summary>
    /// <param name="settings">Read when a verb runs.</param>
    /// <param name="schemas">All migrations of this program, in ring order.</param>
    public static IEnumerable<Command> Verbs(
        Func<DatabaseSettings> settings, IReadOnlyList<SliceSchema> schemas, TimeProvider clock) =>
        new BooksVerbs(settings, schemas, clock, Console.Out).All();

    public static IEndpointRouteBuilder MapBooks(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/reconciliations").WithTags("Books");
        runs.MapPost("", (HttpContext http, AskReconciliation use, CancellationToken ct) => use.RunAsync(http, ct))
            .WithSummary("Compare ledger, payments, providers and receipts now").RequireAuthorization(Access.Operator)
            .TakesJson<AskReconciliation.Request>(KeyUse.Required).Produces<ReconciliationAnswer>(202);
        runs.MapGet("", (string? cursor, int? limit, AskReconciliation use, CancellationToken ct) =>
                use.ListAsync(cursor, limit, ct))
            .WithSummary("Reconciliations, newest first").RequireAuthorization(Access.Reader)
            .Produces<Page<ReconciliationAnswer>>();
        runs.MapGet("/{id:guid}", (Guid id, AskReconciliation use, CancellationToken ct) => use.ShowAsync(id, ct))
            .WithSummary("What a reconciliation found").RequireAuthorization(Access.Reader)
            .Produces<ReconciliationAnswer>();
        return app;
    }
}
