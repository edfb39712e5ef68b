using Xunit;

namespace SightPay.Server.Tests;

/// <summary>Waits for what happens in the background.</summary>
internal static class Eventually
{
    public static async Task HoldsAsync(Func<Task<bool>> condition, int withinMs = 60_000)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.ElapsedMilliseconds < withinMs, $"It did not happen within {withinMs} ms.");
            await Task.Delay(20);
        }
    }
}
