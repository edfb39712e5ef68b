using Npgsql;
using SightPay.Ledger.Commit;

namespace SightPay.Ledger.Postgres;

/// <summary>The ledger's rows in PostgreSQL.</summary>
internal sealed class PostgresStore(NpgsqlDataSource database) : ILedgerStore
{
    public async Task<ILedgerSession?> TryAcquireAsync(CancellationToken ct) =>
        await PostgresSession.TryAcquireAsync(database, ct).ConfigureAwait(false);
}
