using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Events;

/// <summary>An event that becomes visible with the commit it belongs to.</summary>
/// <param name="Topic"><c>person:{id}</c> or <c>operations</c>.</param>
/// <param name="Kind">Message type on the live feed, for instance <c>journey</c>, <c>wallet</c>, <c>stop</c>.</param>
/// <param name="Payload">A JSON object; no biometrics.</param>
public sealed record OutboxRow(string Topic, string Kind, string Payload) : CompanionRow;

/// <summary>Adds events from transactions that are not ledger acts.</summary>
public sealed class Outbox
{
    public static Task AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, OutboxRow row, CancellationToken ct) =>
        throw new NotImplementedException();
}
