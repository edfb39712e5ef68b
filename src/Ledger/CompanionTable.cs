using Npgsql;

namespace SightPay.Ledger;

public sealed class CompanionStates<TKey, TState> where TKey : notnull where TState : class
{
    private readonly Dictionary<TKey, TState> _stored = [];
    private readonly Dictionary<TKey, TState> _set = [];
    public TState? Find(TKey key) => _set.GetValueOrDefault(key) ?? _stored.GetValueOrDefault(key);
    public void Set(TKey key, TState state) => _set[key] = state;
    internal void Stored(TKey key, TState state) => _stored[key] = state;
    internal IReadOnlyList<(TKey, TState)> Inserted => [.. _set.Where(s => !_stored.ContainsKey(s.Key)).Select(s => (s.Key, s.Value))];
    internal IReadOnlyList<(TKey, TState)> Updated => [.. _set.Where(s => _stored.ContainsKey(s.Key)).Select(s => (s.Key, s.Value))];
}

public abstract class CompanionTable<TRow, TKey, TState> : ICompanionWriter
    where TRow : CompanionRow where TKey : notnull where TState : class
{
    public Type RowType => typeof(TRow);
    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) =>
        new Batch(this, [.. rows.SelectMany(row => KeysOf((TRow)row)).Distinct()]);
    protected abstract IEnumerable<TKey> KeysOf(TRow row);
    protected abstract NpgsqlBatchCommand Load(TKey[] keys);
    protected abstract (TKey Key, TState State) Read(NpgsqlDataReader reader);
    protected abstract GuardVerdict Check(TRow row, CompanionStates<TKey, TState> states);
    protected abstract void Apply(TRow row, DateTimeOffset at, CompanionStates<TKey, TState> states);
    protected abstract void Write(
        NpgsqlBatch batch, IReadOnlyList<(TKey Key, TState State)> inserted,
        IReadOnlyList<(TKey Key, TState State)> updated);

    private sealed class Batch(CompanionTable<TRow, TKey, TState> table, TKey[] keys) : ICompanionBatch
    {
        private readonly CompanionStates<TKey, TState> _states = new();
        public int Load(NpgsqlBatch batch) { batch.BatchCommands.Add(table.Load(keys)); return 1; }
        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) { var (key, state) = table.Read(reader); _states.Stored(key, state); }
        }
        public GuardVerdict Check(CompanionRow row) => table.Check((TRow)row, _states);
        public void Apply(CompanionRow row, DateTimeOffset at) => table.Apply((TRow)row, at, _states);
        public void Write(NpgsqlBatch batch) => table.Write(batch, _states.Inserted, _states.Updated);
    }
}
