using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.People;

internal sealed record SetPhoneRequest(Secret? Phone)
{
    public override string ToString() => nameof(SetPhoneRequest);
}

/// <summary>PUT /users/{id}/phone by the person themself.</summary>
internal sealed class SetPhone(NpgsqlDataSource database, Phones phones, AuditLog audit)
{
    public async Task<IResult> RunAsync(HttpContext http, string id, SetPhoneRequest request, CancellationToken ct)
    {
        if (PersonAccess.RefuseOthers(http, id, out var person) is { } refusal) return refusal;
        if (Phones.Normalise(request.Phone?.Reveal()) is not { } number)
            return Problems.Of(422, "fields_invalid", "The phone number cannot be used.",
                errors: new Dictionary<string, string[]>
                {
                    ["phone"] = ["Write it with its country, for instance +91 98300 12345."],
                });
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await phones.SetAsync(connection, transaction, person, number, ct);
        await audit.WriteAsync(connection, transaction, Caller.Of(http).Name, "phone_set", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }
}
