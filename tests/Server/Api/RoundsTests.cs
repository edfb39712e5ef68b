using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Api;

public sealed class RoundsTests : IAsyncLifetime
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    private readonly ManualClock _clock = new();
    private readonly WorkSignal _signal = new();
    private readonly Said _said = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<int> _begun = Channel.CreateUnbounded<int>();
    private readonly Channel<Exception?> _ends = Channel.CreateUnbounded<Exception?>();
    private Task _running = null!;
    private int _rounds;

    public Task InitializeAsync()
    {
        _running = Rounds.RunAsync(_signal, Every, RoundAsync, _clock, _said, _stopping.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(60));
        _stopping.Dispose();
    }

    [Fact]
    public async Task The_first_round_comes_at_once_and_each_further_one_in_its_time()
    {
        Assert.Equal(1, await BegunAsync());
        End();
        _clock.Advance(Every - TimeSpan.FromTicks(1));
        Assert.False(_begun.Reader.TryRead(out _));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2, await BegunAsync());
    }

    [Fact]
    public async Task A_time_that_comes_within_a_round_is_not_missed()
    {
        await BegunAsync();
        _clock.Advance(Every);
        _clock.Advance(Every);
        End();
        Assert.Equal(2, await BegunAsync());
    }

    [Fact]
    public async Task A_signal_brings_a_round_before_its_time()
    {
        await BegunAsync();
        _signal.Set();
        End();
        Assert.Equal(2, await BegunAsync());
        End();
        _clock.Advance(Every);
        Assert.Equal(3, await BegunAsync());
    }

    [Theory]
    [InlineData(typeof(NpgsqlException), LogLevel.Warning)]
    [InlineData(typeof(LedgerUnavailableException), LogLevel.Warning)]
    [InlineData(typeof(InvalidOperationException), LogLevel.Error)]
    [InlineData(typeof(OperationCanceledException), LogLevel.Error)]
    public async Task A_round_that_fails_is_told_and_tried_again_in_time(Type fault, LogLevel level)
    {
        await BegunAsync();
        object?[] why = fault == typeof(LedgerUnavailableException) ? ["No.", null] : ["No."];
        End((Exception)Activator.CreateInstance(fault, why)!);
        _clock.Advance(Every);
        Assert.Equal(2, await BegunAsync());
        Assert.Equal(level, Assert.Single(_said.Levels));
    }

    [Fact]
    public async Task It_ends_without_a_word_when_the_server_stops_within_a_round_or_between_two()
    {
        await BegunAsync();
        await _stopping.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(60));
        using var stopping = new CancellationTokenSource();
        var idle = Rounds.RunAsync(Every, _ => Task.CompletedTask, _clock, _said, stopping.Token);
        await stopping.CancelAsync();
        await idle.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(_said.Levels);
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        _begun.Writer.TryWrite(++_rounds);
        if (await _ends.Reader.ReadAsync(ct) is { } fault) throw fault;
    }

    private void End(Exception? fault = null) => _ends.Writer.TryWrite(fault);

    private async Task<int> BegunAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await _begun.Reader.ReadAsync(patience.Token);
    }

    private sealed class Said : ILogger
    {
        public ConcurrentQueue<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Levels.Enqueue(logLevel);
    }
}
