namespace SightPay.Server.People;

/// <summary>A human who may be charged or may operate.</summary>
public sealed record Person(Guid Id, string Name, string Email, IReadOnlySet<string> Roles)
{
    /// <summary>What a gate or till shows: the first name and an initial, never the e-mail address.</summary>
    public string DisplayName => throw new NotImplementedException();

    /// <summary>Key of the person's wallet in the ledger.</summary>
    public static string WalletKey(Guid person) => $"wallet:{person}";

    /// <summary>Key of what the person owes in the ledger.</summary>
    public static string ReceivableKey(Guid person) => $"receivable:{person}";

    /// <summary>Never the e-mail address.</summary>
    public override string ToString() => $"Person {Id}";
}

/// <summary>Finds people; the slice's door for others.</summary>
public sealed class Persons
{
    public Task<Person?> FindAsync(Guid id, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Opens (or finds) the first operator of an installation; returns false when one exists already.</summary>
    public Task<bool> OpenOperatorAsync(string email, string password, string name, CancellationToken ct) =>
        throw new NotImplementedException();
}
