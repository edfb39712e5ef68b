using SightPay.Server.Books;

namespace SightPay.Server.Transit;

/// <summary>What journeys say money did, for the reconciliation.</summary>
internal static class JourneyBooks
{
    public static SliceBooks Of(string currency) => new(
        "transit",
        $"""
         select 'person:' || person as book, '{currency}' as currency, -fare_minor as amount_minor
         from transit_journey where ended_at is not null
         union all
         select '{TransitSettings.OperatorKey}', '{currency}', fare_minor
         from transit_journey where ended_at is not null
         """,
        """
        select hold, hold_minor as amount_minor, 'journey ' || journey as subject from transit_rider
        where journey is not null
        """);
}
