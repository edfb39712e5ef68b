using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Events;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <summary>
/// Whoever runs a site asks somebody by their e-mail address to work there, and they answer in their own app. What the
/// asker hears is the same whether or not the address has an account: nobody learns here who is a customer.
/// </summary>
internal sealed class InviteStaff(
    NpgsqlDataSource database, SiteStaff staff, Forecourt forecourt, Persons persons, AuditLog audit,
    RateLimits limits, TimeProvider clock)
{
    private const string Kind = "site_invitation";

    private static readonly TimeSpan _for = TimeSpan.FromDays(14);

    internal sealed record Request(string? Email)
    {
        public override string ToString() => nameof(InviteStaff);
    }

    /// <param name="Until">If the address has an account, its holder may say yes so long.</param>
    internal sealed record SentAnswer(DateTimeOffset Until);

    internal sealed record InvitationAnswer(string SiteId, string SiteName, DateTimeOffset Until);

    /// <summary>POST /sites/{id}/invitations.</summary>
    public async Task<IResult> AskAsync(string id, HttpContext http)
    {
        var (caller, ct) = (Caller.Of(http), http.RequestAborted);
        await staff.DemandAsync(caller, id, SiteRight.Manage, ct);
        if (await forecourt.FindSiteAsync(id, ct) is null) throw SiteStaff.NotFound();
        var request = await RequestBody.JsonAsync<Request>(http, "Send email.");
        var email = request.Email?.Trim() ?? "";
        if (!EmailAddress.IsUsable(email))
            return Problems.Of(422, "fields_invalid", "Nobody can be asked.", errors: new Dictionary<string, string[]>
            {
                ["email"] = ["Write a whole e-mail address."],
            });
        limits.Demand(RateLimits.Invitations, caller.Name);
        var until = clock.GetUtcNow() + _for;
        if (await persons.FindByEmailAsync(email, ct) is { } person)
            await StoreAsync(caller, id, person.Id, until, ct);
        return Results.Json(new SentAnswer(until), ApiJson.Options, statusCode: 202);
    }

    /// <summary>GET /site-invitations: where the caller is asked to work.</summary>
    public async Task<IResult> ListAsync(HttpContext http, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select s.id, s.name, i.until from fuel_invitation i join fuel_site s on s.id = i.site
            where i.person = $1 and i.until > $2 order by i.until, s.id
            """);
        command.Parameters.Add(new() { Value = Caller.Of(http).PersonId!.Value });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        var asked = new List<InvitationAnswer>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            asked.Add(new(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2)));
        return Results.Json(new Page<InvitationAnswer>(asked, null), ApiJson.Options);
    }

    /// <summary>POST /site-invitations/{site_id}/accept: they work there from now on, and nowhere else.</summary>
    public async Task<IResult> AcceptAsync(string site, HttpContext http, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var person = caller.PersonId!.Value;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await DeleteAsync(connection, transaction, site, person, clock.GetUtcNow(), ct)) return NotFound();
        await NameStaff.PutAsync(connection, transaction, site, person, clock.GetUtcNow(), ct);
        await audit.WriteAsync(connection, transaction, caller.Name, "site_staff_joined", $"site:{site}", ct);
        await Outbox.AddAsync(
            connection, transaction,
            new(OutboxRow.SiteTopic(site), "site", ApiJson.Write(new { SiteId = site, What = "staff" })), ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    /// <summary>DELETE /site-invitations/{site_id}: no, thank you. The asker is not told.</summary>
    public async Task<IResult> DeclineAsync(string site, HttpContext http, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var person = Caller.Of(http).PersonId!.Value;
        if (!await DeleteAsync(connection, transaction, site, person, DateTimeOffset.MinValue, ct)) return NotFound();
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    private async Task StoreAsync(
        Caller caller, string site, Guid person, DateTimeOffset until, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            insert into fuel_invitation as i (site, person, until)
            select $1, $2, $3 where not exists (select from fuel_staff where person = $2 and site = $1)
            on conflict (site, person) do update set until = excluded.until
            """, connection, transaction)
        {
            Parameters = { new() { Value = site }, new() { Value = person }, new() { Value = until } },
        };
        // Who works there already is not asked again.
        if (await command.ExecuteNonQueryAsync(ct) == 0) return;
        await audit.WriteAsync(connection, transaction, caller.Name, "site_staff_invited", $"person:{person}", ct);
        await Outbox.AddAsync(
            connection, transaction,
            new(OutboxRow.PersonTopic(person), Kind, ApiJson.Write(new { SiteId = site })), ct);
        await transaction.CommitAsync(ct);
    }

    /// <returns>False when nobody asked, or too long ago.</returns>
    private static async Task<bool> DeleteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string site, Guid person, DateTimeOffset now,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "delete from fuel_invitation where site = $1 and person = $2 and until > $3", connection, transaction)
        {
            Parameters = { new() { Value = site }, new() { Value = person }, new() { Value = now } },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    private static IResult NotFound() => Problems.Of(
        404, "invitation_not_found", "Nobody asks you to work there, or it was too long ago. Ask to be asked again.");
}
