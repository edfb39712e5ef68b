using SightPay.Vision.Plates;
using SightPay.Vision.Visits;

namespace SightPay.Server.Plates;

/// <summary>The band of a decision about a plate.</summary>
public enum PlateBand
{
    /// <summary>Nobody's that we know.</summary>
    Reject,

    /// <summary>It may be one of the candidates; the owner has to say so.</summary>
    Ask,

    /// <summary>This vehicle: it may pay by itself, within its limit.</summary>
    Accept,
}

/// <param name="Vehicle">Set when the band is accept.</param>
/// <param name="Candidates">Set when the band is ask: whose owners may be asked. Never shown to a station.</param>
public sealed record PlateMatch(PlateBand Band, Vehicle? Vehicle, IReadOnlyList<Vehicle> Candidates)
{
    public static PlateMatch None { get; } = new(PlateBand.Reject, null, []);

    public override string ToString() => $"{nameof(PlateMatch)} {Band}";
}

/// <summary>
/// Who may pay for a plate that was read. Only the exact canonical form of one registered plate pays by itself: one
/// character off named wrong payers in the measured set, and matched cars whose owners had never registered.
/// </summary>
/// <remarks>Evidence and reasons: decisions/0035-plates-as-identifiers.md, 0040-frames-that-agree.md.</remarks>
public static class PlateRules
{
    /// <summary>Below it the reader holds its weakest character for wrong rather than right.</summary>
    public const float AcceptConfidenceMin = PlateVisit.SureMin;

    /// <summary>Where fewer different frames in a row read a plate alike, somebody says yes first.</summary>
    public const int AgreeingFramesMin = PlateVisit.StableFrames;

    /// <summary>What the reader gives less than this much is no reading of it. It only widens what is asked.</summary>
    public const float RunnerUpMin = 0.05f;

    /// <summary>The texts that the reader may have seen instead: one place read otherwise, never two.</summary>
    public static IEnumerable<string> OtherReadings(ReadPlate read) =>
        from place in Enumerable.Range(0, Math.Min(read.Text.Length, read.Characters.Count))
        from other in read.Characters[place].Candidates
        where other.Character != read.Text[place] && other.Probability >= RunnerUpMin
        select string.Concat(read.Text.AsSpan(0, place), [other.Character], read.Text.AsSpan(place + 1));

    /// <summary>
    /// Whether a plate is, to the letter, what was read. A union of countries holds the plates of all, and where
    /// nothing but the text tells the country it does so only when one country alone has plates like it: else the car
    /// may be a twin from abroad.
    /// </summary>
    /// <param name="region">The country in which the plate is registered.</param>
    /// <param name="isPlate">Whether a canonical text is the registered plate's.</param>
    public static bool IsExact(ReadPlate read, string region, Func<string, bool> isPlate) =>
        PlateGrammar.Of(read.Region) is { } seen && (seen.Region == region || seen.Members.Contains(region))
        && PlateGrammar.Of(region)?.Canonical(read.Text) is { } canonical && isPlate(canonical)
        && (seen.Members.Count == 1 || CountriesOf(read.Text, seen) == 1);

    private static int CountriesOf(string text, PlateGrammar union) =>
        union.Members.Count(country => PlateGrammar.Of(country)!.Canonical(text) is not null);

    /// <param name="found">Vehicles whose plate may be taken for what was read or for another reading of it, and
    /// whether it is that to the letter.</param>
    public static PlateMatch Decide(
        ReadPlate read, IReadOnlyList<(Vehicle Vehicle, bool IsExact)> found) => found switch
    {
        [] => PlateMatch.None,
        // Of two that the camera could confuse neither pays for the other.
        [({ IsDisputed: false } vehicle, true)] when read.Confidence >= AcceptConfidenceMin =>
            new(PlateBand.Accept, vehicle, []),
        _ => new(PlateBand.Ask, null, [.. found.Select(each => each.Vehicle)]),
    };
}
