namespace SightPay.Server.Plates;

/// <summary>What a vehicle takes.</summary>
public enum VehicleFuel
{
    /// <summary>The owner has not said.</summary>
    Unknown,
    Petrol,
    Diesel,
    Electric,

    /// <summary>A plug-in hybrid.</summary>
    PetrolOrElectric,
}

/// <summary>A registered vehicle. It prints no plate and no name.</summary>
/// <param name="Plate">In the canonical form of its region.</param>
/// <param name="Region">A country's code, as <c>PlateGrammar</c> knows it.</param>
/// <param name="Owner">The person whose wallet pays.</param>
/// <param name="AutoPayMaxMinor">Paid without a tap up to this much, in minor units; 0: never.</param>
/// <param name="Name">What the owner calls it; may be empty.</param>
public sealed record Vehicle(
    Guid Id, string Plate, string Region, Guid Owner, VehicleFuel Fuel, long AutoPayMaxMinor, string Name)
{
    /// <summary>Somebody else says that the plate is theirs: it asks before it pays.</summary>
    public bool IsDisputed { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The plate as a display shows it to everybody around: <c>W1•••5A</c>.</summary>
    public string MaskedPlate => PlateMask.Of(Plate);

    public override string ToString() => $"{nameof(Vehicle)} {Id}";
}

/// <summary>Who may fill somebody else's vehicle up: the owner's wallet pays, within these limits.</summary>
/// <param name="MaxMinor">Most of one fill, in minor units.</param>
/// <param name="DayMaxMinor">Most of a day.</param>
public sealed record VehicleDriver(Guid Vehicle, Guid Person, long MaxMinor, long DayMaxMinor)
{
    public DateTimeOffset InvitedAt { get; init; }

    /// <summary>Null: the driver has not said yes. Until then they are nobody.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }
}

/// <summary>What may be shown of a plate where everybody can look.</summary>
public static class PlateMask
{
    private const int Ends = 2;

    /// <summary>The first and last two characters; of a short plate fewer, never more than half.</summary>
    public static string Of(string plate)
    {
        var shown = Math.Min(Ends, plate.Length / 4);
        return string.Concat(
            plate[..shown], new string('•', plate.Length - 2 * shown), plate[(plate.Length - shown)..]);
    }
}
