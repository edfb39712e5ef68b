namespace SightPay.Server.Fuel;

/// <summary>A span of a week's day on the clock at the site.</summary>
/// <param name="FromMinute">Of the day, 0 to 1439.</param>
/// <param name="ToMinute">Not included. At or before <paramref name="FromMinute"/>: on the next day.</param>
internal readonly record struct OpenSpan(DayOfWeek Day, int FromMinute, int ToMinute)
{
    public const int MinutesOfDay = 24 * 60;

    public bool EndsNextDay => ToMinute <= FromMinute;

    public int Minutes => ToMinute - FromMinute + (EndsNextDay ? MinutesOfDay : 0);
}

/// <summary>
/// When a site is open in a week, by the clock that hangs there. On the night on which clocks change, a span opens when
/// the clock first shows its beginning or later, and closes when it shows its end or later for the last time: it is
/// never cut in two, and an hour that there is not, or twice, makes it an hour shorter or longer.
/// </summary>
internal sealed class OpeningHours(IReadOnlyList<OpenSpan> spans)
{
    private const int MinutesOfWeek = 7 * OpenSpan.MinutesOfDay;

    public IReadOnlyList<OpenSpan> Spans { get; } = spans;

    public bool IsOpen(DateTimeOffset at, TimeZoneInfo zone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
        return Covers(today, at, zone) || Covers(today.AddDays(-1), at, zone);
    }

    /// <summary>Whether two spans cover the same minute of the week.</summary>
    public bool Overlap()
    {
        var open = new bool[MinutesOfWeek];
        foreach (var span in Spans)
        {
            var first = (int)span.Day * OpenSpan.MinutesOfDay + span.FromMinute;
            for (var minute = first; minute < first + span.Minutes; minute++)
            {
                if (open[minute % MinutesOfWeek]) return true;
                open[minute % MinutesOfWeek] = true;
            }
        }
        return false;
    }

    private bool Covers(DateOnly day, DateTimeOffset at, TimeZoneInfo zone)
    {
        foreach (var span in Spans)
        {
            if (span.Day != day.DayOfWeek) continue;
            var from = day.ToDateTime(TimeOnly.MinValue).AddMinutes(span.FromMinute);
            if (MomentOf(from, zone, last: false) <= at
                && at < MomentOf(from.AddMinutes(span.Minutes), zone, last: true))
                return true;
        }
        return false;
    }

    /// <summary>When the clock on the wall shows this or, where it jumps over it, later.</summary>
    /// <param name="last">Of the two moments when a clock that is set back shows the same.</param>
    private static DateTimeOffset MomentOf(DateTime wall, TimeZoneInfo zone, bool last)
    {
        var shown = wall;
        // The jump comes right after the last minute that the clock does show.
        while (zone.IsInvalidTime(shown)) shown = shown.AddMinutes(-1);
        if (shown != wall) return new DateTimeOffset(shown, zone.GetUtcOffset(shown)).AddMinutes(1);
        if (!zone.IsAmbiguousTime(wall)) return new DateTimeOffset(wall, zone.GetUtcOffset(wall));
        var offsets = zone.GetAmbiguousTimeOffsets(wall);
        return new DateTimeOffset(wall, last ? offsets.Min() : offsets.Max());
    }
}
