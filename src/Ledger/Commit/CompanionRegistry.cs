namespace SightPay.Ledger.Commit;

/// <summary>The slices' writers by type of row.</summary>
internal sealed class CompanionRegistry
{
    private readonly ICompanionWriter[] _writers;
    private readonly Dictionary<Type, int> _indexByType = [];

    public CompanionRegistry(IReadOnlyList<ICompanionWriter> writers)
    {
        _writers = [.. writers];
        for (var i = 0; i < _writers.Length; i++)
            if (!_indexByType.TryAdd(_writers[i].RowType, i))
                throw new ArgumentException($"Two companion writers are registered for {_writers[i].RowType.Name}.");
    }

    public bool Knows(Type rowType) => _indexByType.ContainsKey(rowType);

    public void Forget()
    {
        foreach (var writer in _writers) writer.Forget();
    }

    public CompanionSet Begin(IReadOnlyList<QueuedAct> acts) => Begin(acts, ahead: false)!;

    /// <summary>Null when a slice that the acts have rows for does not load ahead.</summary>
    public CompanionSet? BeginAhead(IReadOnlyList<QueuedAct> acts) => Begin(acts, ahead: true);

    private CompanionSet? Begin(IReadOnlyList<QueuedAct> acts, bool ahead)
    {
        if (_writers.Length == 0) return CompanionSet.Empty;
        var rows = new List<CompanionRow>?[_writers.Length];
        foreach (var queued in acts)
            foreach (var plan in queued.Act.Plans)
                foreach (var row in plan.Rows)
                {
                    var index = _indexByType[row.GetType()];
                    if (ahead && !_writers[index].LoadsAhead) return null;
                    (rows[index] ??= []).Add(row);
                }

        var batches = new ICompanionBatch?[_writers.Length];
        for (var i = 0; i < _writers.Length; i++)
            if (rows[i] is { } ofType) batches[i] = _writers[i].Begin(ofType);
        return new CompanionSet(batches, _indexByType);
    }
}

/// <summary>One group commit as all slices see it, in the order of their registration.</summary>
internal sealed class CompanionSet(ICompanionBatch?[] batches, Dictionary<Type, int> indexByType)
{
    public static readonly CompanionSet Empty = new([], []);

    private readonly ICompanionBatch?[] _batches = batches;

    public IEnumerable<ICompanionBatch> Batches => _batches.Where(batch => batch is not null)!;

    public void Follow(CompanionSet before)
    {
        for (var i = 0; i < Math.Min(_batches.Length, before._batches.Length); i++)
            if (_batches[i] is { } batch && before._batches[i] is { } earlier) batch.Follow(earlier);
    }

    public void Committed()
    {
        foreach (var batch in Batches) batch.Committed();
    }

    public ICompanionBatch For(CompanionRow row) => _batches[indexByType[row.GetType()]]!;
}
