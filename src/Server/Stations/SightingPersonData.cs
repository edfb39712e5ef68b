using SightPay.Server.People;

namespace SightPay.Server.Stations;

/// <summary>Where and when a person was seen goes with them, before its retention is over.</summary>
internal static class SightingPersonData
{
    public static PersonRows Rows { get; } = new()
    {
        Sections =
        [
            new("sightings",
                "select id, station, at, band, finding, vehicle from sighting where person = $1 order by at"),
        ],
        Erasures =
        [
            "delete from sighting where person = $1", "update sighting_ask set person = null where person = $1",
        ],
    };
}
