namespace SightPay.Ledger.Commit;

/// <summary>What never changes about an account.</summary>
internal sealed record AccountFacts(long Id, string Key, string Asset, AccountKind Kind, AccountFlags Flags);

/// <summary>
/// Remembers accounts' immutable facts by key, so that a batch asks the store by number. Unknown keys are not
/// remembered: the account may be opened a moment later. Used by the writer alone.
/// </summary>
internal sealed class AccountDirectory
{
    private const int CapacityMax = 500_000;
    private readonly Dictionary<string, AccountFacts> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<long, AccountFacts> _byId = [];

    public AccountFacts? Find(string key) => _byKey.GetValueOrDefault(key);

    public AccountFacts? Find(long id) => _byId.GetValueOrDefault(id);

    public void Remember(AccountFacts facts)
    {
        _byKey[facts.Key] = facts;
        _byId[facts.Id] = facts;
    }

    /// <summary>Called between batches: within one, the facts that it loaded must stay.</summary>
    public void Trim()
    {
        if (_byId.Count <= CapacityMax) return;
        _byKey.Clear();
        _byId.Clear();
    }
}
