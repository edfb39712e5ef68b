namespace SightPay.Ledger;

/// <summary>An account over a period; <see cref="GeneralLedger.EntriesAsync(AccountPeriod, CancellationToken)"/> gives
/// what happened in it.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The moment after the last.</param>
/// <param name="OpeningMinor">The posted balance just before <paramref name="From"/>.</param>
/// <param name="ClosingMinor">The posted balance just before <paramref name="To"/>.</param>
public sealed record AccountPeriod(
    string Key, string Asset, DateTimeOffset From, DateTimeOffset To, long OpeningMinor, long ClosingMinor);

/// <summary>What moved on an account on one day (UTC) for one reason.</summary>
public sealed record AccountDay(DateOnly Day, TransferCode Code, long DebitsMinor, long CreditsMinor, long Transfers);

/// <summary>The four counters of an account.</summary>
public readonly record struct AccountCounters(
    long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted)
{
    public override string ToString() =>
        $"debits {DebitsPosted} (pending {DebitsPending}), credits {CreditsPosted} (pending {CreditsPending})";
}

/// <summary>An account whose counters are not what its transfers add up to.</summary>
public sealed record CounterDifference(string Key, AccountCounters Stored, AccountCounters Folded)
{
    public override string ToString() => $"account {Key} stores {Stored}; its transfers give {Folded}";
}

/// <summary>The ledger is being written by somebody else.</summary>
public sealed class LedgerInUseException(string message) : Exception(message);
