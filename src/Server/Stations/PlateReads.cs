using SightPay.Server.Api;
using SightPay.Vision.Plates;

namespace SightPay.Server.Stations;

/// <summary>What an edge agent read by itself and sends instead of a picture.</summary>
/// <param name="Counter">Above that of every message before.</param>
/// <param name="At">The device's clock, which decides nothing.</param>
/// <param name="Plates">All that its camera showed; none is an answer too.</param>
public sealed record PlateReads(long? Counter, DateTimeOffset? At, IReadOnlyList<PlateReads.Plate?>? Plates)
{
    /// <param name="Region">The country, where the agent can tell; null: the site's region.</param>
    /// <param name="Confidence">0..1, of the weakest character.</param>
    /// <param name="Characters">For each character what it may be; null: what the text says.</param>
    /// <param name="Frames">How many different frames of this visit, in a row, read this text; null: this one.</param>
    public sealed record Plate(
        string? Text, string? Region, double? Confidence, IReadOnlyList<IReadOnlyList<Candidate>?>? Characters,
        SightingBox? Box, int? Frames = null)
    {
        public override string ToString() => nameof(Plate);
    }

    /// <param name="Probability">0..1.</param>
    public sealed record Candidate(char Character, double Probability)
    {
        public override string ToString() => nameof(Candidate);
    }

    /// <summary>A car that was seen longer ago may have made room for the next one, which must not get its bill.
    /// </summary>
    internal static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(30);

    /// <summary>Nobody's camera shows more cars that could be at one pump.</summary>
    private const int PlatesMax = 8;
    private const int TextLengthMax = 24;
    private const int CandidatesMax = 40;

    /// <summary>Beyond it nobody is surer.</summary>
    private const int FramesMax = 1_000;

    public override string ToString() => $"{nameof(PlateReads)} {Counter}";

    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    internal void DemandUsable()
    {
        var errors = new Dictionary<string, string[]>();
        if (Counter is not > 0) errors["counter"] = ["A number above 0 that rises with every message."];
        if (At is null) errors["at"] = ["The device's time, as 2026-05-01T12:00:00Z."];
        if (Plates is null || Plates.Count > PlatesMax) errors["plates"] = [$"A list of at most {PlatesMax} plates."];
        else if (!Plates.All(IsUsable))
            errors["plates"] =
                [
                    "Each needs text, confidence (0 to 1) and box {x,y,width,height}; characters fit the text, and "
                    + $"frames is 1 to {FramesMax}, if given.",
                ];
        if (errors.Count > 0)
            throw new ProblemException(
                422, "fields_invalid", "Some fields cannot be used; see errors.", errors: errors);
    }

    /// <summary>The plates as our own pipeline would have read them. The agent's text is not trusted to be one: what
    /// the region's grammar refuses is no plate.</summary>
    /// <param name="region">The site's.</param>
    internal PlateReading ToReading(string region)
    {
        var plates = Plates!.Select(plate => Read(plate!, region)).OfType<ReadPlate>().ToArray();
        var (right, bottom) = (plates.Select(each => each.Box.X + each.Box.Width).DefaultIfEmpty().Max(),
            plates.Select(each => each.Box.Y + each.Box.Height).DefaultIfEmpty().Max());
        return new([.. plates.OrderByDescending(each => each.Box.Area)], (int)right, (int)bottom, 0, 0);
    }

    private static bool IsUsable(Plate? plate) =>
        plate is { Text.Length: > 0 and <= TextLengthMax, Confidence: >= 0 and <= 1, Box: { } box }
        && IsUsable(box) && plate.Frames is null or (>= 1 and <= FramesMax)
        && (plate.Characters is not { } places || places.All(place =>
            place is { Count: <= CandidatesMax } && place.All(each => each is { Probability: >= 0 and <= 1 })));

    private static bool IsUsable(SightingBox box) =>
        double.IsFinite(box.X) && double.IsFinite(box.Y) && Math.Abs(box.X) < 1e5 && Math.Abs(box.Y) < 1e5
        && box.Width is > 0 and < 1e5 && box.Height is > 0 and < 1e5;

    private static ReadPlate? Read(Plate plate, string region)
    {
        var seen = PlateGrammar.Of(region)!.Members.FirstOrDefault(member =>
            member.Equals(plate.Region, StringComparison.OrdinalIgnoreCase)) ?? region;
        if (PlateGrammar.Of(seen)?.Canonical(plate.Text!) is not { } text) return null;
        var places = plate.Characters is { } given && given.Count == text.Length ? given : null;
        if (plate.Characters is not null && places is null) return null;
        var box = plate.Box!.Value;
        return new(
            text, seen, [.. text.Select((character, i) => Character(character, (float)plate.Confidence!, places?[i]))],
            PlateQuad.Of(new((float)box.X, (float)box.Y, (float)box.Width, (float)box.Height)))
        {
            Frames = plate.Frames ?? 1,
        };
    }

    /// <summary>The glyphs that the grammar may take for this one count for it; the others are what it may be instead.
    /// </summary>
    private static PlateCharacter Character(char character, float confidence, IReadOnlyList<Candidate>? candidates)
    {
        var known = (candidates ?? [])
            .Select(each => (Character: char.ToUpperInvariant(each.Character), each.Probability))
            .Where(each => char.IsAsciiLetterOrDigit(each.Character)).ToArray();
        var own = known.Where(each => Fold(each.Character) == Fold(character)).Sum(each => each.Probability);
        var sure = candidates is null ? confidence : MathF.Min(confidence, (float)own);
        return new(
        [
            new(character, sure),
            .. known.Where(each => Fold(each.Character) != Fold(character)).OrderByDescending(each => each.Probability)
                .Select(each => new CharacterCandidate(each.Character, (float)each.Probability)),
        ]);
    }

    private static string Fold(char character) => ConfusableGlyphs.Fold(character.ToString());
}
