using System.Diagnostics;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Stations;

namespace SightPay.Server.Transit;

/// <summary>A recognised rider at a gate, with what was read of them.</summary>
internal sealed record GateVisit(Gate Gate, Sighting Sighting, Person Person, Rider Rider, StepUp StepUp)
{
    /// <summary>Stopwatch stamp: from here on the ledger has the word.</summary>
    public long Planned { get; } = Stopwatch.GetTimestamp();

    public string Wallet => Person.WalletKey(Person.Id);
}

/// <summary>
/// Turns a passage into the plans of one act: the first that holds is what happened. Money, the rider, the journey, the
/// stop's count, the sighting and the events are one commit.
/// </summary>
internal sealed class GatePlans(
    TransitStore store, GeneralLedger ledger, SightingAsks asks, SpendingPolicy policy, TransitSettings settings,
    TimeProvider clock)
{
    /// <summary>A plan that names nobody and moves nothing, and its answer without a commit.</summary>
    internal sealed record UnnamedPlan(Plan Plan, Func<Answer> ComposeAlone);

    public UnnamedPlan Unnamed(Sighting sighting, string decision, string reason)
    {
        var stamp = Stopwatch.GetTimestamp();
        var plan = new Plan
        {
            Rows = sighting.Candidates.Count > 0 && decision == GateWord.Ask
                ? [new SightingRow(sighting), asks.RowOf(sighting, sighting.Candidates)]
                : [new SightingRow(sighting)],
            Compose = _ => GateAnswer.Compose(
                sighting, decision, reason, null, null, 0, 0, settings.Currency, stamp),
        };
        return new UnnamedPlan(plan, () => GateAnswer.Compose(
            sighting, decision, reason, null, null, 0, 0, settings.Currency, ledgerStarted: null));
    }

    /// <summary>A second factor that did not help; the sighting stays as it is.</summary>
    public Plan StillAsked(StepUpTry tried) => new()
    {
        Rows = tried.StillAsked,
        Compose = _ => GateAnswer.Compose(
            tried.Sighting, GateWord.Ask, tried.Reason, null, null, 0, 0, settings.Currency, ledgerStarted: null),
    };

    public async Task<IReadOnlyList<Plan>> ForAsync(GateVisit visit, Passage passage, CancellationToken ct)
    {
        var balanceMinor = (await ledger.AccountAsync(visit.Wallet, ct))?.BalanceMinor ?? 0;
        return passage switch
        {
            Passage.Repeat repeat => [Again(visit, repeat.Reading, balanceMinor)],
            Passage.AlreadyInside => [Said(visit, GateWord.Deny, GateWord.AlreadyInside, after: null, balanceMinor)],
            Passage.Enter enter => Enter(
                visit, enter.Lost, await FaresAsync(visit.Gate, clock.GetUtcNow(), ct), balanceMinor),
            Passage.Leave leave => Leave(visit, await LeavingAsync(visit, leave.Journey, ct), balanceMinor),
            Passage.LeaveLate late => Leave(visit, Late(late.Journey), balanceMinor),
            Passage.LeaveLapsed lapsed =>
                [Lapsed(visit, lapsed.JourneyId, await store.FareOfAsync(lapsed.JourneyId, ct), balanceMinor)],
            _ => LeaveWithoutEntry(
                visit, (await FaresAsync(visit.Gate, clock.GetUtcNow(), ct)).HighestMinor, balanceMinor),
        };
    }

    private sealed record Leaving(
        OpenJourney Journey, JourneyState State, string Reason, long FareMinor, TransferCode Code);

    private static Leaving Late(OpenJourney journey) => new(
        journey, JourneyState.Incomplete, GateWord.IncompleteJourney, journey.HoldMinor, TransferCode.HighestFare);

    private async Task<Leaving> LeavingAsync(GateVisit visit, OpenJourney journey, CancellationToken ct)
    {
        // The fare is that of the day of the entry, and never more than was set aside then.
        var fares = await FaresAsync(visit.Gate, journey.EnteredAt, ct);
        var hops = await store.HopsAsync(journey.StopId, visit.Gate.StopId, ct);
        var fareMinor = Math.Min(fares.ForHops(hops), journey.HoldMinor);
        return new Leaving(journey, JourneyState.Completed, GateWord.Ok, fareMinor, TransferCode.Fare);
    }

    private async Task<FareTable> FaresAsync(Gate gate, DateTimeOffset at, CancellationToken ct)
    {
        var fares = await store.FaresAsync(gate.LineId, at, ct);
        return fares.HighestMinor > 0
            ? fares
            : throw new ProblemException(503, "fares_missing", "This line has no fares yet. Enter them first.");
    }

    /// <summary>
    /// The highest fare is set aside. An earlier journey that lost its exit is closed in the same commit, at the
    /// highest fare of its own day; a refused entry leaves it as it was: a denial moves no money.
    /// </summary>
    private List<Plan> Enter(GateVisit visit, OpenJourney? lost, FareTable fares, long balanceMinor)
    {
        var hold = Transfer.Hold(
            Ids.Next(clock), visit.Wallet, TransitSettings.OperatorKey, fares.HighestMinor, TransferCode.Fare,
            settings.HoldFor);
        var journey = new OpenJourney(
            Ids.Next(clock), visit.Gate.StopId, default, hold.Id, hold.AmountMinor, LimitOf(visit).By);
        var plans = new List<Plan>();
        if (lost is null)
        {
            plans.Add(Entered(visit, null, journey, after: null, [hold]));
        }
        else
        {
            plans.Add(Entered(visit, lost, journey, after: null, [CaptureAtHighest(lost), hold]));
            plans.Add(Entered(visit, lost, journey, RefusalCode.HoldExpired, [PostHighest(visit, lost), hold]));
        }
        plans.Add(Said(
            visit, GateWord.Deny, GateWord.InsufficientFunds, RefusalCode.InsufficientFunds, balanceMinor));
        plans.Add(Said(
            visit, GateWord.Ask, GateWord.StepUpRequired, GateWord.StepUpRequired, 0, [.. LimitReached(visit)]));
        return plans;
    }

    private Plan Entered(
        GateVisit visit, OpenJourney? lost, OpenJourney journey, string? after, IReadOnlyList<Transfer> transfers)
    {
        var reason = lost is null ? GateWord.Ok : GateWord.IncompleteJourney;
        var reading = Reading(visit, GateWord.Open, reason, journey.Id, JourneyState.Open, 0);
        var person = visit.Person.Id;
        List<CompanionRow> rows =
        [
            new RiderRow(person, visit.Rider.Version, journey, null, JourneyChanged: true, reading),
            JourneyRow.Begun(journey.Id, person, visit.Gate),
            new SpendingRow(
                person, SpendingRow.DayOf(clock.GetUtcNow()), journey.SpentBy, journey.HoldMinor, 1, LimitOf(visit)),
            .. Events(visit, reading),
        ];
        if (lost is not null)
        {
            rows.Add(JourneyRow.Ended(lost.Id, person, JourneyState.Incomplete, null, lost.HoldMinor));
            rows.Add(new StopRow(lost.StopId, -1, StopRow.Closed, null, lost.Id, null));
            rows.Add(FareReceipt.WithoutExit(Ids.Next(clock), person, lost, settings.Currency));
        }
        rows.Add(new StopRow(
            visit.Gate.StopId, 1, StopRow.Entry, visit.Gate.Id, journey.Id, visit.Person.DisplayName));
        return Plan(visit, after, transfers, rows, reading, outcome => outcome.Account(visit.Wallet).BalanceMinor);
    }

    /// <summary>
    /// The fare is captured from what the entry set aside. Should that have expired, the wallet pays, or it becomes a
    /// debt: an exit opens in any case.
    /// </summary>
    private List<Plan> Leave(GateVisit visit, Leaving leaving, long balanceMinor)
    {
        var (journey, fareMinor) = (leaving.Journey, leaving.FareMinor);
        var capture = Transfer.Capture(Ids.Next(clock), journey.HoldId, fareMinor, leaving.Code);
        List<Plan> plans =
        [
            Left(visit, leaving, null, [capture], 0, outcome => outcome.Account(visit.Wallet).BalanceMinor),
        ];
        if (fareMinor == 0)
        {
            plans.Add(Left(visit, leaving, RefusalCode.HoldExpired, [], 0, _ => balanceMinor));
            return plans;
        }
        var post = Transfer.Post(
            Ids.Next(clock), visit.Wallet, TransitSettings.OperatorKey, fareMinor, leaving.Code);
        plans.Add(Left(
            visit, leaving, RefusalCode.HoldExpired, [post], 0,
            outcome => outcome.Account(visit.Wallet).BalanceMinor));
        plans.Add(Left(
            visit, leaving, RefusalCode.InsufficientFunds, [Debt(visit, fareMinor)], fareMinor, _ => balanceMinor));
        return plans;
    }

    private Plan Left(
        GateVisit visit, Leaving leaving, string? after, IReadOnlyList<Transfer> transfers, long owedMinor,
        Func<Outcome, long> balance)
    {
        var (journey, person, fareMinor) = (leaving.Journey, visit.Person.Id, leaving.FareMinor);
        var reading = Reading(visit, GateWord.Open, leaving.Reason, journey.Id, leaving.State, fareMinor);
        var sameStop = journey.StopId == visit.Gate.StopId;
        List<CompanionRow> rows =
        [
            new RiderRow(person, visit.Rider.Version, null, null, JourneyChanged: true, reading),
            JourneyRow.Ended(journey.Id, person, leaving.State, visit.Gate, fareMinor, owedMinor),
            // The entry counted the highest fare on its own day; that day is put right, whatever day it is now.
            new SpendingRow(
                person, SpendingRow.DayOf(journey.EnteredAt), journey.SpentBy, fareMinor - journey.HoldMinor, 0, null),
            FareReceipt.Between(
                Ids.Next(clock), person, journey, visit.Gate, fareMinor, leaving.State, settings.Currency),
            .. Events(visit, reading),
        ];
        if (!sameStop) rows.Add(new StopRow(journey.StopId, -1, StopRow.Count, null, journey.Id, null));
        rows.Add(new StopRow(
            visit.Gate.StopId, sameStop ? -1 : 0, StopRow.Exit, visit.Gate.Id, journey.Id,
            visit.Person.DisplayName));
        return Plan(visit, after, transfers, rows, reading, balance);
    }

    private List<Plan> LeaveWithoutEntry(GateVisit visit, long fareMinor, long balanceMinor)
    {
        var post = Transfer.Post(
            Ids.Next(clock), visit.Wallet, TransitSettings.OperatorKey, fareMinor, TransferCode.HighestFare);
        var journeyId = Ids.Next(clock);
        return
        [
            ExitOnly(visit, journeyId, null, post, fareMinor, 0,
                outcome => outcome.Account(visit.Wallet).BalanceMinor),
            ExitOnly(visit, journeyId, RefusalCode.InsufficientFunds, Debt(visit, fareMinor), fareMinor, fareMinor,
                _ => balanceMinor),
        ];
    }

    private Plan ExitOnly(
        GateVisit visit, Guid journeyId, string? after, Transfer transfer, long fareMinor, long owedMinor,
        Func<Outcome, long> balance)
    {
        var person = visit.Person.Id;
        var reading = Reading(
            visit, GateWord.Open, GateWord.IncompleteJourney, journeyId, JourneyState.Incomplete, fareMinor);
        List<CompanionRow> rows =
        [
            new RiderRow(person, visit.Rider.Version, null, null, JourneyChanged: true, reading),
            JourneyRow.ExitOnly(journeyId, person, visit.Gate, fareMinor, owedMinor),
            // Counted, and never refused: nobody is kept inside.
            new SpendingRow(
                person, SpendingRow.DayOf(clock.GetUtcNow()), LimitOf(visit).By, fareMinor - owedMinor, 1, null),
            new StopRow(visit.Gate.StopId, 0, StopRow.Exit, visit.Gate.Id, journeyId, visit.Person.DisplayName),
            FareReceipt.WithoutEntry(Ids.Next(clock), person, journeyId, visit.Gate, fareMinor, settings.Currency),
            .. Events(visit, reading),
        ];
        return Plan(visit, after, [transfer], rows, reading, balance);
    }

    /// <summary>The journey was closed and charged in its time; the exit only completes its record.</summary>
    private Plan Lapsed(GateVisit visit, Guid journeyId, long fareMinor, long balanceMinor)
    {
        var reading = Reading(
            visit, GateWord.Open, GateWord.IncompleteJourney, journeyId, JourneyState.Incomplete, fareMinor);
        List<CompanionRow> rows =
        [
            new RiderRow(visit.Person.Id, visit.Rider.Version, null, null, JourneyChanged: true, reading),
            JourneyRow.Ended(journeyId, visit.Person.Id, JourneyState.Incomplete, visit.Gate, fareMinor),
            new StopRow(visit.Gate.StopId, 0, StopRow.Exit, visit.Gate.Id, journeyId, visit.Person.DisplayName),
            .. Events(visit, reading),
        ];
        return Plan(visit, null, [], rows, reading, _ => balanceMinor);
    }

    /// <summary>An answer that moves no money and is remembered for repeats.</summary>
    private Plan Said(
        GateVisit visit, string decision, string reason, string? after, long balanceMinor,
        params CompanionRow[] news)
    {
        var reading = Reading(visit, decision, reason, null, null, 0);
        var rider = visit.Rider;
        return Plan(
            visit, after, [],
            [
                new RiderRow(
                    visit.Person.Id, rider.Version, rider.Open, rider.LapsedJourneyId, JourneyChanged: false, reading),
                .. news,
            ],
            reading, _ => balanceMinor);
    }

    private static IEnumerable<CompanionRow> LimitReached(GateVisit visit) => visit.StepUp == StepUp.None
        ? [JourneyEvents.LimitReached(visit.Person.Id, visit.Gate.Id)]
        : [];

    private Plan Again(GateVisit visit, GateReading reading, long balanceMinor) => Plan(
        visit, null, [], [new RepeatRow(visit.Person.Id, visit.Gate.Id)], reading, _ => balanceMinor);

    private Plan Plan(
        GateVisit visit, string? after, IReadOnlyList<Transfer> transfers, IReadOnlyList<CompanionRow> rows,
        GateReading reading, Func<Outcome, long> balance)
    {
        var named = reading.Decision != GateWord.Ask;
        var person = named ? new GateAnswer.Who(visit.Person.Id, visit.Person.DisplayName) : null;
        var journey = reading.JourneyId is { } id ? new GateAnswer.Which(id, reading.JourneyState!) : null;
        return new Plan
        {
            After = after,
            Transfers = transfers,
            Rows = [.. rows, .. Recorded(visit, asked: !named)],
            Compose = outcome => GateAnswer.Compose(
                visit.Sighting, reading.Decision, reading.Reason, person, journey, reading.FareMinor,
                named ? balance(outcome) : 0, settings.Currency, visit.Planned),
        };
    }

    /// <summary>The sighting with its answer. One that was stored when it was asked is resolved, once.</summary>
    private IEnumerable<CompanionRow> Recorded(GateVisit visit, bool asked) => (visit.StepUp, asked) switch
    {
        (StepUp.None, false) => [new SightingRow(visit.Sighting)],
        (StepUp.None, true) => [new SightingRow(visit.Sighting), asks.RowOf(visit.Sighting, [visit.Person.Id])],
        (_, false) => [new AskResolvedRow(visit.Sighting.Id, visit.Person.Id)],
        (_, true) => [],
    };

    private Transfer CaptureAtHighest(OpenJourney lost) =>
        Transfer.Capture(Ids.Next(clock), lost.HoldId, lost.HoldMinor, TransferCode.HighestFare);

    private Transfer PostHighest(GateVisit visit, OpenJourney lost) => Transfer.Post(
        Ids.Next(clock), visit.Wallet, TransitSettings.OperatorKey, lost.HoldMinor, TransferCode.HighestFare);

    private Transfer Debt(GateVisit visit, long amountMinor) => Transfer.Post(
        Ids.Next(clock), Person.ReceivableKey(visit.Person.Id), TransitSettings.OperatorKey, amountMinor,
        TransferCode.LateCapture);

    /// <summary>Whoever passes was recognised; what they added to their face says how much they may spend.</summary>
    private SpendingLimit LimitOf(GateVisit visit) => policy.LimitOf(
        visit.Sighting.LivenessProved ? Sight.AcceptedLive
            : visit.StepUp == StepUp.None ? Sight.Accepted
            : Sight.Asked,
        visit.StepUp)!;

    private static GateReading Reading(
        GateVisit visit, string decision, string reason, Guid? journeyId, JourneyState? state, long fareMinor) =>
        new(
            visit.Gate.Id, default, decision, reason, journeyId, state is { } known ? Words.Of(known) : null,
            fareMinor);

    private IEnumerable<OutboxRow> Events(GateVisit visit, GateReading reading) =>
        JourneyEvents.Of(
            visit.Person.Id, reading.JourneyId!.Value, reading.JourneyState!, visit.Gate.StopId, reading.FareMinor,
            reading.Reason, settings.Currency);
}

/// <summary>What a person's own pages are told of a journey.</summary>
internal static class JourneyEvents
{
    /// <summary>The gate asks for more than the face; a challenge in the app would lift its limit.</summary>
    public static OutboxRow LimitReached(Guid person, string gateId) =>
        new(OutboxRow.PersonTopic(person), "face_limit", ApiJson.Write(new { GateId = gateId }));

    private sealed record Told(
        Guid JourneyId, string State, string StopId, long FareMinor, string Currency, string Reason);

    public static IEnumerable<OutboxRow> Of(
        Guid person, Guid journeyId, string state, string stopId, long fareMinor, string reason, string currency)
    {
        var topic = $"person:{person}";
        yield return new OutboxRow(
            topic, "journey", ApiJson.Write(new Told(journeyId, state, stopId, fareMinor, currency, reason)));
        // A hint to read the wallet again; the figures are the ledger's to tell.
        yield return new OutboxRow(topic, "wallet", ApiJson.Write(new { Cause = "journey", JourneyId = journeyId }));
    }
}
