using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SightPay.Server.Fuel;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>When a site is open, by the clock that hangs there: over midnight, and on the nights on which clocks
/// change.</summary>
public sealed class OpeningHoursTests
{
    private static readonly TimeZoneInfo Warsaw = TimeZoneInfo.FindSystemTimeZoneById("Europe/Warsaw");

    [Theory]
    [InlineData("2026-07-06T03:59:59Z", false)] // Monday 05:59:59
    [InlineData("2026-07-06T04:00:00Z", true)]
    [InlineData("2026-07-06T19:59:59Z", true)]
    [InlineData("2026-07-06T20:00:00Z", false)] // 22:00 itself is closed
    [InlineData("2026-07-07T12:00:00Z", false)] // Tuesday
    [InlineData("2026-01-05T05:00:00Z", true)] // the same clock in winter
    [InlineData("2026-01-05T04:59:59Z", false)]
    public void A_day_by_the_clock_of_the_site(string at, bool open) =>
        Assert.Equal(open, Hours((DayOfWeek.Monday, 6 * 60, 22 * 60)).IsOpen(At(at), Warsaw));

    [Theory]
    [InlineData("2026-07-10T19:59:00Z", false)] // Friday 21:59
    [InlineData("2026-07-10T20:00:00Z", true)]
    [InlineData("2026-07-10T23:30:00Z", true)] // Saturday 01:30
    [InlineData("2026-07-11T01:59:00Z", true)]
    [InlineData("2026-07-11T02:00:00Z", false)] // Saturday 04:00
    [InlineData("2026-07-09T23:30:00Z", false)] // Friday 01:30 belongs to no Thursday
    public void A_night_over_midnight_belongs_to_the_day_on_which_it_begins(string at, bool open) =>
        Assert.Equal(open, Hours((DayOfWeek.Friday, 22 * 60, 4 * 60)).IsOpen(At(at), Warsaw));

    /// <summary>2026-03-29: 02:00 becomes 03:00, which is 01:00 UTC.</summary>
    [Theory]
    [InlineData(150, 300, "2026-03-29T00:59:59Z", false)] // opens at 02:30, which there is not
    [InlineData(150, 300, "2026-03-29T01:00:00Z", true)] // 03:00 is past it
    [InlineData(60, 150, "2026-03-29T00:59:59Z", true)] // closes at 02:30
    [InlineData(60, 150, "2026-03-29T01:00:00Z", false)]
    [InlineData(130, 160, "2026-03-29T00:59:59Z", false)] // wholly in the hour that there is not
    [InlineData(130, 160, "2026-03-29T01:00:00Z", false)]
    [InlineData(0, 240, "2026-03-29T01:59:59Z", true)] // 03:59:59, an hour earlier than yesterday
    [InlineData(0, 240, "2026-03-29T02:00:00Z", false)]
    public void The_night_on_which_an_hour_is_missing(int from, int to, string at, bool open) =>
        Assert.Equal(open, Hours((DayOfWeek.Sunday, from, to)).IsOpen(At(at), Warsaw));

    /// <summary>2026-10-25: 03:00 becomes 02:00 again, which is 01:00 UTC.</summary>
    [Theory]
    [InlineData(150, 300, "2026-10-25T00:29:59Z", false)]
    [InlineData(150, 300, "2026-10-25T00:30:00Z", true)] // 02:30 for the first time
    [InlineData(150, 300, "2026-10-25T01:10:00Z", true)] // 02:10 again: still open
    [InlineData(60, 150, "2026-10-25T00:45:00Z", true)] // 02:45, but 02:30 comes once more
    [InlineData(60, 150, "2026-10-25T01:29:59Z", true)]
    [InlineData(60, 150, "2026-10-25T01:30:00Z", false)] // 02:30 for the last time
    [InlineData(22 * 60, 22 * 60, "2026-10-26T20:59:59Z", true)] // a whole day that began on Sunday at 22:00
    [InlineData(22 * 60, 22 * 60, "2026-10-26T21:00:00Z", false)]
    public void The_night_on_which_an_hour_comes_twice(int from, int to, string at, bool open) =>
        Assert.Equal(open, Hours((DayOfWeek.Sunday, from, to)).IsOpen(At(at), Warsaw));

    /// <summary>Samoa went over the date line: its 30 December 2011 never was.</summary>
    [Fact]
    public void A_day_that_there_is_not_opens_nothing_and_breaks_nothing()
    {
        var apia = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Apia");
        var friday = Hours((DayOfWeek.Friday, 8 * 60, 18 * 60));
        for (var hour = 0; hour < 72; hour++)
        {
            var at = At("2011-12-29T00:00:00Z").AddHours(hour);
            var local = TimeZoneInfo.ConvertTime(at, apia);
            Assert.Equal(
                local.DayOfWeek == DayOfWeek.Friday && local.Hour is >= 8 and < 18, friday.IsOpen(at, apia));
        }
    }

    /// <summary>Away from the nights on which clocks change, it is what the clock shows and nothing else.</summary>
    [Fact]
    public void On_all_other_days_it_is_what_the_clock_shows() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(
            from zone in Gen.Elements("Europe/Warsaw", "Asia/Kolkata", "America/New_York", "UTC", "Asia/Kathmandu")
            from day in Gen.Choose(0, 6) from begin in Gen.Choose(0, 1439) from end in Gen.Choose(0, 1439)
            from minute in Gen.Choose(0, 27 * 24 * 60)
            select (zone, day, begin, end, minute)),
        drawn =>
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(drawn.zone);
            var at = At("2026-06-02T00:00:00Z").AddMinutes(drawn.minute);
            var local = TimeZoneInfo.ConvertTime(at, zone);
            var ofWeek = (int)local.DayOfWeek * 1440 + local.Hour * 60 + local.Minute;
            var length = drawn.end - drawn.begin + (drawn.end <= drawn.begin ? 1440 : 0);
            var since = (ofWeek - (drawn.day * 1440 + drawn.begin) + 7 * 1440) % (7 * 1440);
            return Hours(((DayOfWeek)drawn.day, drawn.begin, drawn.end)).IsOpen(at, zone) == since < length;
        }));

    [Fact]
    public void Spans_that_cover_the_same_minute_are_found_around_the_week_too()
    {
        Assert.False(Hours((DayOfWeek.Monday, 0, 720), (DayOfWeek.Monday, 720, 0)).Overlap());
        Assert.True(Hours((DayOfWeek.Monday, 0, 721), (DayOfWeek.Monday, 720, 0)).Overlap());
        Assert.True(Hours((DayOfWeek.Saturday, 22 * 60, 6 * 60), (DayOfWeek.Sunday, 5 * 60, 600)).Overlap());
        Assert.False(Hours((DayOfWeek.Saturday, 22 * 60, 6 * 60), (DayOfWeek.Sunday, 6 * 60, 600)).Overlap());
    }

    private static OpeningHours Hours(params (DayOfWeek Day, int From, int To)[] spans) =>
        new([.. spans.Select(span => new OpenSpan(span.Day, span.From, span.To))]);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
