using System.Runtime.ExceptionServices;

namespace SightPay.Vision.Runtime;

/// <summary>
/// Equal pieces of work that the caller does itself, with helpers from the thread pool that take what it has not begun.
/// A pool that is busy costs nothing: nobody waits for a helper that has not come.
/// </summary>
internal sealed class SharedWork : IThreadPoolWorkItem
{
    private readonly Action<int> _act;
    private readonly int _count;
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _allDone = new(initialState: false, spinCount: 20);
    private int _next;
    private int _left;
    private Exception? _fault;

    private SharedWork(int count, Action<int> act) => (_count, _left, _act) = (count, count, act);

    /// <summary>Does 0 to count - 1, each once, in any order, and returns when all are done.</summary>
    /// <param name="threads">At most so many at once, the caller's among them.</param>
    /// <param name="act">Called from several threads.</param>
    /// <remarks>When one fails the others are done all the same; then the first fault is thrown.</remarks>
    public static void Run(int threads, int count, Action<int> act)
    {
        if (count <= 0) return;
        var work = new SharedWork(count, act);
        for (var i = 1; i < Math.Min(threads, count); i++)
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        work.Execute();
        work._allDone.Wait();
        if (work._fault is { } fault) ExceptionDispatchInfo.Throw(fault);
    }

    /// <summary>Takes pieces until none is left.</summary>
    public void Execute()
    {
        while (Interlocked.Increment(ref _next) - 1 is var piece && piece < _count)
        {
            try
            {
                _act(piece);
            }
            catch (Exception fault)
            {
                lock (_lock) _fault ??= fault;
            }
            if (Interlocked.Decrement(ref _left) == 0) _allDone.Set();
        }
    }
}
