using System.Net.Sockets;
using Npgsql;

namespace SightPay.Ledger.Commit;

/// <summary>The writer's epoch is no longer the store's: another writer took over.</summary>
internal sealed class FencedException() : Exception("Another writer has taken over this ledger.");

/// <summary>
/// Tells a store that is away (try again) from a statement that it rejects (find the act that caused it).
/// </summary>
internal static class StoreErrors
{
    public static bool IsFromStore(Exception exception) => exception
        is NpgsqlException or IOException or SocketException or TimeoutException or FencedException
        or ObjectDisposedException;

    /// <summary>True when the batch is not to blame, so that it is tried again whole on a new connection.</summary>
    public static bool MeansStoreAway(Exception exception, bool isOpen)
    {
        if (exception is PostgresException answered)
            return answered.InvariantSeverity is "FATAL" or "PANIC"
                || answered.IsTransient
                || answered.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction
                    // A migration changed a table below a prepared statement.
                    or PostgresErrorCodes.FeatureNotSupported
                || answered.SqlState.StartsWith("57", StringComparison.Ordinal);
        return IsFromStore(exception) || !isOpen;
    }
}
