using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>
/// DELETE /users/{id}/consents/{purpose}. The withdrawal is recorded first, so that nothing new is written under the
/// consent; then every slice that holds data under it erases. What fails is tried again, also after a restart.
/// </summary>
internal sealed class WithdrawConsent(
    ConsentStore store, IEnumerable<IConsentWithdrawal> withdrawals, TimeProvider clock)
{
    private readonly IConsentWithdrawal[] _withdrawals = [.. withdrawals];

    public async Task<IResult> RunAsync(HttpContext http, string id, string purpose, CancellationToken ct)
    {
        if (PersonAccess.Refuse(http, id, out var person) is { } refusal) return refusal;
        if (ConsentTexts.Of(purpose) is null)
            return Problems.Of(404, "purpose_unknown", "There is no consent for this purpose.");
        await store.WithdrawAsync(person, purpose, Caller.Of(http).Name, clock.GetUtcNow(), ct);
        await EraseDueAsync(person, ct);
        return Results.NoContent();
    }

    /// <summary>Finishes what withdrawals still have to erase.</summary>
    /// <param name="person">Null: everybody's.</param>
    public async Task EraseDueAsync(Guid? person, CancellationToken ct)
    {
        foreach (var due in await store.ErasuresDueAsync(person, ct)) await EraseAsync(due, ct);
    }

    private async Task EraseAsync(ErasureDue due, CancellationToken ct)
    {
        // A person who agreed again meanwhile may have enrolled anew; that is not ours to erase.
        if (!await store.StandsAsync(due.PersonId, due.Purpose, ct))
            foreach (var withdrawal in _withdrawals.Where(each => each.Purpose == due.Purpose))
                await withdrawal.WithdrawAsync(due.PersonId, ct);
        await store.SetErasedAsync(due.ConsentId, clock.GetUtcNow(), ct);
    }
}
