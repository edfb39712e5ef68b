using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.People;

namespace SightPay.Server.Retail;

internal sealed record CashierAnswer(Guid UserId, string MerchantId);

/// <summary>
/// Who works at which merchant: GET /cashiers, PUT and DELETE /cashiers/{user_id} by operators. The role says that
/// somebody is a cashier, this says where; both are needed, and both are read at each request.
/// </summary>
internal sealed class Cashiers(
    NpgsqlDataSource database, RetailStore store, Persons persons, AuditLog audit, TimeProvider clock)
{
    private const int ListMax = 1000;

    internal sealed record Request(string? MerchantId);

    /// <summary>The merchant at whose tills the caller works; null for everybody else.</summary>
    public async ValueTask<string?> MerchantOfAsync(Caller caller, CancellationToken ct)
    {
        if (caller.PersonId is not { } person || !caller.Roles.Contains(Role.Cashier)) return null;
        await using var command = database.CreateCommand("select merchant from retail_cashier where person = $1");
        command.Parameters.Add(new() { Value = person });
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>The latest first.</summary>
    public async Task<IResult> ListAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select person, merchant from retail_cashier order by since desc, person limit $1");
        command.Parameters.Add(new() { Value = ListMax });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var cashiers = new List<CashierAnswer>();
        while (await reader.ReadAsync(ct)) cashiers.Add(new(reader.GetGuid(0), reader.GetString(1)));
        return Results.Json(new Page<CashierAnswer>(cashiers, null), ApiJson.Options);
    }

    /// <summary>They work at this merchant from now on, and at no other.</summary>
    public async Task<IResult> AssignAsync(Guid person, HttpContext http, CancellationToken ct)
    {
        var request = await RequestBody.JsonAsync<Request>(http, "Send merchant_id.");
        if (request.MerchantId is not { } merchant || !await store.HasMerchantAsync(merchant, ct))
            return Problems.Of(404, "merchant_not_found", "There is no merchant with this id.");
        if (await persons.FindAsync(person, ct) is null) return PersonAccess.NotFound();
        await ChangeAsync(
            """
            insert into retail_cashier (person, merchant, since) values ($1, $2, $3)
            on conflict (person) do update set merchant = excluded.merchant, since = excluded.since
            where retail_cashier.merchant <> excluded.merchant
            """, [person, merchant, clock.GetUtcNow()], http, "cashier_assigned", person, ct);
        return Results.Json(new CashierAnswer(person, merchant), ApiJson.Options);
    }

    public async Task<IResult> DismissAsync(Guid person, HttpContext http, CancellationToken ct)
    {
        await ChangeAsync(
            "delete from retail_cashier where person = $1", [person], http, "cashier_dismissed", person, ct);
        return Results.NoContent();
    }

    /// <summary>What changes something stands in the audit log, in the same commit; what changes nothing does
    /// not.</summary>
    private async Task ChangeAsync(
        string sql, IReadOnlyList<object> values, HttpContext http, string what, Guid person, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        if (await command.ExecuteNonQueryAsync(ct) == 0) return;
        await audit.WriteAsync(connection, transaction, Caller.Of(http).Name, what, $"person:{person}", ct);
        await transaction.CommitAsync(ct);
    }
}

/// <summary>Where somebody worked goes with them.</summary>
internal static class CashierPersonData
{
    public static PersonRows Rows { get; } = new()
    {
        Sections =
        [
            new("workplace", "select merchant, since from retail_cashier where person = $1"),
            new("given_back", "select day, given_minor from retail_cashier_day where person = $1 order by day"),
        ],
        Erasures =
        [
            "delete from retail_cashier where person = $1", "delete from retail_cashier_day where person = $1",
        ],
    };
}
