namespace SightPay.Ledger.Commit;

/// <summary>An act in the queue, its waiter, and what the current try decided.</summary>
internal sealed class QueuedAct(Act act)
{
    private readonly TaskCompletionSource<ActResult> _waiter =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Act Act { get; } = act;

    public Task<ActResult> Completion => _waiter.Task;

    /// <summary>Set by the evaluation, told to the waiter only after the commit.</summary>
    public ActResult? Decision { get; set; }

    /// <summary>Set by the evaluation when the act's own code threw; nothing of it is recorded.</summary>
    public Exception? Fault { get; set; }

    /// <summary>
    /// A commit with this act's fresh decision was sent and its outcome never heard. Should the store hold the id now,
    /// it is this act's own first answer and no replay.
    /// </summary>
    public bool MayBeStored { get; set; }

    public void Reset() => (Decision, Fault) = (null, null);

    public void Complete()
    {
        Must.Hold(Decision is null != Fault is null, "A committed act has either a decision or a fault.");
        if (Fault is not null) _waiter.TrySetException(Fault);
        else _waiter.TrySetResult(Decision!);
    }

    public void Fail(Exception exception) => _waiter.TrySetException(exception);
}
