using System.Collections.Concurrent;

namespace SightPay.Server.Fuel;

/// <summary>What a pump shows while fuel flows.</summary>
/// <param name="At">When we heard of it.</param>
internal sealed record PumpMeter(long TrxSeq, long Thousandths, long? AmountMinor, DateTimeOffset At);

/// <summary>
/// The meters of all pumps as they last said. They are for people to look at: nothing is paid by them, so that they are
/// kept in memory and lost with it; a pump says the next within seconds.
/// </summary>
internal sealed class PumpMeters(TimeProvider clock)
{
    /// <summary>A pump that pours says so every few seconds.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, PumpMeter> _meters = new();

    public void Hear(string pump, long trxSeq, long thousandths, long? amountMinor)
    {
        var heard = new PumpMeter(trxSeq, thousandths, amountMinor, clock.GetUtcNow());
        // Messages may overtake each other; a meter only counts up.
        _meters.AddOrUpdate(pump, heard, (_, last) =>
            last.TrxSeq == trxSeq && last.Thousandths > thousandths ? last with { At = heard.At } : heard);
    }

    /// <summary>Null: nothing was heard of this delivery.</summary>
    public PumpMeter? Find(string pump, long? trxSeq) =>
        _meters.TryGetValue(pump, out var meter) && meter.TrxSeq == trxSeq ? meter : null;

    public bool IsHeard(string pump, long? trxSeq) =>
        Find(pump, trxSeq) is { } meter && clock.GetUtcNow() - meter.At < Silence;
}
