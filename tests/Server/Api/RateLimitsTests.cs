using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Api;

public sealed class RateLimitsTests
{
    private readonly ManualClock _clock = new();
    private readonly RateLimits _limits;

    public RateLimitsTests() => _limits = new RateLimits([new("door", 3, TimeSpan.FromMinutes(1))], _clock);

    [Fact]
    public void The_window_slides()
    {
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => IsLetIn("asha")));
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(IsLetIn("asha"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(IsLetIn("asha"));
    }

    [Fact]
    public void Others_are_not_held_up()
    {
        for (var i = 0; i < 4; i++)
            IsLetIn("asha");
        Assert.True(IsLetIn("ravi"));
    }

    [Fact]
    public void The_answer_says_when_to_come_again()
    {
        IsLetIn("asha");
        _clock.Advance(TimeSpan.FromSeconds(20));
        IsLetIn("asha");
        IsLetIn("asha");
        var refused = Assert.Throws<ProblemException>(() => _limits.Demand("door", "asha"));
        Assert.Equal((429, "too_many_requests", true, 40_000), (
            refused.Status, refused.Code, refused.Retryable, refused.RetryAfterMs));
    }

    [Fact]
    public async Task Racing_attempts_are_counted_each()
    {
        var let = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => IsLetIn("asha"))));
        Assert.Equal(3, let.Count(isLetIn => isLetIn));
    }

    private bool IsLetIn(string who)
    {
        try
        {
            _limits.Demand("door", who);
            return true;
        }
        catch (ProblemException)
        {
            return false;
        }
    }
}
