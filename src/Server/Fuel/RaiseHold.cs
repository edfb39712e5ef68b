using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>
/// While current flows, what is set aside keeps ahead of the meter, step by step, within the yes that was said and what
/// the wallet has. How far it goes follows from the session and the meter alone: a message that is told twice, late or
/// after a restart raises nothing a second time. Where it goes no further the charger stops at its last limit.
/// </summary>
internal sealed class RaiseHold(
    ReadSession sessions, PumpSessionPlans plans, PumpSessionSettings settings, Vehicles vehicles,
    SpendingPolicy policy, GeneralLedger ledger, TimeProvider clock)
{
    /// <summary>Who said yes, and how much they may spend at once as things stand now.</summary>
    private sealed record Yes(SessionYes Said, long MostMinor, VehicleDriver? Driver);

    /// <param name="thousandths">On the meter.</param>
    /// <returns>The session as it then is.</returns>
    public async Task<PumpSession> RunAsync(PumpSession session, long thousandths, CancellationToken ct)
    {
        // A slow charger takes longer than a hold lives, or a pump may be silent: while it speaks both are renewed.
        var renews = PumpSessionPlans.IsCharging(session)
            && session.DueAt - clock.GetUtcNow() < settings.OutageFor / 2;
        if (!renews && !plans.RunsShort(session, thousandths)) return session;
        var act = await sessions.ActAsync(session, static (_, _) => new Answer(200, "{}"), ct);
        if (act.Payment is not { State: PaymentState.Authorised }) return session;
        var plan = renews
            ? plans.Raise(act, new(session.SaidYes, Confirmed), session.HoldMinor)
            : await NextStepAsync(act, ct);
        if (plan is null) return session;
        var id = Ids.Next(clock);
        await ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans = [plan],
            Refuse = refusal => SessionRefusal.Answer(session, refusal),
        }, ct);
        // Raised by this message or by one beside it, or refused: the pump is told what is so.
        return await sessions.FindAsync(session.Id, ct) ?? session;
    }

    private async Task<Plan?> NextStepAsync(SessionAct act, CancellationToken ct)
    {
        var session = act.From;
        if (await YesAsync(session, ct) is not { } yes) return null;
        var wallet = await ledger.AccountAsync(Person.WalletKey(session.Payer!.Value), ct);
        if (plans.NextHoldMinor(session, wallet?.AvailableMinor ?? 0, yes.MostMinor) is not { } amount) return null;
        return plans.Raise(
            yes.Driver is { } driver ? act with { Rows = [DriverDayRow.Of(driver, session, amount)] } : act, yes.Said,
            amount);
    }

    /// <summary>Null: whoever said yes may spend no more for this car.</summary>
    private async Task<Yes?> YesAsync(PumpSession session, CancellationToken ct)
    {
        if (session.SaidYes == session.Payer)
            return new(new(session.SaidYes, Confirmed), long.MaxValue, null);
        if (session.VehicleId is not { } id || await vehicles.FindAsync(id, ct) is not { } vehicle
            || vehicle.Owner != session.Payer)
            return null;
        if (session.SaidYes is { } person)
            return await vehicles.DriverAsync(id, person, ct) is { } driver
                ? new(new(person, Confirmed), driver.MaxMinor, driver)
                : null;
        var limit = policy.LimitOfPlate(vehicle.AutoPayMaxMinor);
        return vehicle.IsDisputed ? null : new(new(null, limit), limit.PaymentMinorMax, null);
    }

    private SpendingLimit Confirmed => policy.LimitOf(Sight.None, StepUp.SignedIn)!;
}
