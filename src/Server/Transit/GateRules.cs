namespace SightPay.Server.Transit;

/// <summary>Times that the rules go by.</summary>
internal sealed record GateTimes(TimeSpan RepeatWithin, TimeSpan NobodyIsInTwoPlaces, TimeSpan LongestJourney);

/// <summary>What a recognised rider's passage amounts to, before money is asked.</summary>
internal abstract record Passage
{
    /// <summary>Seen again by the same gate: the same answer.</summary>
    internal sealed record Repeat(GateReading Reading) : Passage;

    /// <summary>Entry by somebody who is inside.</summary>
    internal sealed record AlreadyInside : Passage;

    /// <param name="Lost">An earlier journey that never saw its exit: it ends now, at the highest fare.</param>
    internal sealed record Enter(OpenJourney? Lost) : Passage;

    /// <summary>Exit of a journey that is known.</summary>
    internal sealed record Leave(OpenJourney Journey) : Passage;

    /// <summary>Exit of a journey that took too long: it costs the highest fare, once.</summary>
    internal sealed record LeaveLate(OpenJourney Journey) : Passage;

    /// <summary>Exit of a journey that was closed, and charged, because it took too long.</summary>
    internal sealed record LeaveLapsed(Guid JourneyId) : Passage;

    /// <summary>Exit without an entry: opens all the same, and costs the highest fare.</summary>
    internal sealed record LeaveWithoutEntry : Passage;
}

/// <summary>The rules of the gates, pure: state and time in, passage out.</summary>
internal static class GateRules
{
    /// <param name="hasProof">More than a face stands behind the rider: an ask is not repeated to them then.</param>
    public static Passage Of(Gate gate, Rider rider, DateTimeOffset now, GateTimes times, bool hasProof = false)
    {
        if (rider.RepeatAt(gate.Id, now, times.RepeatWithin) is { } reading
            && !(hasProof && reading.Decision == GateWord.Ask))
            return new Passage.Repeat(reading);
        return gate.Direction == GateDirection.In ? Entry(gate, rider.Open, now, times) : Exit(rider, now, times);
    }

    private static Passage Entry(Gate gate, OpenJourney? open, DateTimeOffset now, GateTimes times)
    {
        if (open is null) return new Passage.Enter(null);
        var age = now - open.EnteredAt;
        if (age > times.LongestJourney) return new Passage.Enter(open);
        if (open.StopId == gate.StopId || age < times.NobodyIsInTwoPlaces) return new Passage.AlreadyInside();
        return new Passage.Enter(open);
    }

    private static Passage Exit(Rider rider, DateTimeOffset now, GateTimes times) => rider switch
    {
        { Open: { } open } when now - open.EnteredAt > times.LongestJourney => new Passage.LeaveLate(open),
        { Open: { } open } => new Passage.Leave(open),
        { LapsedJourneyId: { } lapsed } => new Passage.LeaveLapsed(lapsed),
        _ => new Passage.LeaveWithoutEntry(),
    };
}
