namespace SightPay.Simulation.Tests;

/// <summary>What will happen, in the order of its time; what is due at the same time, in the order of its planning.
/// </summary>
internal sealed class Happenings(SimulatedClock clock)
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Turn)> _due = new();
    private long _turns;

    public int Count => _due.Count;

    public void In(TimeSpan wait, Action happening) => _due.Enqueue(happening, (clock.Passed + wait, _turns++));

    public bool Next()
    {
        if (!_due.TryDequeue(out var happening, out var when)) return false;
        clock.PassTo(when.At);
        happening();
        return true;
    }
}

/// <summary>How bad the world is; zeroes: nothing ever fails.</summary>
/// <param name="Loss">Share of messages that never arrive.</param>
/// <param name="Replay">Share of messages that arrive twice.</param>
/// <param name="StoreFault">Share of the store's requests that fail in one way or another.</param>
/// <param name="Crash">Share of server steps in which the server dies.</param>
/// <param name="Zombie">Share of crashes in which it only seems to: it goes on beside its successor.</param>
/// <param name="ClockStep">Share of server steps in which the clock jumps.</param>
internal sealed record Weather(
    double Loss, double Replay, double StoreFault, double Crash, double Zombie, double ClockStep)
{
    public static Weather Fair { get; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>Each run has its own mixture, so that rare combinations come up.</summary>
    public static Weather Of(Random random) => new(
        Loss: random.NextDouble() * 0.3, Replay: random.NextDouble() * 0.5, StoreFault: random.NextDouble() * 0.15,
        Crash: random.NextDouble() * 0.03, Zombie: random.NextDouble(), ClockStep: random.NextDouble() * 0.01);
}

/// <summary>Carries messages late, out of order, twice or not at all.</summary>
internal sealed class Network(Happenings happenings, Random random)
{
    public Weather Weather { get; set; } = Weather.Fair;

    public void Carry(Action deliver)
    {
        if (random.NextDouble() < Weather.Loss) return;
        happenings.In(Delay(), deliver);
        if (random.NextDouble() < Weather.Replay) happenings.In(Delay(), deliver);
    }

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(
        Weather == Weather.Fair ? 5 : random.Next(1, random.NextDouble() < 0.1 ? 5000 : 80));
}
