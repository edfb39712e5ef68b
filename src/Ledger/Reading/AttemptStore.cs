using Npgsql;
using SightPay.Ledger.Commit;
using SightPay.Ledger.Postgres;

namespace SightPay.Ledger.Reading;

/// <summary>Reads decided acts outside of the writer.</summary>
internal static class AttemptStore
{
    public static async Task<StoredAttempt?> FindAsync(NpgsqlDataSource database, Guid actId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select id, fingerprint, outcome, refusal_code, status, body from attempt where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = actId });
        await using var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
        return await reader.ReadAsync(ct).ConfigureAwait(false) ? AttemptRow.Read(reader) : null;
    }
}
