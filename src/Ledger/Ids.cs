namespace SightPay.Ledger;

/// <summary>The one door through which new ids enter: time-ordered UUIDs (version 7).</summary>
public static class Ids
{
    public static Guid Next(TimeProvider clock) => Guid.CreateVersion7(clock.GetUtcNow());
}
