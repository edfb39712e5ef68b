using System.Buffers.Binary;
using SightPay.Ledger;

namespace SightPay.Simulation.Tests;

/// <summary>
/// The time of a simulated world. Waiting passes at once, ids follow from the seed, and an operator may set the clock
/// wrong.
/// </summary>
internal sealed class SimulatedClock(Random random) : TimeProvider, IMakesIds
{
    private static readonly DateTimeOffset Start = new(2026, 3, 28, 22, 0, 0, TimeSpan.Zero);
    private TimeSpan _passed;
    private TimeSpan _wrongBy;
    private long _ids;

    /// <summary>Since the beginning, whatever the clock says.</summary>
    public TimeSpan Passed => _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + _passed + _wrongBy;

    public override long GetTimestamp() => _passed.Ticks;

    public void PassTo(TimeSpan moment)
    {
        if (moment > _passed) _passed = moment;
    }

    public void Step(TimeSpan by) => _wrongBy += by;

    public void SetRight() => _wrongBy = TimeSpan.Zero;

    public Guid NextId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, ++_ids);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A pause is over as soon as it begins.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _passed += dueTime;
        callback(state);
        return new OverTimer();
    }

    private sealed class OverTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
