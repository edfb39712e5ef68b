using System.Threading.Channels;

namespace SightPay.Ledger.Commit;

/// <summary>The acts that wait for the writer, in the order in which they came; many add, the writer alone takes.
/// </summary>
internal sealed class ActQueue(int capacity)
{
    private readonly Channel<QueuedAct> _acts = Channel.CreateBounded<QueuedAct>(
        new BoundedChannelOptions(capacity) { SingleReader = true });

    private volatile TaskCompletionSource _enough = new();
    private int _enoughAt = int.MaxValue;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>False when it is full or closed.</summary>
    public bool TryAdd(QueuedAct act)
    {
        if (!_acts.Writer.TryWrite(act)) return false;
        if (Interlocked.Increment(ref _count) >= Volatile.Read(ref _enoughAt)) _enough.TrySetResult();
        return true;
    }

    /// <summary>False when it was closed before.</summary>
    public bool Close() => _acts.Writer.TryComplete();

    /// <summary>Completes when there is something to take: true; or when it is closed and empty: false.</summary>
    public Task<bool> HasAnyAsync() => _acts.Reader.WaitToReadAsync().AsTask();

    /// <summary>Completes when this many wait.</summary>
    public Task HasAsync(int count)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _enough = enough;
        // A full fence: whoever adds sees the mark, or has been counted here.
        Interlocked.Exchange(ref _enoughAt, count);
        if (Count >= count) enough.TrySetResult();
        return enough.Task;
    }

    public List<QueuedAct> Take(int most)
    {
        var acts = new List<QueuedAct>(Math.Min(most, _acts.Reader.Count));
        while (acts.Count < most && _acts.Reader.TryRead(out var act)) acts.Add(act);
        Interlocked.Add(ref _count, -acts.Count);
        return acts;
    }
}
