using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>GET /users and GET /users/{id}, with the wallets as the ledger has them.</summary>
internal sealed class ShowPeople(PeopleStore store, GeneralLedger ledger)
{
    public async Task<IResult> OneAsync(HttpContext http, string id, CancellationToken ct)
    {
        if (PersonAccess.RefuseReading(http, id, out var personId) is { } refusal) return refusal;
        return await store.FindAsync(personId, ct) is { } person
            ? Results.Json(UserAnswer.Of(
                person, await WalletAsync(person.Id, ct), await store.StepUpMeansAsync(person.Id, ct)), ApiJson.Options)
            : PersonAccess.NotFound();
    }

    public async Task<IResult> ListAsync(string? cursor, int? limit, CancellationToken ct)
    {
        var before = Cursor.ReadId(cursor);
        var most = PageLimit.Of(limit);
        var page = Page<ListedPerson>.Of(
            await store.ListAsync(before, most + 1, ct), most, row => Cursor.Of(row.Person.Id.ToString()));
        var items = new List<ListedUserAnswer>();
        foreach (var (person, createdAt, disabled) in page.Items)
            items.Add(new(person.Id, person.Name, person.Email, person.Roles.Order(),
                await WalletAsync(person.Id, ct), createdAt, disabled));
        return Results.Json(new Page<ListedUserAnswer>(items, page.NextCursor), ApiJson.Options);
    }

    private async Task<Money?> WalletAsync(Guid person, CancellationToken ct) =>
        await ledger.AccountAsync(Person.WalletKey(person), ct) is { } account
            ? new Money(account.BalanceMinor, account.Asset)
            : null;
}
