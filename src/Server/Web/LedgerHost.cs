using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Web;

/// <summary>Holds the one open ledger; it can be had once the start has come that far.</summary>
public sealed class LedgerHost(
    NpgsqlDataSource database, IEnumerable<ICompanionWriter> companions, TimeProvider clock) : IAsyncDisposable
{
    private GeneralLedger? _ledger;

    /// <exception cref="LedgerUnavailableException">Not open yet.</exception>
    public GeneralLedger Ledger =>
        _ledger ?? throw new LedgerUnavailableException("The ledger is not open yet; try again in a moment.");

    public bool IsOpen => _ledger is not null;

    /// <summary>Waits as a standby while another server writes.</summary>
    public async Task OpenAsync(CancellationToken ct)
    {
        // In production the database's clock counts; a test's own clock must count for the ledger too.
        var own = ReferenceEquals(clock, TimeProvider.System) ? null : clock;
        _ledger = await GeneralLedger.OpenAsync(database, [.. companions], new LedgerOptions(Clock: own), ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null)
            await _ledger.DisposeAsync();
    }
}
