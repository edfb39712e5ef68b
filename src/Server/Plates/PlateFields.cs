using SightPay.Server.Api;
using SightPay.Vision.Plates;

namespace SightPay.Server.Plates;

/// <summary>What people write about plates, judged field by field.</summary>
internal sealed class PlateFields(PlateSettings settings)
{
    public const int NameLengthMax = 40;
    public const int WordsLengthMin = 10;
    public const int WordsLengthMax = 1000;

    /// <summary>
    /// Countries in which a plate can be registered: a union of them is for cameras, since the same text is another
    /// car's in another country.
    /// </summary>
    public static IReadOnlyList<string> Countries { get; } =
        [.. PlateGrammar.Regions.Where(region => PlateGrammar.Of(region)!.Members is [var only] && only == region)];

    /// <summary>Regions that a camera can be told to read, unions of countries among them.</summary>
    public static IReadOnlyList<string> CameraRegions => PlateGrammar.Regions;

    /// <summary>The region's code and the plate in its form.</summary>
    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    public static (string Region, string Plate) DemandPlate(string? region, string? plate)
    {
        var errors = new Dictionary<string, string[]>();
        if (CountryOf(region) is not { } country)
        {
            errors["region"] = [$"Name the country of the plate: {string.Join(", ", Countries)}."];
            throw Invalid(errors);
        }
        if (PlateGrammar.Of(country)!.Canonical(plate ?? "") is { } canonical) return (country, canonical);
        errors["plate"] = ["No plate of this country is written like that. Write it as it stands on the car."];
        throw Invalid(errors);
    }

    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    public void DemandUsable(string name, VehicleFuel fuel, long autoPayMaxMinor)
    {
        var errors = new Dictionary<string, string[]>();
        if (!Enum.IsDefined(fuel))
            errors["fuel"] = [$"Use: {string.Join(", ", Enum.GetValues<VehicleFuel>().Select(Words.Of))}."];
        if (name.Length > NameLengthMax || name.Any(char.IsControl))
            errors["name"] = [$"Use at most {NameLengthMax} characters."];
        if (autoPayMaxMinor < 0 || autoPayMaxMinor > settings.AutoPayMinorMax)
            errors["auto_pay_max_minor"] =
                [$"From 0 (always ask) to {MoneyText.Of(new(settings.AutoPayMinorMax, settings.Currency))}."];
        if (errors.Count > 0) throw Invalid(errors);
    }

    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    public void DemandLimits(long? maxMinor, long? dayMaxMinor)
    {
        var errors = new Dictionary<string, string[]>();
        if (maxMinor is not > 0 || maxMinor > settings.AutoPayMinorMax)
            errors["max_minor"] = [$"Up to {MoneyText.Of(new(settings.AutoPayMinorMax, settings.Currency))} a fill."];
        if (dayMaxMinor is null || dayMaxMinor < maxMinor || dayMaxMinor > settings.DriverDayMinorMax)
            errors["day_max_minor"] =
                [$"From one fill up to {MoneyText.Of(new(settings.DriverDayMinorMax, settings.Currency))} a day."];
        if (errors.Count > 0) throw Invalid(errors);
    }

    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    public static string DemandWords(string? words)
    {
        var said = words?.Trim() ?? "";
        return said.Length is >= WordsLengthMin and <= WordsLengthMax
            ? said
            : throw Invalid(new()
            {
                ["reason"] = [$"Say it in {WordsLengthMin} to {WordsLengthMax} characters."],
            });
    }

    private static string? CountryOf(string? region) =>
        Countries.FirstOrDefault(country => country.Equals(region?.Trim(), StringComparison.OrdinalIgnoreCase));

    private static ProblemException Invalid(Dictionary<string, string[]> errors) =>
        new(422, "fields_invalid", "Some fields cannot be used; see errors.", errors: errors);
}
