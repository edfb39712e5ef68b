namespace SightPay.Server.Payments;

/// <summary>What happens to a payment.</summary>
public enum PaymentEvent
{
    /// <summary>Its payer or the provider is asked; asked again, something else may be waited for.</summary>
    Ask,

    /// <summary>The payer said yes; the money stays set aside.</summary>
    Authorise,

    /// <summary>The authorisation lives longer.</summary>
    Extend,

    /// <summary>More is set aside under the same yes, for the same payee.</summary>
    Raise,

    /// <summary>The money is taken: whole, in part, or a little over.</summary>
    Capture,

    /// <summary>The money is taken although the payment was over: reality beats a timer.</summary>
    CaptureLate,

    Expire,

    /// <summary>An expired payment is asked for again, as the same payment.</summary>
    Reopen,

    Cancel,

    /// <summary>The provider said no.</summary>
    Fail,

    /// <summary>People have to look at it, or have; neither money nor state moves.</summary>
    Note,

    /// <summary>A refund did not get there: its money is not given back any more.</summary>
    RefundFailed,

    /// <summary>Some of the money went back without our asking: a fact, whatever is objected to.</summary>
    ReturnPart,

    /// <summary>All that was left of it did.</summary>
    ReturnWhole,

    /// <summary>Some of the money goes back.</summary>
    RefundPart,

    /// <summary>All that is left of the money goes back.</summary>
    RefundWhole,

    /// <summary>The payer objects.</summary>
    Dispute,

    WinDispute,

    /// <summary>The payer has all that was left.</summary>
    LoseDispute,

    /// <summary>The payer has what they objected to, and some is left.</summary>
    LoseDisputePart,
}

/// <summary>
/// Every pair of state and event. What is not written here cannot happen: it is refused, and the refusal names the
/// state. Two tables, since an objection does not change where the money is.
/// </summary>
public static class PaymentLifetime
{
    /// <returns>The state after the event; null when the event is illegal in this state.</returns>
    public static PaymentState? Next(PaymentState state, PaymentEvent happened) => (state, happened) switch
    {
        (_, PaymentEvent.Note) => state,
        (PaymentState.Created or PaymentState.Awaiting, PaymentEvent.Ask) => PaymentState.Awaiting,
        (PaymentState.Created or PaymentState.Awaiting, PaymentEvent.Authorise) => PaymentState.Authorised,
        (PaymentState.Authorised, PaymentEvent.Extend or PaymentEvent.Raise) => PaymentState.Authorised,
        (PaymentState.Created or PaymentState.Awaiting or PaymentState.Authorised, PaymentEvent.Capture) =>
            PaymentState.Captured,
        (PaymentState.Expired or PaymentState.Failed, PaymentEvent.CaptureLate) => PaymentState.Captured,
        (PaymentState.Created or PaymentState.Awaiting or PaymentState.Authorised, PaymentEvent.Expire) =>
            PaymentState.Expired,
        (PaymentState.Expired, PaymentEvent.Reopen) => PaymentState.Awaiting,
        (PaymentState.Created or PaymentState.Awaiting or PaymentState.Authorised or PaymentState.Expired,
            PaymentEvent.Cancel) => PaymentState.Cancelled,
        (PaymentState.Created or PaymentState.Awaiting or PaymentState.Authorised, PaymentEvent.Fail) =>
            PaymentState.Failed,
        (PaymentState.Captured or PaymentState.Refunded, PaymentEvent.RefundFailed) => PaymentState.Captured,
        (PaymentState.Captured, PaymentEvent.ReturnPart or PaymentEvent.RefundPart or PaymentEvent.Dispute
            or PaymentEvent.WinDispute or PaymentEvent.LoseDisputePart) => PaymentState.Captured,
        (PaymentState.Captured, PaymentEvent.ReturnWhole or PaymentEvent.RefundWhole or PaymentEvent.LoseDispute) =>
            PaymentState.Refunded,
        _ => null,
    };

    /// <returns>The objection after the event; null when the event is illegal in this one.</returns>
    public static (bool Legal, DisputeState? Dispute) Next(DisputeState? dispute, PaymentEvent happened) =>
        (dispute, happened) switch
        {
            (null, PaymentEvent.Dispute) => (true, DisputeState.Open),
            (DisputeState.Open, PaymentEvent.WinDispute) => (true, DisputeState.Won),
            (DisputeState.Open, PaymentEvent.LoseDispute or PaymentEvent.LoseDisputePart) => (true, DisputeState.Lost),
            // The money of a disputed payment is not given back twice.
            (null or DisputeState.Won, PaymentEvent.RefundPart or PaymentEvent.RefundWhole) => (true, dispute),
            (_, PaymentEvent.Dispute or PaymentEvent.WinDispute or PaymentEvent.LoseDispute
                or PaymentEvent.LoseDisputePart or PaymentEvent.RefundPart or PaymentEvent.RefundWhole) =>
                (false, dispute),
            _ => (true, dispute),
        };

    /// <returns>Null when the event may happen, else the code of the refusal.</returns>
    public static string? Refusal(Payment payment, PaymentEvent happened)
    {
        // First, so that whoever refunds a lost payment hears that its payer has the money, not only that it is over.
        if (happened is PaymentEvent.RefundPart or PaymentEvent.RefundWhole)
        {
            if (payment.Dispute == DisputeState.Open) return PaymentRefusal.Disputed;
            if (payment.Dispute == DisputeState.Lost) return PaymentRefusal.ChargedBack;
        }
        if (Next(payment.State, happened) is null)
            return payment.State == PaymentState.Expired ? PaymentRefusal.Expired : PaymentRefusal.IllegalTransition;
        return Next(payment.Dispute, happened).Legal ? null : PaymentRefusal.IllegalTransition;
    }
}

/// <summary>Codes of refused changes.</summary>
public static class PaymentRefusal
{
    public const string IllegalTransition = "illegal_transition";
    public const string Expired = "payment_expired";

    /// <summary>The payer's objection is not decided yet.</summary>
    public const string Disputed = "payment_disputed";

    /// <summary>The payer has the money back already.</summary>
    public const string ChargedBack = "payment_charged_back";

    public const string SightingSpent = "sighting_spent";
    public const string RefundAboveCaptured = "refund_above_captured";
    public const string CaptureAboveTolerance = "capture_above_tolerance";
}
