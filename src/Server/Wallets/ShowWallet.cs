using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Wallets;

/// <summary>What a wallet holds, what holds have set aside of it, and the difference.</summary>
internal sealed record WalletAnswer(
    Guid UserId, long BalanceMinor, long HeldMinor, long AvailableMinor, string Currency);

/// <summary>GET /wallet: the caller's own; an operator may name somebody else by user_id.</summary>
internal sealed class ShowWallet(GeneralLedger ledger)
{
    public async Task<IResult> RunAsync(HttpContext http, string? userId, CancellationToken ct)
    {
        if (WalletOwner.Of(http, userId, out var person) is { } refusal) return refusal;
        return await ledger.AccountAsync(Person.WalletKey(person), ct) is { } account
            ? Results.Json(
                new WalletAnswer(
                    person, account.BalanceMinor, account.HeldMinor, account.AvailableMinor, account.Asset),
                ApiJson.Options)
            : PersonAccess.NotFound();
    }
}

/// <summary>Whose wallet a request is about.</summary>
internal static class WalletOwner
{
    public static IResult? Of(HttpContext http, string? userId, out Guid person)
    {
        if (userId is not null) return PersonAccess.RefuseReading(http, userId, out person);
        person = Caller.Of(http).PersonId ?? Guid.Empty;
        return null;
    }
}
