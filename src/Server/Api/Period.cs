using System.Globalization;

namespace SightPay.Server.Api;

/// <summary>A period as a request names it: from its first moment to before its last.</summary>
public readonly record struct Period(DateTimeOffset From, DateTimeOffset To)
{
    private static readonly TimeSpan Default = TimeSpan.FromDays(30);

    /// <param name="from">A day (UTC) or a moment; null: thirty days before the end.</param>
    /// <param name="to">A day or a moment, which is not in the period any more; null: the newest is.</param>
    /// <exception cref="ProblemException">422 period_invalid.</exception>
    public static Period Read(string? from, string? to, TimeProvider clock)
    {
        var end = to is null ? clock.GetUtcNow() : Moment(to);
        var begin = from is null ? end - Default : Moment(from);
        if (begin > end) throw Invalid("The period begins before it ends.");
        // Without an end up to the newest, whatever our clock says: the ledger's is that of its database.
        return new Period(begin, to is null ? DateTimeOffset.MaxValue : end);
    }

    private static DateTimeOffset Moment(string text) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var moment) && moment.Year is > 1970 and < 9000
            ? moment
            : throw Invalid("Send from and to as days or moments, for instance 2026-11-01 or 2026-11-01T08:00:00Z.");

    private static ProblemException Invalid(string detail) => new(422, "period_invalid", detail);
}
