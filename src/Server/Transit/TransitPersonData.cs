using SightPay.Server.People;

namespace SightPay.Server.Transit;

/// <summary>What the gates keep of a person. Journeys stay, under a number that leads to nobody.</summary>
internal static class TransitPersonData
{
    public static PersonRows Rows { get; } = new()
    {
        Sections =
        [
            new("journeys",
                """
                select id, state, entry_gate, entry_stop, entry_at, exit_gate, exit_stop, exit_at, fare_minor,
                    owed_minor
                from transit_journey where person = $1 order by seq
                """),
        ],
        Obstacles =
        [
            new("select from transit_rider where person = $1 and journey is not null",
                "journey_open", "A journey is not over yet: walk out, or wait until it is closed."),
        ],
        Erasures = ["delete from transit_rider where person = $1"],
    };
}
