namespace SightPay.Ledger;

/// <summary>The slices' rows where the ledger runs on tables in memory: one table per type of row.</summary>
internal sealed class MemoryTables
{
    private readonly Dictionary<Type, object> _byRowType = [];

    /// <summary>The states of a <see cref="CompanionTable{TRow, TKey, TState}"/>.</summary>
    public Dictionary<TKey, TState> States<TRow, TKey, TState>() where TKey : notnull =>
        Of<TRow, Dictionary<TKey, TState>>();

    /// <summary>The rows of a <see cref="CompanionLog{TRow}"/>, oldest first.</summary>
    public List<(TRow Row, DateTimeOffset At)> Log<TRow>() => Of<TRow, List<(TRow, DateTimeOffset)>>();

    private TTable Of<TRow, TTable>() where TTable : class, new()
    {
        if (!_byRowType.TryGetValue(typeof(TRow), out var table)) _byRowType.Add(typeof(TRow), table = new TTable());
        return (TTable)table;
    }
}

/// <summary>A companion's batch that also runs on tables in memory.</summary>
internal interface IMemoryBatch
{
    void Load(MemoryTables tables);

    void Write(MemoryTables tables);
}
