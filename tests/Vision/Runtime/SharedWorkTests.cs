using System.Collections.Concurrent;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Runtime;

public sealed class SharedWorkTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    [InlineData(2, 0)]
    [InlineData(4, 1_000)]
    public void Every_piece_is_done_once_before_the_caller_goes_on(int threads, int count)
    {
        var times = new int[count];
        SharedWork.Run(threads, count, piece => Interlocked.Increment(ref times[piece]));
        Assert.All(times, time => Assert.Equal(1, time));
    }

    [Fact]
    public void One_thread_is_the_callers_own()
    {
        var threads = new ConcurrentBag<int>();
        SharedWork.Run(1, 20, _ => threads.Add(Environment.CurrentManagedThreadId));
        Assert.Equal([Environment.CurrentManagedThreadId], threads.Distinct());
    }

    [Fact]
    public async Task Two_pieces_are_done_at_once()
    {
        // Each waits for the other: one after the other they would never end.
        using var both = new Barrier(2);
        var met = Task.Run(() => SharedWork.Run(2, 2, _ => Assert.True(both.SignalAndWait(TimeSpan.FromSeconds(60)))));
        await met.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task A_pool_whose_threads_all_share_work_does_not_stall()
    {
        var done = 0;
        var callers = Enumerable.Range(0, 64).Select(_ => Task.Run(() =>
            SharedWork.Run(4, 8, _ => SharedWork.Run(4, 2, _ => Interlocked.Increment(ref done)))));
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(64 * 8 * 2, done);
    }

    [Fact]
    public void A_fault_reaches_the_caller_after_the_others_are_done()
    {
        var done = 0;
        var fault = Assert.Throws<InvalidOperationException>(() => SharedWork.Run(3, 50, piece =>
        {
            if (piece == 7) throw new InvalidOperationException("seven");
            Interlocked.Increment(ref done);
        }));
        Assert.Equal("seven", fault.Message);
        Assert.Equal(49, done);
    }
}
