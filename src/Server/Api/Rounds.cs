namespace SightPay.Server.Api;

/// <summary>Work that comes round: at once, and then every so often until the server stops.</summary>
internal static class Rounds
{
    /// <summary>A round that fails is told and not the last one: what it left is there for the next.</summary>
    /// <param name="every">From beginning to beginning; what came meanwhile comes once.</param>
    /// <param name="failed">Logs; nothing else hears of a failed round.</param>
    public static async Task RunAsync(
        TimeSpan every, TimeProvider clock, Func<CancellationToken, Task> round, Action<Exception> failed,
        CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(every, clock);
        try
        {
            do
            {
                try
                {
                    await round(stopping);
                }
                catch (Exception fault) when (!stopping.IsCancellationRequested)
                {
                    failed(fault);
                }
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
