using Npgsql;

namespace SightPay.Ledger;

/// <summary>
/// A slice's table as the writer sees it: immutable states by key. What a row needs is loaded by key in one statement,
/// judged and changed in memory in the order of the acts, and what changed is written set-based in the acts' commit.
/// </summary>
public abstract class CompanionTable<TRow, TKey, TState> : ICompanionWriter
    where TRow : CompanionRow
    where TKey : notnull
    where TState : class
{
    /// <summary>Beyond this many all are forgotten, and loaded again as they are needed.</summary>
    private const int RememberedMax = 500_000;

    private readonly Dictionary<TKey, TState> _remembered = [];

    public Type RowType => typeof(TRow);

    /// <summary>False as long as a table does not say that the ledger's writer alone changes it.</summary>
    public virtual bool LoadsAhead => false;

    /// <summary>
    /// True where states are not loaded again after a commit changed them. Only for tables in which nobody else ever
    /// changes what was written.
    /// </summary>
    protected virtual bool Remembers => false;

    public void Forget() => _remembered.Clear();

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) =>
        new Batch(this, [.. rows.SelectMany(row => KeysOf((TRow)row)).Distinct()]);

    /// <summary>The keys of all states that the row's check and change look at.</summary>
    protected abstract IEnumerable<TKey> KeysOf(TRow row);

    /// <summary>One select that gives the states under these keys, by index.</summary>
    protected abstract NpgsqlBatchCommand Load(TKey[] keys);

    protected abstract (TKey Key, TState State) Read(NpgsqlDataReader reader);

    /// <summary>Judges a row against the states as the acts before it left them. Changes nothing.</summary>
    protected abstract GuardVerdict Check(TRow row, CompanionStates<TKey, TState> states);

    /// <summary>Sets new states; called after all checks of the row's plan held.</summary>
    /// <param name="at">The ledger's clock, read once for the batch.</param>
    protected abstract void Apply(TRow row, DateTimeOffset at, CompanionStates<TKey, TState> states);

    /// <summary>Adds the statements that write what is new and what changed, each in one statement.</summary>
    protected abstract void Write(
        NpgsqlBatch batch, IReadOnlyList<(TKey Key, TState State)> inserted,
        IReadOnlyList<(TKey Key, TState State)> updated);

    private void Remember(IEnumerable<(TKey Key, TState State)> states)
    {
        if (_remembered.Count > RememberedMax) _remembered.Clear();
        foreach (var (key, state) in states) _remembered[key] = state;
    }

    private sealed class Batch(CompanionTable<TRow, TKey, TState> table, TKey[] keys)
        : ICompanionBatch, IMemoryBatch
    {
        private readonly CompanionStates<TKey, TState> _states = new();

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(table.Load(Unremembered()));
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct).ConfigureAwait(false))
            {
                var (key, state) = table.Read(reader);
                _states.AddStored(key, state);
            }
        }

        public void Follow(ICompanionBatch before)
        {
            var states = ((Batch)before)._states;
            foreach (var key in keys)
                if (states.FindChanged(key) is { } state) _states.AddStored(key, state);
        }

        public GuardVerdict Check(CompanionRow row) => table.Check((TRow)row, _states);

        public void Apply(CompanionRow row, DateTimeOffset at) => table.Apply((TRow)row, at, _states);

        public void Write(NpgsqlBatch batch) => table.Write(batch, _states.Inserted, _states.Updated);

        public void Committed()
        {
            if (table.Remembers) table.Remember(_states.Inserted.Concat(_states.Updated));
        }

        private TKey[] Unremembered()
        {
            if (table._remembered.Count == 0) return keys;
            var toLoad = new List<TKey>(keys.Length);
            foreach (var key in keys)
                if (table._remembered.TryGetValue(key, out var state)) _states.AddStored(key, state);
                else toLoad.Add(key);
            return [.. toLoad];
        }

        void IMemoryBatch.Load(MemoryTables tables)
        {
            var stored = tables.States<TRow, TKey, TState>();
            foreach (var key in Unremembered())
                if (stored.TryGetValue(key, out var state)) _states.AddStored(key, state);
        }

        void IMemoryBatch.Write(MemoryTables tables)
        {
            var stored = tables.States<TRow, TKey, TState>();
            foreach (var (key, state) in _states.Inserted.Concat(_states.Updated)) stored[key] = state;
        }
    }
}

/// <summary>The states of one batch by key: as they are stored, and as the acts so far have left them.</summary>
public sealed class CompanionStates<TKey, TState>
    where TKey : notnull
    where TState : class
{
    private readonly Dictionary<TKey, TState> _stored = [];
    private readonly Dictionary<TKey, TState> _changed = [];

    internal IReadOnlyList<(TKey Key, TState State)> Inserted => Changed(stored: false);
    internal IReadOnlyList<(TKey Key, TState State)> Updated => Changed(stored: true);

    /// <summary>Null when there is none under this key.</summary>
    public TState? Find(TKey key) => _changed.GetValueOrDefault(key) ?? _stored.GetValueOrDefault(key);

    public void Set(TKey key, TState state) => _changed[key] = state;

    internal TState? FindChanged(TKey key) => _changed.GetValueOrDefault(key);

    internal void AddStored(TKey key, TState state) => _stored[key] = state;

    private List<(TKey, TState)> Changed(bool stored) =>
        [.. _changed.Where(each => _stored.ContainsKey(each.Key) == stored).Select(each => (each.Key, each.Value))];
}
