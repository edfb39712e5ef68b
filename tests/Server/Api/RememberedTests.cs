using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Api;

public sealed class RememberedTests
{
    private readonly ManualClock _clock = new();
    private readonly Remembered<string, string> _remembered;
    private string? _stored = "first";
    private int _reads;

    public RememberedTests() => _remembered = new(TimeSpan.FromSeconds(5), _clock);

    [Fact]
    public async Task A_fact_is_read_once_within_its_lifetime()
    {
        Assert.Equal("first", await FindAsync());
        _stored = "second";
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal("first", await FindAsync());
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task A_change_made_past_us_is_seen_after_its_lifetime()
    {
        await FindAsync();
        _stored = "second";
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("second", await FindAsync());
    }

    [Fact]
    public async Task A_fact_that_was_forgotten_is_read_anew_at_once()
    {
        await FindAsync();
        _stored = null;
        _remembered.Forget();
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task Absence_is_not_remembered()
    {
        _stored = null;
        Assert.Null(await FindAsync());
        _stored = "new";
        Assert.Equal("new", await FindAsync());
    }

    [Fact]
    public async Task What_was_read_before_it_was_forgotten_does_not_come_back()
    {
        var store = new TaskCompletionSource<string?>();
        var slow = _remembered.FindAsync("key", (_, _) => store.Task, default);
        // The change commits and is told while the answer of before is on its way here.
        _stored = "second";
        _remembered.Forget();
        store.SetResult("first");
        Assert.Equal("first", await slow);
        Assert.Equal("second", await FindAsync());
    }

    private ValueTask<string?> FindAsync() => _remembered.FindAsync("key", (_, _) =>
    {
        _reads++;
        return Task.FromResult(_stored);
    }, default);
}
