namespace SightPay.Server.Stations;

public enum StationKind
{
    Gate,
    Till,
    Pump,
}

/// <summary>A device that sends sightings.</summary>
/// <param name="Place">Id of the stop, shop or site it stands at.</param>
public sealed record Station(string Id, StationKind Kind, string Place, string Name);

/// <summary>A station to be opened with its first key.</summary>
/// <param name="Key">In clear; only its hash is stored.</param>
public sealed record StationOpening(Station Station, StationKey Key);
