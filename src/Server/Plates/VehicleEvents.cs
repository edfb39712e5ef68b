using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Plates;

/// <summary>What vehicles tell the people they concern. Never a plate: pages read that again.</summary>
internal static class VehicleEvents
{
    private const string Kind = "vehicle";

    /// <summary>For operators: the queue of claims is longer or shorter.</summary>
    private const string ClaimKind = "plate_claim";

    /// <summary>Call it last before the commit.</summary>
    /// <param name="what">In snake_case, for instance <c>claim_opened</c>.</param>
    public static async Task TellAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<Guid> people, Guid vehicle,
        string what, CancellationToken ct)
    {
        foreach (var person in people.Distinct())
            await Outbox.AddAsync(
                connection, transaction,
                new(OutboxRow.PersonTopic(person), Kind, ApiJson.Write(new { VehicleId = vehicle, What = what })), ct);
    }

    public static Task TellOperatorsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid claim, CancellationToken ct) =>
        Outbox.AddAsync(
            connection, transaction,
            new(OutboxRow.Operations, ClaimKind, ApiJson.Write(new { ClaimId = claim })), ct);
}
