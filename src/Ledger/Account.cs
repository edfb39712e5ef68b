namespace SightPay.Ledger;

/// <summary>What an account is for. The numbers are stored, so they never change.</summary>
public enum AccountKind : short
{
    /// <summary>A person's money. Liability; never below zero.</summary>
    Wallet = 1,

    /// <summary>What a person owes. Asset.</summary>
    Receivable = 2,

    /// <summary>What an operator or merchant is owed. Liability.</summary>
    Payable = 3,

    /// <summary>Money that a payment provider has taken and not yet paid out. Asset.</summary>
    ProviderClearing = 4,

    /// <summary>What the operator bears: corrections, losses. Expense.</summary>
    Expense = 5,
}

/// <summary>Limits that the ledger itself enforces on an account.</summary>
[Flags]
public enum AccountFlags
{
    None = 0,

    /// <summary>Debits, pending ones included, never exceed posted credits.</summary>
    NoOverdraft = 1,
}

/// <summary>
/// A ledger account with its four counters, in minor units of <paramref name="Asset"/>. Posted counters only grow.
/// </summary>
/// <param name="Id">The ledger's own number.</param>
/// <param name="Key">The name its slice knows it by, for instance <c>wallet:01f…</c>; unique.</param>
/// <param name="Asset">ISO 4217 code; transfers never cross assets.</param>
/// <param name="Kind">What the account is for.</param>
/// <param name="Flags">Limits enforced by the ledger.</param>
/// <param name="Closed">A closed account takes no further transfers.</param>
/// <param name="DebitsPending">Open holds that will take money out.</param>
/// <param name="DebitsPosted">Money that went out.</param>
/// <param name="CreditsPending">Open holds that will bring money in.</param>
/// <param name="CreditsPosted">Money that came in.</param>
public sealed record Account(
    long Id,
    string Key,
    string Asset,
    AccountKind Kind,
    AccountFlags Flags,
    bool Closed,
    long DebitsPending,
    long DebitsPosted,
    long CreditsPending,
    long CreditsPosted)
{
    /// <summary>Posted credits less posted debits: what a wallet holds.</summary>
    public long BalanceMinor => CreditsPosted - DebitsPosted;

    /// <summary>Set aside by open holds.</summary>
    public long HeldMinor => DebitsPending;

    /// <summary>What may be spent now.</summary>
    public long AvailableMinor => BalanceMinor - DebitsPending;
}

/// <summary>An account to be opened; opening the same key again changes nothing.</summary>
public sealed record AccountOpening(string Key, string Asset, AccountKind Kind, AccountFlags Flags);
