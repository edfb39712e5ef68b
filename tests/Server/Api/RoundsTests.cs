using System.Threading.Channels;
using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Api;

public sealed class RoundsTests
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Exception> _failed = [];

    [Fact]
    public async Task A_round_comes_at_once_and_then_in_its_time_and_one_that_fails_is_not_the_last()
    {
        var rounds = Channel.CreateUnbounded<int>();
        var number = 0;
        var running = Rounds.RunAsync(
            Every, _clock, _ =>
            {
                rounds.Writer.TryWrite(++number);
                return number == 2 ? throw new TimeoutException("away") : Task.CompletedTask;
            },
            _failed.Add, _stop.Token);
        for (var expected = 1; expected <= 4; expected++)
        {
            using var patience = new CancellationTokenSource(Patience);
            Assert.Equal(expected, await rounds.Reader.ReadAsync(patience.Token));
            Assert.False(rounds.Reader.TryRead(out _));
            _clock.Advance(Every);
        }
        Assert.IsType<TimeoutException>(Assert.Single(_failed));
        await _stop.CancelAsync();
        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_round_that_the_end_of_the_server_interrupts_has_not_failed()
    {
        var running = Rounds.RunAsync(
            Every, _clock, ct => Task.Delay(Timeout.Infinite, ct), _failed.Add, _stop.Token);
        await _stop.CancelAsync();
        await running.WaitAsync(Patience);
        Assert.Empty(_failed);
    }
}
