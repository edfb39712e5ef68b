using System.Collections.Concurrent;

namespace SightPay.Server.Api;

/// <summary>
/// Facts that seldom change, kept in memory so that a request need not ask the store for them. Whoever changes a fact
/// says <see cref="Forget"/> after the commit, and the next request reads anew. One process serves at a time, so it
/// hears of every change that is made through it; a change that was made past it is seen within the lifetime.
/// </summary>
/// <remarks>Absence is not remembered: what was just made is found at once, and strangers fill no memory.</remarks>
public sealed class Remembered<TKey, TFact>(TimeSpan lifetime, TimeProvider clock)
    where TKey : notnull where TFact : class
{
    /// <summary>Beyond this many all are forgotten; they are cheap to read again.</summary>
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<TKey, Entry> _known = new();
    private int _generation;

    /// <param name="read">Asks the store; null: there is none.</param>
    public ValueTask<TFact?> FindAsync(
        TKey key, Func<TKey, CancellationToken, Task<TFact?>> read, CancellationToken ct) =>
        _known.TryGetValue(key, out var known) && known.Generation == Volatile.Read(ref _generation)
            && clock.GetElapsedTime(known.ReadAt) < lifetime
                ? new(known.Fact)
                : new(ReadAsync(key, read, ct));

    /// <summary>From now on everything is read anew, also what a read that is under way is about to bring.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _generation);
        _known.Clear();
    }

    private async Task<TFact?> ReadAsync(
        TKey key, Func<TKey, CancellationToken, Task<TFact?>> read, CancellationToken ct)
    {
        // Both are noted before the store is asked: what it says may be old by the time it is here.
        var (generation, readAt) = (Volatile.Read(ref _generation), clock.GetTimestamp());
        var fact = await read(key, ct);
        if (fact is null)
        {
            _known.TryRemove(key, out _);
            return null;
        }
        if (_known.Count >= Most) _known.Clear();
        _known[key] = new Entry(fact, generation, readAt);
        return fact;
    }

    private sealed record Entry(TFact Fact, int Generation, long ReadAt);
}
