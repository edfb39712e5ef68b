using System.CommandLine;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <param name="DataFolder">Holds the log's key.</param>
public sealed record ReceiptSettings(string DataFolder)
{
    /// <summary>A new receipt is under a signed head after this time, or sooner when somebody asks for it.</summary>
    public TimeSpan SignEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the whole log is read again; also at every start.</summary>
    public TimeSpan AuditEvery { get; init; } = TimeSpan.FromDays(1);
}

public static class ReceiptsSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Receipts");

    /// <summary>Checks a receipt without a server or a database.</summary>
    public static Command VerifyVerb => VerifyReceiptVerb.Make();

    /// <summary>Needs NpgsqlDataSource and TimeProvider among the services.</summary>
    public static IServiceCollection AddReceipts(this IServiceCollection services, ReceiptSettings settings)
    {
        services.AddSingleton<ICompanionWriter, ReceiptWriter>();
        services.AddSingleton(settings).AddSingleton(_ => LogKey.Open(settings.DataFolder));
        services.AddSingleton<ReceiptLog>().AddSingleton<ReceiptStore>().AddSingleton<ReceiptBook>();
        services.AddSingleton<ShowReceipts>().AddSingleton<ShowLog>();
        services.AddSingleton(provider => new ReceiptAudit(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<LogKey>(),
            provider.GetServices<SettledPayments>()));
        services.AddHostedService<SignHeads>();
        services.AddWatch("receipt_log", (provider, _) =>
            ValueTask.FromResult(provider.GetRequiredService<ReceiptLog>().Fault));
        return services;
    }

    public static IEndpointRouteBuilder MapReceipts(this IEndpointRouteBuilder app)
    {
        var receipts = app.MapGroup("/receipts").WithTags("Receipts").RequireAuthorization(Access.Person);
        receipts.MapGet("", (
                HttpContext http, [FromQuery(Name = "user_id")] Guid? userId, Guid? subject, string? cursor, int? limit,
                ShowReceipts use, CancellationToken ct) => use.ListAsync(http, userId, subject, cursor, limit, ct))
            .WithSummary("Own receipts, newest first; everybody's for operators")
            .Produces<Page<ShowReceipts.Listed>>();
        receipts.MapGet("/{id:guid}", (HttpContext http, Guid id, ShowReceipts use, CancellationToken ct) =>
                use.OneAsync(http, id, ct))
            .WithSummary("A receipt with everything that proves it").Produces<Evidence>();
        receipts.MapGet("/{id:guid}/print", async (
                HttpContext http, Guid id, ShowReceipts use, CancellationToken ct) =>
                PrintedReceipt.Of(http, await use.ProveAsync(http, id, ct)))
            .WithSummary("The same on paper: a page to print, with a code that opens the public check")
            .Produces(200, contentType: "text/html");

        var log = app.MapGroup("/receipt-log").WithTags("Receipts");
        log.MapGet("/key", (HttpContext http, ShowLog use) => use.Key(http))
            .WithSummary("The public key of the receipt log, in PEM")
            .Produces(200, contentType: "application/x-pem-file");
        log.MapGet("/head", (HttpContext http, ShowLog use) => use.Head(http))
            .WithSummary("The newest signed head of the receipt log").Produces<HeadDocument>();
        log.MapGet("/inclusion", (HttpContext http, long leaf, long size, ShowLog use, CancellationToken ct) =>
                use.InclusionAsync(http, leaf, size, ct))
            .WithSummary("Proof that a leaf is in the log of a size").Produces<InclusionDocument>();
        log.MapGet("/consistency", (HttpContext http, long first, long second, ShowLog use, CancellationToken ct) =>
                use.ConsistencyAsync(http, first, second, ct))
            .WithSummary("Proof that the log has only grown from one size to another").Produces<ConsistencyDocument>();
        return app;
    }
}
