using System.Globalization;
using System.Text.RegularExpressions;
using SightPay.Server.Api;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>What people write about a site, judged field by field: all that is wrong is told at once.</summary>
internal sealed partial class SiteFields
{
    private const int NameLengthMax = 60;
    private const int NoteLengthMax = 200;
    private const int SpansOfDayMax = 8;

    private readonly Dictionary<string, List<string>> _errors = [];

    public void Add(string field, string what)
    {
        if (!_errors.TryGetValue(field, out var said)) _errors[field] = said = [];
        said.Add(what);
    }

    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    public void Demand()
    {
        if (_errors.Count == 0) return;
        throw new ProblemException(
            422, "fields_invalid", "Some fields cannot be used; see errors.",
            errors: _errors.ToDictionary(error => error.Key, error => error.Value.ToArray()));
    }

    public string Name(string field, string? text)
    {
        var name = text?.Trim() ?? "";
        if (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl))
            Add(field, $"Use 1 to {NameLengthMax} characters.");
        return name;
    }

    public string Note(string field, string? text)
    {
        var note = text?.Trim() ?? "";
        if (note.Length > NoteLengthMax || note.Any(char.IsControl))
            Add(field, $"Use at most {NoteLengthMax} characters.");
        return note;
    }

    /// <summary>An id of a whole site: part of the ids of its pumps, hence no hyphen.</summary>
    public string SiteId(string field, string? text)
    {
        if (!SiteIdForm().IsMatch(text ?? ""))
            Add(field, "Use 1 to 12 capital letters and digits, a letter first, for instance F1.");
        return text ?? "";
    }

    /// <summary>An id inside a site.</summary>
    public void InnerId(string field, string text)
    {
        if (!InnerIdForm().IsMatch(text))
            Add(field, "Use 1 to 20 letters, digits and hyphens, for instance petrol-95.");
    }

    public string Region(string field, string? text)
    {
        if (!PlateFields.CameraRegions.Contains(text ?? ""))
            Add(field, $"Name whose number plates are read: {string.Join(", ", PlateFields.CameraRegions)}.");
        return text ?? "";
    }

    public string TimeZone(string field, string? text)
    {
        // A name with a slash: Windows' own names, which this machine may know too, are unknown elsewhere.
        if (text is null or "" || (text != "UTC" && !text.Contains('/'))
            || !TimeZoneInfo.TryFindSystemTimeZoneById(text, out _))
            Add(field, "Use an IANA name, for instance Asia/Kolkata.");
        return text ?? "";
    }

    /// <summary>A word of the API as its member.</summary>
    public T Word<T>(string field, string? text) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (Words.Of(value) == text) return value;
        Add(field, $"Use one of: {string.Join(", ", Enum.GetValues<T>().Select(Words.Of))}.");
        return default;
    }

    public long Thousandths(string field, long? value, long min = 1)
    {
        if (value < min || value is null or > Quantity.ThousandthsMax)
            Add(field, $"A whole number of thousandths, from {min} to {Quantity.ThousandthsMax}.");
        return value ?? 0;
    }

    /// <summary>Null: always open.</summary>
    public OpeningHours? Opening(string field, IReadOnlyDictionary<string, IReadOnlyList<OpenSpanText?>?>? days)
    {
        if (days is null) return null;
        var spans = new List<OpenSpan>();
        foreach (var (name, texts) in days)
        {
            if (!Enum.TryParse<DayOfWeek>(name, ignoreCase: true, out var day) || !Words.Of(day).Equals(name))
            {
                Add(field, "The days are monday to sunday.");
                continue;
            }
            if (texts?.Count > SpansOfDayMax) Add($"{field}.{name}", $"Use at most {SpansOfDayMax} spans a day.");
            foreach (var text in (texts ?? []).Take(SpansOfDayMax))
                if (Minute(text?.From) is { } from && Minute(text?.To) is { } to) spans.Add(new(day, from, to));
                else Add($"{field}.{name}", "Write times as 06:00; an end at or before its beginning is next day's.");
        }
        var hours = new OpeningHours(spans);
        if (hours.Overlap()) Add(field, "Two spans cover the same time.");
        return hours;
    }

    private static int? Minute(string? text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.Hour * 60 + time.Minute
            : null;

    [GeneratedRegex("^[A-Z][A-Z0-9]{0,11}$", RegexOptions.CultureInvariant)]
    private static partial Regex SiteIdForm();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9-]{0,19}$", RegexOptions.CultureInvariant)]
    private static partial Regex InnerIdForm();
}
