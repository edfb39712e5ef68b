using SightPay.Server.People;

namespace SightPay.Server.Payments;

/// <summary>What a camera made of the payer.</summary>
public enum Sight
{
    /// <summary>Nothing: the payer was named, not seen.</summary>
    None,

    /// <summary>Perhaps: the band of a decision that asks.</summary>
    Asked,
    Accepted,

    /// <summary>Accepted, and their template came with a liveness challenge.</summary>
    AcceptedLive,
}

/// <summary>What a payment rests on; each has its own count of the day.</summary>
public enum SpentBy
{
    Face,
    Consent,

    /// <summary>A number plate, within what the owner of the vehicle allows it.</summary>
    Plate,
}

/// <summary>Most that may be spent without more proof.</summary>
/// <param name="PaymentMinorMax">In one payment.</param>
/// <param name="DayMinorMax">In all payments of a day that rest on the same.</param>
/// <param name="DayPaymentsMax">How many of them.</param>
public sealed record SpendingLimit(SpentBy By, long PaymentMinorMax, long DayMinorMax, int DayPaymentsMax);

/// <summary>The installation's limits.</summary>
public sealed record SpendingSettings
{
    /// <summary>A photograph may have enrolled this face, and another may be held to the camera.</summary>
    public SpendingLimit Face { get; init; } = new(SpentBy.Face, 200_00, 200_00, 50);

    public SpendingLimit LiveFace { get; init; } = new(SpentBy.Face, 2_000_00, 5_000_00, 100);

    /// <summary>A PIN, or a yes in the app.</summary>
    public SpendingLimit Consent { get; init; } = new(SpentBy.Consent, 10_000_00, 50_000_00, 500);

    /// <summary>Anybody can screw somebody's plate to a car: whatever an owner allows theirs.</summary>
    public SpendingLimit Plate { get; init; } = new(SpentBy.Plate, 10_000_00, 20_000_00, 20);
}

/// <summary>
/// How much a payer may spend on what is known of them. Pure; the whole table is this:
/// <code>
///                 none       phone digits  PIN      signed in
/// not seen        nothing    nothing       consent  consent
/// asked           nothing    face          consent  consent
/// accepted        face       face          consent  consent
/// accepted, live  live face  live face     consent  consent
/// </code>
/// </summary>
public sealed class SpendingPolicy(SpendingSettings settings)
{
    /// <returns>Null: nothing; the payer has to step up.</returns>
    public SpendingLimit? LimitOf(Sight sight, StepUp stepUp) => (sight, stepUp) switch
    {
        (_, StepUp.Pin or StepUp.SignedIn) => settings.Consent,
        (Sight.Asked, StepUp.PhoneDigits) or (Sight.Accepted, _) => settings.Face,
        (Sight.AcceptedLive, _) => settings.LiveFace,
        _ => null,
    };

    /// <summary>What a vehicle's plate may spend without a tap.</summary>
    /// <param name="autoPayMaxMinor">What its owner allows it at once.</param>
    public SpendingLimit LimitOfPlate(long autoPayMaxMinor) => settings.Plate with
    {
        PaymentMinorMax = Math.Min(settings.Plate.PaymentMinorMax, autoPayMaxMinor),
    };
}
