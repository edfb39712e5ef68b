using Microsoft.AspNetCore.Http;
using SightPay.Server.Api;
using Xunit;

namespace SightPay.Server.Tests.Api;

public sealed class MessageWaitTests
{
    private static readonly DateTimeOffset _at = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData("1970-01-01T00:00:31Z", 31)]
    [InlineData("1970-01-01T00:00:00.5+00:00", 0.5)]
    [InlineData("1970-01-01T01:00:00+01:00", 0)]
    [InlineData("1969-12-31T23:00:00Z", 0)]
    [InlineData("yesterday", 0)]
    [InlineData(null, 0)]
    public void It_is_what_lies_between_two_moments_of_one_clock(string? sentAt, double seconds)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[MessageWait.Header] = sentAt;

        Assert.Equal(TimeSpan.FromSeconds(seconds), MessageWait.Of(http, _at));
        Assert.Equal(TimeSpan.Zero, MessageWait.Of(http, null));
    }
}
