using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <summary>
/// GET /sites/{id}/staff; PUT and DELETE /sites/{id}/staff/{user_id}: who works at a site, at one at a time.
/// </summary>
internal sealed class NameStaff(
    NpgsqlDataSource database, SiteStaff staff, Persons persons, AuditLog audit, TimeProvider clock)
{
    private const int ListMax = 1000;

    internal sealed record StaffAnswer(Guid UserId, string DisplayName, DateTimeOffset Since);

    public async Task<IResult> ListAsync(string id, HttpContext http)
    {
        var ct = http.RequestAborted;
        await staff.DemandAsync(Caller.Of(http), id, SiteRight.Read, ct);
        var rows = new List<(Guid Person, DateTimeOffset Since)>();
        await using (var command = database.CreateCommand(
            "select person, since from fuel_staff where site = $1 order by since, person limit $2"))
        {
            command.Parameters.Add(new() { Value = id });
            command.Parameters.Add(new() { Value = ListMax });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                rows.Add((reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1)));
        }
        var listed = new List<StaffAnswer>();
        foreach (var (person, since) in rows)
            if (await persons.FindAsync(person, ct) is { } found)
                listed.Add(new(person, found.DisplayName, since));
        return Results.Json(new Page<StaffAnswer>(listed, null), ApiJson.Options);
    }

    /// <summary>By operators, who know the number of an account. Owners ask by <see cref="InviteStaff"/>.</summary>
    public async Task<IResult> AssignAsync(string id, Guid person, HttpContext http)
    {
        var (caller, ct) = (Caller.Of(http), http.RequestAborted);
        await staff.DemandAsync(caller, id, SiteRight.Manage, ct);
        if (await persons.FindAsync(person, ct) is not { } found) return PersonAccess.NotFound();
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var since = await PutAsync(connection, transaction, id, person, clock.GetUtcNow(), ct);
        await audit.WriteAsync(connection, transaction, caller.Name, "site_staff_named", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return Results.Json(new StaffAnswer(person, found.DisplayName, since), ApiJson.Options);
    }

    /// <summary>They work at this site, and at no other.</summary>
    /// <returns>Since when.</returns>
    internal static async Task<DateTimeOffset> PutAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string site, Guid person, DateTimeOffset at,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into fuel_staff as f (person, site, since) values ($1, $2, $3)
            on conflict (person) do update set since = case when f.site = excluded.site then f.since
                else excluded.since end, site = excluded.site
            returning since
            """, connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = site }, new() { Value = at } },
        };
        return (DateTime)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task<IResult> DismissAsync(string id, Guid person, HttpContext http)
    {
        var (caller, ct) = (Caller.Of(http), http.RequestAborted);
        await staff.DemandAsync(caller, id, SiteRight.Manage, ct);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            "delete from fuel_staff where person = $1 and site = $2", connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = id } },
        };
        if (await command.ExecuteNonQueryAsync(ct) == 0) return Results.NoContent();
        await audit.WriteAsync(connection, transaction, caller.Name, "site_staff_dismissed", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }
}
