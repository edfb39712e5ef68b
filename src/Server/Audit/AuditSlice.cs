using System.Globalization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;

namespace SightPay.Server.Audit;

public static class AuditSlice
{
    /// <summary>Who may read the log. Nobody may change it, so it does no harm that it watches its readers.</summary>
    private static readonly string[] Readers = ["auditor", "manager", "admin"];

    public static SliceSchema Schema => SliceSchema.Of("Audit");

    public static IServiceCollection AddAudit(this IServiceCollection services) =>
        services.AddSingleton<AuditLog>().AddSingleton<ICompanionWriter, AuditWriter>();

    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder app)
    {
        app.MapGet("/audit", ListAsync).WithTags("Audit").WithSummary("What operators did, newest first")
            .RequireAuthorization(policy => policy
                .AddAuthenticationSchemes(Access.PersonScheme).RequireRole(Readers))
            .Produces<Page<AuditEntry>>();
        return app;
    }

    private static async Task<IResult> ListAsync(
        [AsParameters] AuditFilter filter, string? cursor, int? limit, AuditLog log, CancellationToken ct)
    {
        var before = Cursor.ReadNumber(cursor);
        var most = PageLimit.Of(limit);
        var rows = await log.ListAsync(filter, before, most + 1, ct);
        return Results.Json(
            Page<AuditEntry>.Of(rows, most, row => Cursor.Of(row.Seq.ToString(CultureInfo.InvariantCulture))),
            ApiJson.Options);
    }
}
