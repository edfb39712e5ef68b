namespace SightPay.Server.People;

/// <summary>What somebody added to their face.</summary>
public enum StepUp
{
    None,

    /// <summary>Tells lookalikes apart, proves no consent.</summary>
    PhoneDigits,
    Pin,

    /// <summary>A yes in the app, or a code that it showed.</summary>
    SignedIn,
}
