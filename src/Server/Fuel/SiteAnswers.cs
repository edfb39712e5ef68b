using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <param name="From">On the site's clock, <c>06:00</c>.</param>
/// <param name="To">Not included. At or before the beginning: next day's.</param>
internal sealed record OpenSpanText(string? From, string? To)
{
    public static OpenSpanText Of(OpenSpan span) => new(Text(span.FromMinute), Text(span.ToMinute));

    private static string Text(int minute) => $"{minute / 60:00}:{minute % 60:00}";
}

/// <summary>A site in a list.</summary>
/// <param name="Right">What the caller may do there.</param>
internal sealed record SiteListed(
    string Id, string Name, string Region, string TimeZone, Guid? OwnerId, int Pumps, SiteRight Right);

internal sealed record GradeAnswer(string Id, string Name, FuelKind Fuel, FuelUnit Unit);

internal sealed record TankAnswer(
    string Id, string GradeId, long CapacityThousandths, long LevelThousandths, long ShortThousandths);

internal sealed record SiteNozzle(int Number, string GradeId, string? TankId);

/// <param name="Closed">By staff.</param>
/// <param name="OutOfOrder">By staff, or it says so itself.</param>
internal sealed record SitePump(
    string Id, int Number, bool Closed, bool OutOfOrder, IReadOnlyList<SiteNozzle> Nozzles);

internal enum PriceState
{
    /// <summary>Its time is over.</summary>
    Past,
    InForce,
    Scheduled,

    /// <summary>Taken back before its time came.</summary>
    Withdrawn,
}

/// <param name="ThousandthsOfMinor">For one unit, in thousandths of the smallest coin.</param>
internal sealed record PriceAnswer(
    Guid Id, string GradeId, long ThousandthsOfMinor, FuelUnit Unit, DateTimeOffset ValidFrom, PriceState State,
    string SetBy, DateTimeOffset SetAt, string? WithdrawnBy)
{
    public static PriceAnswer Of(FuelPrice price, PriceState state) => new(
        price.Id, price.GradeId, price.Price.ThousandthsOfMinor, price.Price.Unit, price.ValidFrom, state, price.SetBy,
        price.SetAt, price.WithdrawnBy);
}

/// <summary>All of a site.</summary>
/// <param name="Opening">By day, <c>monday</c> to <c>sunday</c>; null: always open.</param>
/// <param name="Version">Send it with a change: what somebody else changed meanwhile is not overwritten.</param>
/// <param name="Prices">In force and scheduled.</param>
internal sealed record SiteAnswer(
    string Id, string Name, string Region, string TimeZone, string Currency,
    IReadOnlyDictionary<string, IReadOnlyList<OpenSpanText>>? Opening, bool OpenNow, Guid? OwnerId, int Version,
    SiteRight Right, IReadOnlyList<GradeAnswer> Grades, IReadOnlyList<TankAnswer> Tanks,
    IReadOnlyList<SitePump> Pumps, IReadOnlyList<PriceAnswer> Prices)
{
    public static SiteAnswer Of(Site site, SiteRight right, DateTimeOffset now) => new(
        site.Id, site.Name, site.Region, site.TimeZone, site.Currency, OpeningOf(site.Hours), site.IsOpen(now),
        site.Owner, site.Version, right,
        [.. site.Grades.Select(grade => new GradeAnswer(grade.Id, grade.Name, grade.Fuel, grade.Unit))],
        [
            .. site.Tanks.Select(tank => new TankAnswer(
                tank.Id, tank.GradeId, tank.CapacityThousandths, tank.LevelThousandths, tank.ShortThousandths)),
        ],
        [.. site.Pumps.Select(Of)],
        [
            .. site.Prices.NowAndNext(now).Select(price => PriceAnswer.Of(
                price, price.ValidFrom <= now ? PriceState.InForce : PriceState.Scheduled)),
        ]);

    private static SitePump Of(Pump pump) => new(
        pump.Id, pump.Number, pump.Closed, pump.OutOfOrder,
        [.. pump.Nozzles.Select(nozzle => new SiteNozzle(nozzle.Number, nozzle.GradeId, nozzle.TankId))]);

    private static Dictionary<string, IReadOnlyList<OpenSpanText>>? OpeningOf(OpeningHours? hours) =>
        hours?.Spans.GroupBy(span => span.Day).ToDictionary(
            day => Words.Of(day.Key), IReadOnlyList<OpenSpanText> (day) => [.. day.Select(OpenSpanText.Of)]);
}
