namespace SightPay.Ledger;

/// <summary>The one door through which new ids enter: time-ordered UUIDs (version 7).</summary>
public static class Ids
{
    public static Guid Next(TimeProvider clock) =>
        clock is IMakesIds maker ? maker.NextId() : Guid.CreateVersion7(clock.GetUtcNow());
}

/// <summary>A simulation's clock: it makes the ids too, so that a seed gives the same ones every time.</summary>
public interface IMakesIds
{
    Guid NextId();
}
