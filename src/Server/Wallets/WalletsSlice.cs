using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.People;

namespace SightPay.Server.Wallets;

/// <param name="Currency">ISO 4217 code; one per installation.</param>
public sealed record WalletSettings(string Currency);

public static class WalletsSlice
{
    /// <summary>Wallets keep nothing of their own: the ledger is the truth.</summary>
    public static SliceSchema Schema => new("Wallets", []);

    /// <summary>Needs GeneralLedger among the services.</summary>
    public static IServiceCollection AddWallets(this IServiceCollection services, WalletSettings settings) =>
        services.AddSingleton(settings).AddSingleton<ShowWallet>().AddSingleton<ListEntries>()
            .AddSingleton<ShowStatement>()
            .AddSingleton<IPersonData, ReceiptPersonData>();

    public static IEndpointRouteBuilder MapWallets(this IEndpointRouteBuilder app)
    {
        var wallet = app.MapGroup("/wallet").WithTags("Wallets").RequireAuthorization(Access.Person);
        wallet.MapGet("", (
                HttpContext http, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "user_id")] string? userId,
                ShowWallet use, CancellationToken ct) => use.RunAsync(http, userId, ct))
            .WithSummary("What the wallet holds and may spend").Produces<WalletAnswer>();
        wallet.MapGet("/entries", (
                HttpContext http, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "user_id")] string? userId,
                string? cursor, int? limit, ListEntries use, CancellationToken ct) =>
                use.RunAsync(http, userId, cursor, limit, ct))
            .WithSummary("The wallet's entries, newest first").Produces<Page<EntryAnswer>>();
        wallet.MapGet("/statement", (
                HttpContext http, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "user_id")] string? userId, string? from,
                string? to, string? format, ShowStatement use, CancellationToken ct) =>
                use.RunAsync(http, userId, from, to, format, ct))
            .WithSummary("A statement over a period, as JSON or CSV")
            .Produces<StatementAnswer>(200, "application/json", "text/csv")
            .WithRequestTimeout(StatementResult.SentWithin);
        return app;
    }
}
