using SightPay.Ledger.Commit;
using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>
/// Holds the writer just before a commit is sent, so that what is submitted meanwhile is decided ahead of it. A test
/// says when it goes on, and how.
/// </summary>
internal sealed class HeldCommit : IAsyncDisposable
{
    private readonly LedgerBed _bed;
    private readonly TaskCompletionSource _reached = new();
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HeldCommit(LedgerBed bed) => _bed = bed;

    /// <summary>The act whose commit is held.</summary>
    public Task<ActResult> First { get; private set; } = null!;

    public static async Task<HeldCommit> OfAsync(LedgerBed bed, Act act)
    {
        var held = new HeldCommit(bed);
        bed.Ledger.Writer.Faults = point => held.StrikeAsync(point);
        held.First = bed.Ledger.SubmitAsync(act, default);
        await held._reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return held;
    }

    /// <summary>Returns when the writer has taken the act, to decide it ahead of the commit that is held.</summary>
    public async Task<Task<ActResult>> PrepareAsync(Act act)
    {
        var result = _bed.Ledger.SubmitAsync(act, default);
        for (var started = DateTime.Now; _bed.Ledger.Writer.Waiting > 0; await Task.Delay(5))
            Assert.True(DateTime.Now - started < TimeSpan.FromSeconds(60), "The writer takes no act.");
        return result;
    }

    public void Go(Exception? fault = null)
    {
        _bed.Ledger.Writer.Faults = null;
        if (fault is null) _go.TrySetResult();
        else _go.TrySetException(fault);
    }

    public ValueTask DisposeAsync()
    {
        Go();
        return ValueTask.CompletedTask;
    }

    private async Task StrikeAsync(FaultPoint point)
    {
        if (point != FaultPoint.BeforeCommit) return;
        _reached.TrySetResult();
        await _go.Task;
    }
}
