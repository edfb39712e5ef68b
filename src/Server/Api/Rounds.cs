using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Api;

/// <summary>
/// Work that comes round again for as long as the server runs. A round that fails is told in the log and tried again in
/// time: neither a store that is away for a moment nor a fault of our own ends it.
/// </summary>
internal static partial class Rounds
{
    /// <summary>The first round comes at once.</summary>
    public static Task RunAsync(
        TimeSpan every, Func<CancellationToken, Task> round, TimeProvider clock, ILogger log, CancellationToken ct) =>
        RunAsync(new WorkSignal(), every, round, clock, log, ct);

    /// <param name="signal">Brings a round before its time.</param>
    public static async Task RunAsync(
        WorkSignal signal, TimeSpan every, Func<CancellationToken, Task> round, TimeProvider clock, ILogger log,
        CancellationToken ct)
    {
        await using var timer = clock.CreateTimer(_ => signal.Set(), null, every, every);
        signal.Set();
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await signal.WaitAsync(ct);
                await round(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // The server stops.
            }
            catch (Exception fault) when (fault is NpgsqlException or LedgerUnavailableException)
            {
                StoreAway(log, fault.GetType().Name);
            }
            catch (Exception fault)
            {
                Failed(log, fault);
            }
        }
    }

    [LoggerMessage(1040, LogLevel.Warning, "The store is away ({Cause}); this work is tried again in time.")]
    private static partial void StoreAway(ILogger log, string cause);

    [LoggerMessage(1041, LogLevel.Error, "This work failed; it is tried again in time.")]
    private static partial void Failed(ILogger log, Exception fault);
}
