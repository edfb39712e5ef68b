using System.Globalization;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>A human who may be charged or may operate.</summary>
public sealed record Person(Guid Id, string Name, string Email, IReadOnlySet<string> Roles)
{
    /// <summary>What a gate or till shows: the first name and an initial, never the e-mail address.</summary>
    public string DisplayName
    {
        get
        {
            var words = Name.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return words.Length < 2 ? Name.Trim() : $"{words[0]} {StringInfo.GetNextTextElement(words[^1])}.";
        }
    }

    /// <summary>Key of the person's wallet in the ledger.</summary>
    public static string WalletKey(Guid person) => $"wallet:{person}";

    /// <summary>Key of what the person owes in the ledger.</summary>
    public static string ReceivableKey(Guid person) => $"receivable:{person}";

    /// <summary>Never the e-mail address.</summary>
    public override string ToString() => $"Person {Id}";
}

/// <summary>The roles a person may have.</summary>
public static class Role
{
    public const string Customer = "customer";
    public const string Cashier = "cashier";
    public const string Gate = "gate";
    public const string Forecourt = "forecourt";
    public const string Manager = "manager";
    public const string Admin = "admin";
    public const string Auditor = "auditor";
}

/// <summary>Finds people; the slice's door for others.</summary>
public sealed class Persons
{
    private readonly PeopleStore _store;
    private readonly Passwords _passwords;
    private readonly RateLimits _limits;
    private readonly PeopleSettings _settings;
    private readonly TimeProvider _clock;

    // No more than that somebody is there: what says who they are is not kept where it would have to be erased. Nobody
    // is charged on an old memory: an erased person's accounts are closed.
    private readonly Remembered<Guid, Known> _known;

    private sealed record Known;

    internal Persons(
        PeopleStore store, Passwords passwords, RateLimits limits, PeopleSettings settings, TimeProvider clock)
    {
        _store = store;
        _passwords = passwords;
        _limits = limits;
        _settings = settings;
        _clock = clock;
        _known = new(TimeSpan.FromMinutes(1), clock);
    }

    public Task<Person?> FindAsync(Guid id, CancellationToken ct) => _store.FindAsync(id, ct);

    /// <summary>Whose address this is, in whatever letters; null: nobody's who may sign in.</summary>
    public async Task<Person?> FindByEmailAsync(string email, CancellationToken ct) =>
        await _store.LoginByEmailAsync(EmailAddress.KeyOf(email), ct) is { Disabled: false } login
            ? login.Person
            : null;

    /// <summary>Whether there is such a person; cheap enough to be asked at every payment.</summary>
    public async ValueTask<bool> IsKnownAsync(Guid id, CancellationToken ct) => await _known.FindAsync(
        id, async (person, stop) => await _store.FindAsync(person, stop) is null ? null : new Known(), ct) is not null;

    /// <summary>To be said after the commit that erased somebody.</summary>
    internal void Forget() => _known.Forget();

    /// <summary>Somebody who is signed in must say their password again before they change what guards them.</summary>
    /// <exception cref="ProblemException">
    /// 403 password_wrong, or 429: tries count as those of signing in.
    /// </exception>
    public async Task DemandPasswordAsync(Guid person, Secret password, CancellationToken ct)
    {
        var login = await _store.LoginAsync(person, ct);
        _limits.Demand(RateLimits.SignIn, EmailAddress.KeyOf(login?.Person.Email ?? ""));
        if (login is null || login.Disabled
            || await _passwords.CheckAsync(login.PasswordHash, password, ct) == PasswordCheck.Wrong)
            throw new ProblemException(403, "password_wrong", "The password is wrong.");
    }

    /// <summary>Opens (or finds) the first operator of an installation; returns false when one exists
    /// already.</summary>
    /// <exception cref="InvalidOperationException">The address belongs to a customer.</exception>
    public async Task<bool> OpenOperatorAsync(string email, string password, string name, CancellationToken ct)
    {
        if (await _store.HasOperatorAsync(ct)) return false;
        var operatorRow = new NewPerson(
            Ids.Next(_clock), name, email.Trim(), await _passwords.HashAsync(new Secret(password), ct),
            [Role.Customer, Role.Admin], SignUpKey: null, _clock.GetUtcNow());
        return await _store.InsertFirstOperatorAsync(operatorRow, _settings.Currency, ct);
    }

    /// <summary>Opens a person's ledger accounts in the transaction in which the person appears.</summary>
    internal static Task OpenAccountsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string currency,
        CancellationToken ct) =>
        GeneralLedger.OpenAccountsAsync(connection, transaction,
        [
            new(Person.WalletKey(person), currency, AccountKind.Wallet, AccountFlags.NoOverdraft),
            new(Person.ReceivableKey(person), currency, AccountKind.Receivable, AccountFlags.None),
        ], ct);
}
