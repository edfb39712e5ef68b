using SightPay.Ledger;
using SightPay.Server.Receipts;

namespace SightPay.Server.Transit;

/// <summary>The receipt of a journey, written with the commit that ends it: exactly one, also of nothing.</summary>
internal static class FareReceipt
{
    public static ReceiptRow Between(
        Guid id, Guid person, OpenJourney journey, Gate exit, long fareMinor, JourneyState state, string currency)
    {
        var way = $"{journey.StopId} to {exit.StopId}";
        return Of(
            id, person, journey.Id, fareMinor, currency,
            state == JourneyState.Completed ? way : $"{way}, too long under way: highest fare");
    }

    public static ReceiptRow WithoutEntry(
        Guid id, Guid person, Guid journeyId, Gate exit, long fareMinor, string currency) =>
        Of(id, person, journeyId, fareMinor, currency, $"To {exit.StopId}, no entry seen: highest fare");

    public static ReceiptRow WithoutExit(Guid id, Guid person, OpenJourney journey, string currency) => Of(
        id, person, journey.Id, journey.HoldMinor, currency, $"From {journey.StopId}, no exit seen: highest fare");

    /// <summary>The journeys that must each have one.</summary>
    public static SettledPayments Settled(string currency) => new(
        ReceiptKind.Fare,
        $"""
        select id, fare_minor as amount_minor, '{currency}' as currency, ended_at as at
        from transit_journey where ended_at is not null
        """);

    private static ReceiptRow Of(
        Guid id, Guid person, Guid journeyId, long fareMinor, string currency, string text) => new(
        id, ReceiptKind.Fare, person, TransitSettings.OperatorName, new Money(fareMinor, currency), journeyId, null,
        text);
}
