using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.People;

internal sealed record SetRolesRequest(IReadOnlyList<string>? Roles);

/// <summary>
/// PUT /users/{id}/roles by admins. Roles are read at each request, so a change works at once. The last admin stays:
/// nobody could make another.
/// </summary>
internal sealed class SetRoles(NpgsqlDataSource database, PeopleStore store, AuditLog audit)
{
    private static readonly string[] Known =
        [Role.Customer, Role.Cashier, Role.Gate, Role.Forecourt, Role.Manager, Role.Admin, Role.Auditor];

    public async Task<IResult> RunAsync(HttpContext http, string id, SetRolesRequest request, CancellationToken ct)
    {
        if (!Guid.TryParse(id, out var person)) return PersonAccess.NotFound();
        string[] roles = [.. (request.Roles ?? []).Distinct().Order(StringComparer.Ordinal)];
        if (roles.Length == 0 || roles.Any(role => !Known.Contains(role)))
            return Problems.Of(422, "fields_invalid", "The roles cannot be used.",
                errors: new Dictionary<string, string[]> { ["roles"] = [$"Use: {string.Join(", ", Known)}."] });

        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await PeopleStore.LockRolesAsync(connection, transaction, person, ct) is not { Erased: false } before)
            return PersonAccess.NotFound();
        if (before.Roles.Contains(Role.Admin) && !roles.Contains(Role.Admin) && !before.OtherAdmins)
            return Problems.Of(409, "last_admin", "This is the last admin; make somebody else one first.");
        await PeopleStore.SetRolesAsync(connection, transaction, person, roles, ct);
        var who = Caller.Of(http).Name;
        foreach (var role in roles.Except(before.Roles))
            await audit.WriteAsync(connection, transaction, who, $"role_{role}_given", $"person:{person}", ct);
        foreach (var role in before.Roles.Except(roles))
            await audit.WriteAsync(connection, transaction, who, $"role_{role}_taken", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return await store.FindAsync(person, ct) is { } changed
            ? Results.Json(
                UserAnswer.Of(changed, means: await store.StepUpMeansAsync(person, ct)), ApiJson.Options)
            : PersonAccess.NotFound();
    }
}
