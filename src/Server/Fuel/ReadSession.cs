using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>
/// Reads sessions as they are at this moment: one whose time is over is ended first, so that nobody plans on what is
/// not so any more. Of an expiry and what it meets exactly one wins.
/// </summary>
internal sealed class ReadSession(
    PumpSessionStore store, PumpSessionPlans plans, ChangePayment payments, Forecourt forecourt, Vehicles vehicles,
    PumpMeters meters, GeneralLedger ledger, TimeProvider clock)
{
    public Task<PumpSession?> FindAsync(Guid id, CancellationToken ct) =>
        NowAsync(stop => store.FindAsync(id, stop), ct);

    public Task<PumpSession?> AtPumpAsync(string pump, CancellationToken ct) =>
        NowAsync(stop => store.AtPumpAsync(pump, stop), ct);

    public Task<PumpSession?> OfCarAsync(Guid vehicle, CancellationToken ct) =>
        NowAsync(stop => store.OfCarAsync(vehicle, stop), ct);

    public Task<PumpSession?> OfDeliveryAsync(string pump, long seq, CancellationToken ct) =>
        NowAsync(stop => store.OfDeliveryAsync(pump, seq, stop), ct);

    /// <summary>A session's payment as it is; null: it has none.</summary>
    public async Task<Payment?> PaymentAsync(PumpSession session, CancellationToken ct) =>
        session.PaymentId is { } id ? await payments.ReadAsync(id, ct) : null;

    /// <summary>An act on it, with all that its plans look at.</summary>
    public async Task<SessionAct> ActAsync(
        PumpSession session, Func<PumpSession, Outcome, Answer> compose, CancellationToken ct) => new(
        session, await PaymentAsync(session, ct),
        await forecourt.FindSiteAsync(session.SiteId, ct)
            ?? throw new InvalidOperationException("A session's site is never deleted."),
        compose)
        {
            Tell = await DriversAsync(session, ct),
        };

    /// <summary>Whose pages hear of a session beside its payer's.</summary>
    public async Task<IReadOnlyList<Guid>> DriversAsync(PumpSession session, CancellationToken ct) =>
        session.VehicleId is { } vehicle
            ? [.. (await vehicles.DriversAsync(vehicle, ct)).Select(driver => driver.Person)]
            : [];

    /// <summary>A pump that still says what flows has not fallen silent, however long it takes.</summary>
    public bool IsDue(PumpSession session) =>
        session.IsDue(clock.GetUtcNow())
        && !(session.State == PumpSessionState.Fuelling && meters.IsHeard(session.PumpId, session.TrxSeq));

    /// <returns>False when something else happened to the session first.</returns>
    public async Task<bool> ExpireAsync(PumpSession session, CancellationToken ct)
    {
        var act = await ActAsync(session, static (_, _) => new Answer(200, "{}"), ct);
        var id = Ids.Next(clock);
        var result = await ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans = plans.Expire(act),
            Refuse = refusal => SessionRefusal.Answer(session, refusal),
        }, ct);
        return result.End == ActEnd.Committed;
    }

    private async Task<PumpSession?> NowAsync(
        Func<CancellationToken, Task<PumpSession?>> read, CancellationToken ct)
    {
        var session = await read(ct);
        if (session is null || !IsDue(session)) return session;
        await ExpireAsync(session, ct);
        return await read(ct);
    }
}

/// <summary>Why a session could not be changed, in words.</summary>
internal static class SessionRefusal
{
    public const string Expired = "session_expired";

    public static Answer Answer(PumpSession session, Refusal refusal)
    {
        var state = Words.Of(session.State);
        return refusal.Code switch
        {
            PumpSessionRow.IllegalTransition => session.State switch
            {
                PumpSessionState.Expired => Problems.Answer(
                    409, Expired, "Nobody said yes in time, and nothing was charged. Open the bill again and pay it."),
                PumpSessionState.Lapsed => Problems.Answer(
                    409, Expired, "Nobody said yes in time, and nothing was charged. Open it again at the pump."),
                PumpSessionState.Paid => Problems.Answer(409, "already_paid", "It is paid, once."),
                PumpSessionState.PaidElsewhere => Problems.Answer(
                    409, "paid_elsewhere", "It was paid in the shop. Nothing more is due."),
                PumpSessionState.Fuelling => Problems.Answer(
                    409, "not_delivered_yet", "Fuel still flows. The bill comes when the nozzle hangs again."),
                PumpSessionState.Waiting => Problems.Answer(
                    409, "pump_taken", "Another car is at the pump. This one is next."),
                _ => Problems.Answer(409, refusal.Code, $"The session is {state}; this cannot be done to it any more."),
            },
            RefusalCode.InsufficientFunds => Problems.Answer(
                402, refusal.Code, "The wallet does not hold enough. Top up what is missing, then pay."),
            SpendingRow.LimitExceeded => Problems.Answer(
                409, refusal.Code, "This is more than may be spent at once, or on one day."),
            DriverDayRow.LimitExceeded => Problems.Answer(
                403, refusal.Code, "This is more than the owner lets you spend on a day. Ask the owner to pay it."),
            _ => Problems.Answer(409, refusal.Code, $"The session is {state} and could not be changed."),
        };
    }
}
