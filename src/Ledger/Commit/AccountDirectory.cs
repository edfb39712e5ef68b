namespace SightPay.Ledger.Commit;

/// <summary>What never changes about an account.</summary>
internal sealed record AccountFacts(long Id, string Key, string Asset, AccountKind Kind, AccountFlags Flags);

/// <summary>
/// Remembers accounts' immutable facts by key, so that a batch asks the store by number, and their counters as the last
/// commit left them, so that it need not ask. Unknown keys are not remembered: the account may be opened a moment
/// later. Used by the writer alone.
/// </summary>
internal sealed class AccountDirectory
{
    private const int CapacityMax = 500_000;
    private readonly Dictionary<string, AccountFacts> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<long, AccountFacts> _byId = [];
    private readonly Dictionary<long, Counters> _counters = [];

    public AccountFacts? Find(string key) => _byKey.GetValueOrDefault(key);

    public AccountFacts? Find(long id) => _byId.GetValueOrDefault(id);

    public void Remember(AccountFacts facts)
    {
        _byKey[facts.Key] = facts;
        _byId[facts.Id] = facts;
    }

    public bool KnowsCounters(long id) => _counters.ContainsKey(id);

    public Counters CountersOf(long id) => _counters[id];

    /// <summary>The commit of these counters was heard of. One that is wrong all the same fails the next commit.
    /// </summary>
    public void RememberCounters(AccountState account) => _counters[account.Facts.Id] = account.Now;

    /// <summary>After anything that leaves doubt about what is stored.</summary>
    public void ForgetCounters() => _counters.Clear();

    /// <summary>Called between batches: within one, the facts that it loaded must stay.</summary>
    public void Trim()
    {
        if (_byId.Count <= CapacityMax) return;
        _byKey.Clear();
        _byId.Clear();
        _counters.Clear();
    }
}
