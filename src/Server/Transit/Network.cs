namespace SightPay.Server.Transit;

internal enum GateDirection
{
    In,
    Out,
}

internal sealed record Gate(string Id, string StopId, string LineId, GateDirection Direction, bool Closed);

internal sealed record Stop(string Id, string LineId, int Ordinal, string Name, int Inside);

/// <summary>A line's fares by hops as they were in force at one moment.</summary>
internal sealed class FareTable(IReadOnlyDictionary<int, long> amountByHops)
{
    /// <summary>What an entry sets aside and an incomplete journey costs.</summary>
    public long HighestMinor { get; } = amountByHops.Values.DefaultIfEmpty().Max();

    /// <summary>Without a row for the hops the rider is never charged more than the highest fare.</summary>
    public long ForHops(int hops) => amountByHops.GetValueOrDefault(hops, HighestMinor);
}
