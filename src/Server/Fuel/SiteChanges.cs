using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Events;

namespace SightPay.Server.Fuel;

/// <summary>One change of a site's set-up: what is written, and what the audit log says of it.</summary>
/// <param name="Subject">Of the audit entry: <c>site:F1</c>, <c>pump:F1-P1</c> and so on.</param>
internal sealed record SiteChange(string What, string Subject, IReadOnlyList<NpgsqlBatchCommand> Writes)
{
    public static NpgsqlBatchCommand Sql(string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        return command;
    }
}

/// <summary>
/// How a site's set-up is changed: whoever changes it holds its row, so that two who meet come one after the other, and
/// who saw an older version is told instead of overwriting what came between. What changes nothing leaves no trace.
/// </summary>
internal sealed class SiteChanges(
    NpgsqlDataSource database, ForecourtStore store, Forecourt forecourt, SiteStaff staff, AuditLog audit,
    TimeProvider clock)
{
    /// <summary>Answers with the whole site as it is afterwards.</summary>
    /// <param name="seen">Version on which the caller decided; null: whatever it is.</param>
    /// <param name="plan">What to do to the site as it is; null: it is so already. Throws what forbids it.</param>
    public async Task<IResult> RunAsync(
        HttpContext http, string siteId, SiteRight needed, int? seen, Func<Site, SiteChange?> plan)
    {
        await ChangeAsync(http, siteId, needed, seen, (site, _, _) => Task.FromResult(plan(site)));
        return await ShowAsync(http, siteId);
    }

    /// <summary>The same for plans that write something of other slices first.</summary>
    public async Task ChangeAsync(
        HttpContext http, string siteId, SiteRight needed, int? seen,
        Func<Site, NpgsqlConnection, NpgsqlTransaction, Task<SiteChange?>> plan)
    {
        var (caller, ct) = (Caller.Of(http), http.RequestAborted);
        await staff.DemandAsync(caller, siteId, needed, ct);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Sessions of pumps refer to the site while they are written, which this lock lets them.
        await using (var hold = new NpgsqlCommand(
            "select from fuel_site where id = $1 for no key update", connection, transaction)
        {
            Parameters = { new() { Value = siteId } },
        })
            await hold.ExecuteNonQueryAsync(ct);
        var site = await store.SiteAsync(connection, transaction, siteId, ct) ?? throw SiteStaff.NotFound();
        if (seen is { } version && version != site.Version)
            throw new ProblemException(
                409, "site_changed", "Somebody changed this site meanwhile. Look at it again, then make your change.");
        if (await plan(site, connection, transaction) is not { } change) return;
        await audit.WriteAsync(connection, transaction, caller.Name, change.What, change.Subject, ct);
        // The event's lock comes before a tank's row here and in the ledger's writer; the other way round they could
        // wait for each other.
        await Outbox.AddAsync(connection, transaction, EventOf(siteId), ct);
        await WriteAsync(connection, transaction, siteId, change, ct);
        await transaction.CommitAsync(ct);
        forecourt.Forget();
    }

    /// <summary>The site as it is now.</summary>
    public async Task<IResult> ShowAsync(HttpContext http, string siteId)
    {
        var (caller, ct) = (Caller.Of(http), http.RequestAborted);
        var right = await staff.RightAsync(caller, siteId, ct);
        if (right == SiteRight.None || await store.SiteAsync(siteId, ct) is not { } site) throw SiteStaff.NotFound();
        return Results.Json(SiteAnswer.Of(site, right, clock.GetUtcNow()), ApiJson.Options);
    }

    public static OutboxRow EventOf(string siteId) =>
        new(OutboxRow.SiteTopic(siteId), "site", ApiJson.Write(new { SiteId = siteId }));

    private static async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string siteId, SiteChange change,
        CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var write in change.Writes) batch.BatchCommands.Add(write);
        batch.BatchCommands.Add(SiteChange.Sql(
            "update fuel_site set version = version + 1 where id = $1", siteId));
        await batch.ExecuteNonQueryAsync(ct);
    }
}
