using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.People;

/// <summary>
/// DELETE /users/{id} by the person or an admin. Money comes first: whoever still has some, owes some or is on their
/// way is told so. Then everything that says who they were goes in one transaction; the ledger keeps the number that
/// nobody can lead back to them. What the gallery holds in memory follows, and is tried again until it is gone.
/// </summary>
internal sealed class ErasePerson(
    NpgsqlDataSource database, GeneralLedger ledger, IEnumerable<IPersonData> slices, WithdrawConsent withdrawal,
    Persons persons, AuditLog audit, TimeProvider clock)
{
    private readonly IPersonData[] _slices = [.. slices];

    public async Task<IResult> RunAsync(HttpContext http, string id, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var isAdmin = caller.Roles.Contains(Role.Admin);
        if (!Guid.TryParse(id, out var person) || (caller.PersonId != person && !isAdmin))
            return isAdmin
                ? PersonAccess.NotFound()
                : Problems.Of(403, "forbidden", "Only the person themself and admins may do this.");
        if (await MoneyAsync(person, ct) is { } money) return Refused(money);
        if (await EraseAsync(person, caller.Name, ct) is { } refusal) return refusal;
        await withdrawal.EraseDueAsync(person, ct);
        return Results.NoContent();
    }

    private async Task<IResult?> EraseAsync(Guid person, string by, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await PeopleStore.LockRolesAsync(connection, transaction, person, ct) is not { } locked)
            return PersonAccess.NotFound();
        if (locked.Erased) return null;
        if (locked.Roles.Contains(Role.Admin) && !locked.OtherAdmins)
            return Problems.Of(409, "last_admin", "This is the last admin; make somebody else one first.");
        // The accounts first, as the ledger's writer does: from here on no act moves the person's money.
        foreach (var account in (string[])[Person.WalletKey(person), Person.ReceivableKey(person)])
            if (!await GeneralLedger.CloseAccountAsync(connection, transaction, account, ct))
                return Refused(("money_moves", "Money of this person is moving right now; try again."));
        foreach (var slice in _slices)
            if (await slice.ObstacleAsync(connection, transaction, person, ct) is { } obstacle)
                return Refused(obstacle);
        foreach (var slice in _slices) await slice.EraseAsync(connection, transaction, person, ct);
        await PeopleStore.EraseAsync(connection, transaction, person, by, clock.GetUtcNow(), ct);
        await audit.WriteAsync(connection, transaction, by, "person_erased", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        persons.Forget();
        return null;
    }

    private async Task<(string Code, string Detail)?> MoneyAsync(Guid person, CancellationToken ct)
    {
        var wallet = await ledger.AccountAsync(Person.WalletKey(person), ct);
        if (wallet is { HeldMinor: > 0 })
            return ("holds_open", "Money is set aside in the wallet: let payments end and journeys close first.");
        if (wallet is { BalanceMinor: not 0 })
            return ("balance_left", "There is money in the wallet: spend it first, or let an operator pay it out.");
        var owed = await ledger.AccountAsync(Person.ReceivableKey(person), ct);
        return owed is { BalanceMinor: not 0 } ? ("debt_open", "Something is owed: it has to be paid first.") : null;
    }

    private static IResult Refused((string Code, string Detail) obstacle) =>
        Problems.Of(409, obstacle.Code, obstacle.Detail);
}
