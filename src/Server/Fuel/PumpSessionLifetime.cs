namespace SightPay.Server.Fuel;

/// <summary>Where a session is in its lifetime; <see cref="PumpSessionLifetime"/> says what may follow.</summary>
internal enum PumpSessionState
{
    /// <summary>The car was seen at a pump that another one has.</summary>
    Waiting,

    /// <summary>The car has the pump and its payer may say yes; nobody has yet.</summary>
    Offered,

    /// <summary>The payer said yes: money is set aside, and the pump gives no more than that.</summary>
    Held,

    /// <summary>A nozzle is out.</summary>
    Fuelling,

    /// <summary>The pump has fallen silent, or began anew, before it said what it delivered. It may still say so.
    /// </summary>
    Lost,

    /// <summary>The fuel is in the car and the bill waits for its payer's yes.</summary>
    Delivered,

    /// <summary>Nobody said yes in time. The pump is free, and the bill stays payable.</summary>
    Expired,

    /// <summary>Paid, with a receipt.</summary>
    Paid,

    /// <summary>Delivered, and nobody in the app pays: the shop takes the money, or names a car.</summary>
    Unclaimed,

    /// <summary>What the pump says contradicts itself: people look, and nothing is charged.</summary>
    Quarantined,

    /// <summary>The car left without paying.</summary>
    DriveOff,

    /// <summary>Nobody took the offer up, and nothing was delivered.</summary>
    Lapsed,

    /// <summary>"Not me", said before anything was delivered.</summary>
    Declined,

    /// <summary>The nozzle went back, and nothing had flowed.</summary>
    Aborted,

    /// <summary>Staff ended it before anything was delivered.</summary>
    Cancelled,

    /// <summary>Paid in the shop.</summary>
    PaidElsewhere,

    /// <summary>Staff gave the money up.</summary>
    WrittenOff,
}

/// <summary>What happens to a session.</summary>
internal enum PumpSessionEvent
{
    /// <summary>The camera sees the car, again and again.</summary>
    See,

    /// <summary>The car has the pump before which it stands, or changed over to a free one.</summary>
    Bind,

    /// <summary>The car stands behind another one.</summary>
    Queue,

    /// <summary>The payer says yes before the amount is known, or to another limit.</summary>
    Hold,

    Lift,

    /// <summary>Current flows, and more is set aside under the same yes.</summary>
    Raise,

    /// <summary>The pump began anew without having said how the last delivery ended.</summary>
    Silence,

    /// <summary>Delivered, and paid by the yes that was given before.</summary>
    Settle,

    /// <summary>Delivered; a yes is still needed.</summary>
    Deliver,

    /// <summary>Delivered, and there is nobody to ask.</summary>
    DeliverUnclaimed,

    /// <summary>The nozzle went back and nothing was delivered.</summary>
    Abort,

    Quarantine,

    /// <summary>The payer says yes to the bill.</summary>
    Pay,

    /// <summary>Its time is over.</summary>
    Expire,

    Reopen,

    /// <summary>"Not me."</summary>
    Decline,

    /// <summary>Staff, or the driver, say which car it is.</summary>
    Assign,

    /// <summary>The shop took the money.</summary>
    PayElsewhere,

    DriveAway,
    WriteOff,

    /// <summary>Staff end it before anything is delivered.</summary>
    Cancel,
}

/// <summary>
/// Every pair of state and event. What is not written here cannot happen: it is refused, and the refusal names the
/// state.
/// </summary>
internal static class PumpSessionLifetime
{
    /// <returns>The state after the event; null when the event is illegal in this state.</returns>
    public static PumpSessionState? Next(PumpSessionState state, PumpSessionEvent happened) => happened switch
    {
        PumpSessionEvent.See => state,
        PumpSessionEvent.Bind => state switch
        {
            PumpSessionState.Waiting or PumpSessionState.Offered => PumpSessionState.Offered,
            PumpSessionState.Held => PumpSessionState.Held,
            _ => null,
        },
        PumpSessionEvent.Queue => IsBeforeTheNozzle(state) ? PumpSessionState.Waiting : null,
        // Not while fuel flows: the pump has been told by then whether to stop.
        PumpSessionEvent.Hold => state is PumpSessionState.Offered or PumpSessionState.Held
            ? PumpSessionState.Held
            : null,
        PumpSessionEvent.Lift => IsBeforeTheNozzle(state) ? PumpSessionState.Fuelling : null,
        PumpSessionEvent.Raise => state == PumpSessionState.Fuelling ? PumpSessionState.Fuelling : null,
        PumpSessionEvent.Silence => state == PumpSessionState.Fuelling ? PumpSessionState.Lost : null,
        PumpSessionEvent.Settle => IsUnderWay(state) ? PumpSessionState.Paid : null,
        PumpSessionEvent.Deliver => IsUnderWay(state) || state == PumpSessionState.Quarantined
            ? PumpSessionState.Delivered
            : null,
        PumpSessionEvent.DeliverUnclaimed => IsUnderWayOrGivenUp(state) || state == PumpSessionState.Quarantined
            ? PumpSessionState.Unclaimed
            : null,
        PumpSessionEvent.Abort => IsUnderWayOrGivenUp(state) ? PumpSessionState.Aborted : null,
        PumpSessionEvent.Quarantine => IsUnderWayOrGivenUp(state) ? PumpSessionState.Quarantined : null,
        // One that is late is opened again first, so that whoever pays has seen what and how much.
        PumpSessionEvent.Pay => state == PumpSessionState.Delivered ? PumpSessionState.Paid : null,
        _ => AfterPeople(state, happened),
    };

    /// <summary>Stands at the pump, so that no other car has it.</summary>
    public static bool HasPump(PumpSessionState state) =>
        state is PumpSessionState.Offered or PumpSessionState.Held or PumpSessionState.Fuelling;

    /// <summary>A car has one of these at a time.</summary>
    public static bool HasCar(PumpSessionState state) => state == PumpSessionState.Waiting || HasPump(state);

    /// <summary>Somebody still has to pay for what was delivered, or to say why not.</summary>
    public static bool IsOwed(PumpSessionState state) =>
        state is PumpSessionState.Delivered or PumpSessionState.Expired or PumpSessionState.Unclaimed
            or PumpSessionState.Quarantined or PumpSessionState.DriveOff;

    /// <summary>Nothing is left to be done.</summary>
    public static bool IsOver(PumpSessionState state) =>
        !HasCar(state) && !IsOwed(state) && state != PumpSessionState.Lost;

    private static PumpSessionState? AfterPeople(PumpSessionState state, PumpSessionEvent happened) => happened switch
    {
        PumpSessionEvent.Expire when IsBeforeTheNozzle(state) => PumpSessionState.Lapsed,
        PumpSessionEvent.Expire when state == PumpSessionState.Fuelling => PumpSessionState.Lost,
        PumpSessionEvent.Expire when state == PumpSessionState.Delivered => PumpSessionState.Expired,
        PumpSessionEvent.Reopen when state == PumpSessionState.Lapsed => PumpSessionState.Offered,
        PumpSessionEvent.Reopen when state is PumpSessionState.Expired or PumpSessionState.DriveOff =>
            PumpSessionState.Delivered,
        PumpSessionEvent.Decline when IsBeforeTheNozzle(state) => PumpSessionState.Declined,
        PumpSessionEvent.Decline when IsPayable(state) => PumpSessionState.Unclaimed,
        // Somebody else's fuel goes on flowing; it is only nobody's any more.
        PumpSessionEvent.Decline or PumpSessionEvent.Assign when state is PumpSessionState.Fuelling
            or PumpSessionState.Lost or PumpSessionState.Quarantined => state,
        PumpSessionEvent.Assign when IsPayable(state) || state == PumpSessionState.Unclaimed =>
            PumpSessionState.Delivered,
        // Paid twice at once: what we took goes back.
        PumpSessionEvent.PayElsewhere when IsOwed(state) || state == PumpSessionState.Paid =>
            PumpSessionState.PaidElsewhere,
        PumpSessionEvent.DriveAway when IsOwed(state) && state != PumpSessionState.DriveOff =>
            PumpSessionState.DriveOff,
        PumpSessionEvent.WriteOff when IsOwed(state) => PumpSessionState.WrittenOff,
        PumpSessionEvent.Cancel when IsBeforeTheNozzle(state) || state == PumpSessionState.Lost =>
            PumpSessionState.Cancelled,
        _ => null,
    };

    private static bool IsBeforeTheNozzle(PumpSessionState state) =>
        state is PumpSessionState.Waiting or PumpSessionState.Offered or PumpSessionState.Held;

    /// <summary>A nozzle was lifted, and how that ended is not known yet.</summary>
    private static bool IsUnderWay(PumpSessionState state) =>
        state is PumpSessionState.Fuelling or PumpSessionState.Lost;

    /// <summary>What a pump says late of a session that staff gave up is no less true.</summary>
    private static bool IsUnderWayOrGivenUp(PumpSessionState state) =>
        IsUnderWay(state) || state == PumpSessionState.Cancelled;

    private static bool IsPayable(PumpSessionState state) =>
        state is PumpSessionState.Delivered or PumpSessionState.Expired or PumpSessionState.DriveOff;
}
