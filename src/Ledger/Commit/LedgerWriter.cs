using Npgsql;

namespace SightPay.Ledger.Commit;

/// <summary>
/// The single writer. While one commit is under way the queue fills; the next one takes all of it, so that the store
/// is synced once per group and the callers set the pace. It is loaded and evaluated ahead, on top of what the commit
/// under way will leave, unless a slice has to lock what it loads. When a commit fails, what was prepared on top of it
/// is thrown away and the acts are decided again, one group at a time. Waiters hear of an act only after its commit.
/// </summary>
internal sealed class LedgerWriter : IAsyncDisposable
{
    private static readonly TimeSpan StandbyPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>A batch that breaks this many fresh connections is suspected of being the cause.</summary>
    private const int BrokenMax = 3;

    private readonly ILedgerStore _store;
    private readonly CompanionRegistry _registry;
    private readonly LedgerOptions _options;
    private readonly TimeProvider _clock;
    private readonly AccountDirectory _directory = new();
    private readonly ActQueue _queue;
    private readonly CancellationTokenSource _stopWaiting = new();
    private ILedgerSession? _session;
    private GroupCommit? _underWay;
    private Task? _commit;
    private Task _loop = Task.CompletedTask;
    private bool _byHand = true;
    private bool _storeAway;
    private volatile bool _stopping;

    private LedgerWriter(ILedgerStore store, CompanionRegistry registry, LedgerOptions options)
    {
        (_store, _registry, _options) = (store, registry, options);
        _clock = options.Clock ?? TimeProvider.System;
        _queue = new ActQueue(options.QueueCapacity);
    }

    /// <summary>Strikes at a fault point; set by tests alone.</summary>
    public Func<FaultPoint, Task>? Faults { get; set; }

    /// <summary>What pauses between tries are measured by; a simulation's passes at once.</summary>
    public TimeProvider Pace { get; set; } = TimeProvider.System;

    /// <summary>How long the store may be away before waiters are told so.</summary>
    public TimeSpan StoreAwayMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Acts that nobody has looked at yet.</summary>
    public int Waiting => _queue.Count;

    public IReadOnlyList<int> ProcessIds => _session?.ProcessIds ?? [];

    /// <summary>Waits as a standby until it is the only writer, then starts.</summary>
    public static async Task<LedgerWriter> StartAsync(
        ILedgerStore store, CompanionRegistry registry, LedgerOptions options, CancellationToken ct)
    {
        var writer = ByHand(store, registry, options);
        // Polled, not waited for in the store: a waiting statement would hold a snapshot and keep the first writer's
        // dead row versions from being cleaned up.
        while ((writer._session = await store.TryAcquireAsync(ct).ConfigureAwait(false)) is null)
            await Task.Delay(StandbyPoll, ct).ConfigureAwait(false);
        writer._byHand = false;
        writer._loop = Task.Run(writer.LoopAsync, CancellationToken.None);
        return writer;
    }

    /// <summary>A writer without a loop of its own, for simulations on one thread: <see cref="StepAsync"/>.</summary>
    public static LedgerWriter ByHand(ILedgerStore store, CompanionRegistry registry, LedgerOptions options) =>
        new(store, registry, options);

    public Task<ActResult> Enqueue(Act act)
    {
        var queued = new QueuedAct(act);
        if (!_queue.TryAdd(queued))
            queued.Fail(new LedgerUnavailableException(
                _stopping ? "The ledger is stopping." : "The ledger's queue is full."));
        return queued.Completion;
    }

    /// <summary>Decides everything that was queued, then gives the lock back.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        if (!_queue.Close()) return;
        _stopWaiting.CancelAfter(StoreAwayMax);
        await _loop.ConfigureAwait(false);
        await DropSessionAsync().ConfigureAwait(false);
        _stopWaiting.Dispose();
    }

    /// <summary>Decides everything that is queued, or frees overdue holds when nothing is.</summary>
    public async Task StepAsync()
    {
        var acts = _queue.Take(_options.BatchMax);
        if (acts.Count == 0) await IdleAsync().ConfigureAwait(false);
        for (; acts.Count > 0 || _underWay is not null; acts = _queue.Take(_options.BatchMax))
            await TurnAsync(acts).ConfigureAwait(false);
    }

    private async Task LoopAsync()
    {
        using var ticks = new PeriodicTimer(SweepInterval);
        var tick = ticks.WaitForNextTickAsync().AsTask();
        var queued = _queue.HasAnyAsync();
        while (true)
        {
            if (_underWay is { } group)
            {
                // Groups of a like size: a small one's commit would be over before a large one is prepared.
                var (commit, size) = (CommitAsync(), group.Acts.Count);
                await Task.WhenAny(commit, _queue.HasAsync(1 + size / 2)).ConfigureAwait(false);
                if (commit.IsCompleted) await EndCommitAsync().ConfigureAwait(false);
                else await TurnAsync(_queue.Take(Math.Min(size + size / 4 + 16, _options.BatchMax)))
                    .ConfigureAwait(false);
                continue;
            }
            if (queued.IsCompleted) queued = _queue.HasAnyAsync();
            if (await Task.WhenAny(queued, tick).ConfigureAwait(false) == tick)
            {
                tick = ticks.WaitForNextTickAsync().AsTask();
                if (!queued.IsCompleted) await IdleAsync().ConfigureAwait(false);
                continue;
            }
            if (!await queued.ConfigureAwait(false)) return;
            await TurnAsync(_queue.Take(_options.BatchMax)).ConfigureAwait(false);
        }
    }

    /// <summary>Prepares a group ahead, beside the commit under way, and brings that commit to its end.</summary>
    private async Task TurnAsync(List<QueuedAct> acts)
    {
        _directory.Trim();
        var next = await TryPrepareAsync(acts).ConfigureAwait(false);
        var built = await EndCommitAsync().ConfigureAwait(false);
        if (next is not null && built)
        {
            _underWay = next;
            if (!_byHand) _ = CommitAsync();
        }
        else if (acts.Count > 0)
        {
            await DecideOrFailAsync(acts).ConfigureAwait(false);
        }
    }

    /// <summary>Null where the acts must be decided by themselves, with locks; what was wrong shows again there.
    /// </summary>
    private async Task<GroupCommit?> TryPrepareAsync(List<QueuedAct> acts)
    {
        if (acts.Count == 0 || _session is null) return null;
        try
        {
            if (_registry.BeginAhead(acts) is not { } companions) return null;
            var group = new GroupCommit(
                _session, _directory, companions, _clock, _options.Clock is not null, acts, sweep: true, ahead: true);
            await group.LoadAsync(before: _underWay).ConfigureAwait(false);
            group.Evaluate();
            group.Compose();
            return group;
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>The commit of the group under way; sent when first asked for.</summary>
    private Task CommitAsync() => _commit ??= WriteAsync(_underWay!);

    private async Task WriteAsync(GroupCommit group)
    {
        if (Faults is not null) await Faults(FaultPoint.BeforeCommit).ConfigureAwait(false);
        await group.WriteAsync().ConfigureAwait(false);
        if (Faults is not null) await Faults(FaultPoint.CommitUnheard).ConfigureAwait(false);
    }

    /// <summary>False when a commit was under way and failed: its acts are decided anew, those built on them are not.
    /// </summary>
    private async Task<bool> EndCommitAsync()
    {
        if (_underWay is not { } group) return true;
        try
        {
            await CommitAsync().ConfigureAwait(false);
            group.Committed();
        }
        catch (Exception exception)
        {
            (_underWay, _commit) = (null, null);
            await DecideOrFailAsync(group.Acts, exception).ConfigureAwait(false);
            return false;
        }
        (_underWay, _commit) = (null, null);
        // Beside the next commit, which is sent meanwhile.
        if (_byHand) Tell(group);
        else ThreadPool.UnsafeQueueUserWorkItem(Tell, group, preferLocal: false);
        return true;
    }

    private static void Tell(GroupCommit group)
    {
        LedgerMeter.Committed(group.Acts, group.Age);
        foreach (var queued in group.Acts) queued.Complete();
    }

    /// <summary>The loop outlives every error; the waiters hear of it.</summary>
    private async Task DecideOrFailAsync(IReadOnlyList<QueuedAct> acts, Exception? failure = null)
    {
        try
        {
            await DecideAsync(acts, sweep: true, failure).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Fail(acts, Unavailable(exception));
            await DropSessionAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Nothing to decide: expire overdue holds, notice a lost connection before the next act does.</summary>
    private async Task IdleAsync()
    {
        try
        {
            _session ??= await _store.TryAcquireAsync(_stopWaiting.Token).ConfigureAwait(false);
            if (_session is null) return;
            var due = await _session
                .HasDueHoldsAsync(_options.Clock?.GetUtcNow(), CancellationToken.None)
                .ConfigureAwait(false);
            if (due) await DecideAsync([], sweep: true).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody waits for this try; the next tick makes another one on a new connection.
            await DropSessionAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Brings every act to its end: decided, failed alone, or told that the store is away. Tries the batch again when
    /// the store was lost, and halves it when the store or a companion rejects it, until the poisoned act stands alone.
    /// </summary>
    /// <param name="failure">How the acts' first try ended, when there was one.</param>
    private async Task DecideAsync(IReadOnlyList<QueuedAct> acts, bool sweep, Exception? failure = null)
    {
        for (var broken = 0; ; failure = null)
        {
            if (failure is null)
            {
                if (!await HasSessionAsync(acts).ConfigureAwait(false)) return;
                failure = await TryAloneAsync(acts, sweep).ConfigureAwait(false);
                if (failure is null) return;
            }
            var storeAway = StoreErrors.MeansStoreAway(failure, _session!.IsOpen);
            if (_session.CommitSent) MarkUnknown(acts);
            await AbandonAsync(storeAway).ConfigureAwait(false);
            if (storeAway && ++broken < BrokenMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 * (broken - 1)), Pace).ConfigureAwait(false);
                continue;
            }
            // A store that answers "no room" or "not now" says so to every act alike.
            if (storeAway && failure is (PostgresException or FencedException))
                Fail(acts, Unavailable(failure));
            else
                await IsolateAsync(acts, sweep, failure).ConfigureAwait(false);
            return;
        }
    }

    /// <summary>One group from its load to its commit, with locks; null when it is committed.</summary>
    private async Task<Exception?> TryAloneAsync(IReadOnlyList<QueuedAct> acts, bool sweep)
    {
        foreach (var queued in acts) queued.Reset();
        try
        {
            var group = new GroupCommit(
                _session!, _directory, _registry.Begin(acts), _clock, _options.Clock is not null, acts, sweep);
            await group.LoadAsync().ConfigureAwait(false);
            group.Evaluate();
            group.Compose();
            await WriteAsync(group).ConfigureAwait(false);
            group.Committed();
            Tell(group);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>
    /// The acts found in the store by the next try are these very ones: their first answer, not a replay. Acts that
    /// replayed or were stale this time keep meaning what they meant.
    /// </summary>
    private static void MarkUnknown(IReadOnlyList<QueuedAct> acts)
    {
        foreach (var queued in acts)
            if (queued.Decision is { Replayed: false, End: ActEnd.Committed or ActEnd.Refused })
                queued.MayBeStored = true;
    }

    private async Task IsolateAsync(IReadOnlyList<QueuedAct> acts, bool sweep, Exception exception)
    {
        if (exception is CompanionAppliedInPartException applied)
        {
            foreach (var queued in acts)
                if (queued.Act.Id == applied.ActId) queued.Fail(applied.InnerException!);
            await DecideAsync([.. acts.Where(queued => queued.Act.Id != applied.ActId)], sweep).ConfigureAwait(false);
        }
        else if (acts.Count > 1)
        {
            var half = acts.Count / 2;
            await DecideAsync([.. acts.Take(half)], sweep: false).ConfigureAwait(false);
            await DecideAsync([.. acts.Skip(half)], sweep: false).ConfigureAwait(false);
        }
        else if (acts.Count == 1 && sweep)
        {
            await DecideAsync(acts, sweep: false).ConfigureAwait(false);
        }
        else if (acts.Count == 1)
        {
            acts[0].Fail(StoreErrors.IsFromStore(exception) && exception is not PostgresException
                ? Unavailable(exception) : exception);
            LedgerMeter.Poisoned.Add(1);
        }
    }

    private async Task AbandonAsync(bool storeAway)
    {
        Forget();
        if (_session is null) return;
        if (!storeAway)
        {
            try
            {
                await _session.RollbackAsync().ConfigureAwait(false);
                return;
            }
            catch (Exception exception)
                when (StoreErrors.IsFromStore(exception) || exception is InvalidOperationException)
            {
                // The connection is of no more use; a new one starts clean.
            }
        }
        await DropSessionAsync().ConfigureAwait(false);
    }

    /// <summary>Reconnects, and takes the lock again, for as long as waiters may be kept; then tells them.</summary>
    private async Task<bool> HasSessionAsync(IReadOnlyList<QueuedAct> acts)
    {
        if (_session is { IsOpen: true }) return true;
        await DropSessionAsync().ConfigureAwait(false);
        var started = Pace.GetTimestamp();
        // Once the store is known to be away, each further batch tries once and fails fast.
        var patience = _storeAway ? TimeSpan.Zero : StoreAwayMax;
        Exception? last = null;
        for (var delayMs = 20; ; delayMs = Math.Min(2 * delayMs, 500))
        {
            try
            {
                _session = await _store.TryAcquireAsync(_stopWaiting.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
                when (StoreErrors.IsFromStore(exception) || exception is OperationCanceledException)
            {
                last = exception;
            }
            _storeAway = _session is null;
            if (_session is not null) return true;
            if (_stopWaiting.IsCancellationRequested
                || Pace.GetElapsedTime(started) >= patience) break;
            await Task.Delay(TimeSpan.FromMilliseconds(delayMs), Pace, CancellationToken.None).ConfigureAwait(false);
        }
        Fail(acts, Unavailable(last ?? new FencedException()));
        return false;
    }

    private static void Fail(IReadOnlyList<QueuedAct> acts, Exception exception)
    {
        foreach (var queued in acts) queued.Fail(exception);
    }

    private static LedgerUnavailableException Unavailable(Exception inner) => new(
        "The ledger's store is away. Ask again under the same id: an act whose commit was under way is answered then.",
        inner);

    /// <summary>What is stored is to be read again.</summary>
    private void Forget()
    {
        _directory.ForgetCounters();
        _registry.Forget();
    }

    private async Task DropSessionAsync()
    {
        Forget();
        if (_session is not { } session) return;
        _session = null;
        await session.DisposeAsync().ConfigureAwait(false);
    }
}
