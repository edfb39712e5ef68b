using Npgsql;

namespace SightPay.Ledger;

/// <summary>Rows of a slice that are only ever added, in the order of their acts, in the acts' commit.</summary>
public abstract class CompanionLog<TRow> : ICompanionWriter where TRow : CompanionRow
{
    public Type RowType => typeof(TRow);

    public bool LoadsAhead => true;

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch(this);

    /// <summary>Throws where a slice put its row together wrongly; there is nothing else to guard.</summary>
    protected virtual void Demand(TRow row) { }

    /// <summary>Adds the statements that write all rows of a commit; there is at least one.</summary>
    protected abstract void Write(NpgsqlBatch batch, IReadOnlyList<(TRow Row, DateTimeOffset At)> rows);

    private sealed class Batch(CompanionLog<TRow> log) : ICompanionBatch, IMemoryBatch
    {
        private readonly List<(TRow, DateTimeOffset)> _added = [];

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public void Follow(ICompanionBatch before) { }

        public GuardVerdict Check(CompanionRow row)
        {
            log.Demand((TRow)row);
            return GuardVerdict.Ok;
        }

        public void Apply(CompanionRow row, DateTimeOffset at) => _added.Add(((TRow)row, at));

        public void Write(NpgsqlBatch batch)
        {
            if (_added.Count > 0) log.Write(batch, _added);
        }

        void IMemoryBatch.Load(MemoryTables tables) { }

        void IMemoryBatch.Write(MemoryTables tables) => tables.Log<TRow>().AddRange(_added);
    }
}
