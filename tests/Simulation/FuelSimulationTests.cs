using System.Security.Cryptography;
using SightPay.Ledger;
using SightPay.Ledger.Commit;
using SightPay.Server.Audit;
using SightPay.Server.Events;
using SightPay.Server.Fuel;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Simulation.Tests;

/// <summary>
/// Two pumps and three cars: plates, taps, nozzles, deliveries, timers and staff in any order, many of them planned on
/// the same state, said twice, or late. Whatever happens, a delivery is charged at most once.
/// </summary>
public sealed class FuelSimulationTests
{
    private const int SeedsInTheSuite = 60;

    [Fact]
    public void Whatever_is_said_in_whatever_order_a_delivery_is_charged_once_owed_or_paid_elsewhere()
    {
        var (paid, open, raised) = (0, 0, 0);
        for (var seed = 1; seed <= SeedsInTheSuite; seed++)
        {
            var forecourt = new SimulatedForecourt(seed);
            forecourt.Run();
            paid += forecourt.Sessions.Count(session => session.State == PumpSessionState.Paid);
            raised += forecourt.Raises;
            open += forecourt.Sessions.Count(session => PumpSessionLifetime.IsOwed(session.State));
        }
        Assert.True(
            paid > 150 && open > 100 && raised > 50,
            $"{paid} paid and {open} open bills, {raised} raised holds prove little");
    }
}

/// <summary>The server's own plans, tables and writer on a store in memory; a seed decides what is said.</summary>
internal sealed class SimulatedForecourt
{
    private const int Steps = 250;
    private static readonly UnitPrice Price = new(10_541_000, FuelUnit.Litre);
    private static readonly UnitPrice Current = new(1_850_000, FuelUnit.KilowattHour);
    private static readonly Site Site = new("F1", "Site", "in", "Asia/Kolkata", "INR", null, null, 1);
    private static readonly PumpSessionSettings Settings = new("INR");
    private static readonly SpendingLimit Limit = new(SpentBy.Consent, 100_000_000, 1_000_000_000, 100_000);

    private static readonly PumpSessionEvent[] Onwards =
    [
        PumpSessionEvent.Hold, PumpSessionEvent.Lift, PumpSessionEvent.Raise, PumpSessionEvent.Settle,
        PumpSessionEvent.Pay,
    ];

    private readonly int _seed;
    private readonly Random _random;
    private readonly SimulatedClock _clock;
    private readonly MemoryLedgerStore _store = new();
    private readonly PaymentPlans _payments;
    private readonly PumpSessionPlans _plans;
    private readonly LedgerWriter _writer;
    private readonly List<Act> _said = [];
    private readonly Dictionary<Guid, Guid> _sessionOfPayment = [];
    private readonly (Guid Vehicle, Guid Owner)[] _cars;
    private long _seq;

    public SimulatedForecourt(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _clock = new SimulatedClock(new Random(seed ^ 0x0F1E1));
        (_payments, _cars) = (new PaymentPlans(_clock), [.. Enumerable.Range(0, 3).Select(_ => Car())]);
        _plans = new PumpSessionPlans(_payments, Settings, _clock);
        _store.Open("bank", "INR", AccountKind.ProviderClearing);
        _store.Open(Site.AccountKey, "INR", AccountKind.Payable);
        foreach (var (_, owner) in _cars)
        {
            _store.Open(Person.WalletKey(owner), "INR", AccountKind.Wallet);
            _store.Open(Person.ReceivableKey(owner), "INR", AccountKind.Receivable);
        }
        _writer = LedgerWriter.ByHand(
            _store,
            new CompanionRegistry(
            [
                new PaymentTable(), new SpendingTable(), new ReceiptWriter(), new OutboxWriter(), new AuditWriter(),
                new PumpSessionTable(), new TankTable(),
            ]),
            new LedgerOptions(QueueCapacity: 64, BatchMax: 8, _clock));
        _writer.Pace = _clock;
    }

    /// <summary>How often more was asked to be set aside.</summary>
    public int Raises { get; private set; }

    public IReadOnlyList<PumpSession> Sessions =>
    [
        .. _store.Tables.States<PumpSessionRow, PumpSessionKey, PumpSession>()
            .Where(each => each.Key.What == PumpSessionKey.By.Session).Select(each => each.Value)
            .OrderBy(session => session.BeganAt).ThenBy(session => session.Id),
    ];

    private Dictionary<Guid, Payment> Payments => _store.Tables.States<PaymentRow, Guid, Payment>();

    public void Run()
    {
        foreach (var (_, owner) in _cars)
            Say([
                new Plan
                {
                    Transfers =
                    [
                        Transfer.Post(
                            Ids.Next(_clock), "bank", Person.WalletKey(owner), _random.Next(1, 60) * 25_000L,
                            TransferCode.TopUp),
                    ],
                    Compose = _ => new Answer(200, "{}"),
                },
            ]);
        Turn();
        for (var step = 0; step < Steps; step++)
        {
            // Several at once are planned on the same state: all but one of a kind are stale.
            for (var i = _random.Next(1, 4); i > 0; i--) Think();
            if (_said.Count > 0 && _random.Next(4) == 0) _writer.Enqueue(_said[_random.Next(_said.Count)]);
            Turn();
            Check();
            if (_random.Next(6) == 0) _clock.PassTo(_clock.Passed + TimeSpan.FromMinutes(_random.Next(1, 90)));
        }
    }

    private (Guid, Guid) Car() => (_clock.NextId(), _clock.NextId());

    private void Turn()
    {
        for (var i = 0; i < 4; i++)
        {
            var step = _writer.StepAsync();
            if (!step.IsCompleted) throw new InvalidOperationException("A step must not wait for another thread.");
            step.GetAwaiter().GetResult();
        }
        foreach (var session in Sessions)
            if (session.PaymentId is { } payment) _sessionOfPayment.TryAdd(payment, session.Id);
    }

    private void Say(IReadOnlyList<Plan> plans)
    {
        var id = _clock.NextId();
        var act = new Act
        {
            Id = id, Fingerprint = SHA256.HashData(id.ToByteArray()), Plans = plans,
            Refuse = refusal => new Answer(409, refusal.Code),
        };
        _said.Add(act);
        _writer.Enqueue(act);
    }

    private void Think()
    {
        var known = Sessions;
        if (known.Count == 0 || _random.Next(5) == 0)
        {
            Arrive();
            return;
        }
        var session = known[^Math.Min(known.Count, _random.Next(1, 6))];
        ExpirePayment(session);
        // Mostly what leads on, so that many come to their bill.
        var happened = _random.Next(3) > 0
            ? Onwards[_random.Next(Onwards.Length)]
            : (PumpSessionEvent)_random.Next(Enum.GetValues<PumpSessionEvent>().Length);
        // A worker asks for expiry only where it is due; the guard would not know.
        if (happened == PumpSessionEvent.Expire ? !session.IsDue(_clock.GetUtcNow())
            : PumpSessionLifetime.Next(session.State, happened) is null) return;
        if (PlansOf(session, happened) is { Count: > 0 } plans) Say(plans);
    }

    private void Arrive()
    {
        var (vehicle, owner) = _cars[_random.Next(_cars.Length)];
        var isKnown = _random.Next(5) > 0;
        var session = new PumpSession
        {
            Id = _clock.NextId(), SiteId = Site.Id, PumpId = _random.Next(2) == 0 ? "F1-P1" : "F1-P2",
            State = isKnown ? PumpSessionState.Offered : PumpSessionState.Fuelling,
            VehicleId = isKnown ? vehicle : null, Payer = isKnown ? owner : null,
            SightingId = isKnown ? _clock.NextId() : null, TrxSeq = isKnown ? null : ++_seq, Nozzle = 1,
            GradeId = "petrol", Price = Price,
        };
        var act = ActOf(session);
        Say(isKnown && _random.Next(2) == 0
            ?
            [
                _plans.BeginHeld(act, new(null, Limit), Size()),
                _plans.Begin(act, isSeen: true, RefusalCode.InsufficientFunds),
            ]
            : [_plans.Begin(act, isSeen: true)]);
    }

    private IReadOnlyList<Plan> PlansOf(PumpSession session, PumpSessionEvent happened)
    {
        var act = ActOf(session);
        var next = PumpSessionLifetime.Next(session.State, happened)!.Value;
        switch (happened)
        {
            case PumpSessionEvent.Hold:
                return _plans.Hold(act, new(session.Payer, Limit), Size());
            case PumpSessionEvent.Raise:
                return Raised(act);
            case PumpSessionEvent.Lift:
                return
                [
                    _plans.Move(
                        act, session with { State = next, TrxSeq = ++_seq, IsDoubtful = _random.Next(5) == 0 },
                        happened),
                ];
            case PumpSessionEvent.Settle or PumpSessionEvent.Deliver or PumpSessionEvent.DeliverUnclaimed
                or PumpSessionEvent.Abort or PumpSessionEvent.Quarantine:
                return Delivery(act);
            case PumpSessionEvent.Pay:
                return _plans.Pay(act, new(session.Payer, Limit));
            case PumpSessionEvent.Expire:
                return _plans.Expire(act);
            case PumpSessionEvent.PayElsewhere when session.State == PumpSessionState.Paid:
                return [];
            case PumpSessionEvent.Assign:
                var (vehicle, owner) = _cars[_random.Next(_cars.Length)];
                return _plans.LetGo(
                    act, session with { VehicleId = vehicle, Payer = owner, PaymentId = null, IsDoubtful = true },
                    happened);
            case PumpSessionEvent.Decline when next is PumpSessionState.Unclaimed || next == session.State:
                return _plans.LetGo(
                    act, session with { VehicleId = null, Payer = null, PaymentId = null }, happened);
            case PumpSessionEvent.See or PumpSessionEvent.Bind or PumpSessionEvent.Silence or PumpSessionEvent.Reopen:
                return [_plans.Move(act, session with { State = next }, happened)];
            default:
                return _plans.LetGo(act, session, happened);
        }
    }

    /// <summary>Most cars are filled with what is set aside at once; current is raised as it flows.</summary>
    private HoldSize Size() => _random.Next(1, 20) * 10_000L is var minor && _random.Next(2) == 0
        ? new(minor, minor)
        : new(minor, minor + _random.Next(1, 40) * 10_000L);

    private IReadOnlyList<Plan> Raised(SessionAct act)
    {
        if (act is not { From: { HoldMinor: > 0 } session, Payment.State: PaymentState.Authorised }) return [];
        var wallet = _store.Account(Person.WalletKey(session.Payer!.Value));
        // What is renewed is raised by nothing.
        var amount = _random.Next(4) == 0
            ? session.HoldMinor
            : _plans.NextHoldMinor(session with { Price = Current }, wallet.AvailableMinor, long.MaxValue);
        if (amount is not { } minor) return [];
        Raises++;
        return [_plans.Raise(act, new(session.SaidYes, Limit), minor)];
    }

    private IReadOnlyList<Plan> Delivery(SessionAct act)
    {
        if (act.From is { State: PumpSessionState.Quarantined } or { TrxSeq: null }) return [];
        var thousandths = _random.Next(8) == 0 ? 0 : _random.Next(1, 40_000);
        var amount = Price.AmountOf(new(thousandths, FuelUnit.Litre));
        var said = Math.Max(0, amount + (_random.Next(10) == 0 ? 50 : _random.Next(-1, 2)));
        return _plans.Deliver(
            act, new(act.From.TrxSeq!.Value, act.From.Nozzle ?? 1, "petrol", Price, "T1", thousandths, said));
    }

    private SessionAct ActOf(PumpSession session) => new(
        session, session.PaymentId is { } id ? Payments.GetValueOrDefault(id) : null, Site,
        static (stored, _) => new Answer(200, $"{stored.Id} {stored.State}"));

    /// <summary>As reading a payment does: one whose time is over is ended first.</summary>
    private void ExpirePayment(PumpSession session)
    {
        if (session.PaymentId is not { } id || Payments.GetValueOrDefault(id) is not { } payment
            || payment.AsOf(_clock.GetUtcNow()).State == payment.State) return;
        Say(_payments.Expire(payment));
        Turn();
    }

    private void Check()
    {
        var sessions = Sessions;
        var payments = Payments.Values.DistinctBy(payment => payment.Id).ToList();
        Must(
            _store.Account(Site.AccountKey).BalanceMinor == payments.Sum(payment => payment.CapturedMinor),
            "The site has other money than its payments took.");
        foreach (var of in payments.Where(payment => payment.CapturedMinor > 0)
            .GroupBy(payment => _sessionOfPayment[payment.Id]))
            Must(of.Count() == 1, $"Session {of.Key} was charged {of.Count()} times.");
        foreach (var session in sessions) CheckSession(session);
        foreach (var (_, owner) in _cars)
            Must(
                _store.Account(Person.WalletKey(owner)).HeldMinor == payments
                    .Where(each => each.Person == owner && each.State == PaymentState.Authorised)
                    .Sum(each => each.Amount.AmountMinor) || IsOverdue(payments, owner),
                $"{owner} has other money set aside than the payments say.");
        Must(One(sessions.Where(each => each.HasPump).Select(each => each.PumpId)), "A pump has two cars.");
        Must(One(sessions.Where(each => each.HasCar).Select(each => each.VehicleId)), "A car has two pumps.");
        Must(One(sessions.Where(each => each.TrxSeq > 0).Select(each => each.TrxSeq)), "A delivery has two sessions.");
        var receipts = _store.Tables.Log<ReceiptRow>().Where(each => each.Row.Kind == ReceiptKind.Fuel);
        Must(
            receipts.Select(each => (each.Row.Subject, each.Row.Amount.AmountMinor)).Order().SequenceEqual(
                payments.Where(payment => payment.CapturedMinor > 0)
                    .Select(payment => (payment.Id, payment.CapturedMinor)).Order()),
            "A payment has no receipt, or two, or one of another amount.");
    }

    private void CheckSession(PumpSession session)
    {
        var payment = session.PaymentId is { } id ? Payments[id] : null;
        var charged = _sessionOfPayment.Where(each => each.Value == session.Id)
            .Sum(each => Payments[each.Key].CapturedMinor);
        Must(
            charged == (session.State == PumpSessionState.Paid ? session.BillMinor : 0),
            $"{session} of {session.BillMinor} was charged {charged}.");
        Must(
            !session.IsDelivered || PumpSessionLifetime.IsOwed(session.State) || session.State is PumpSessionState.Paid
                or PumpSessionState.PaidElsewhere or PumpSessionState.WrittenOff or PumpSessionState.Aborted,
            $"{session} has delivered, and nobody is asked for it.");
        Must(
            payment is not { State: PaymentState.Authorised } || session.HoldMinor == payment.Amount.AmountMinor,
            $"{session} says that {session.HoldMinor} are set aside.");
        Must(session.HoldMinor <= session.HoldMaxMinor, $"{session} sets aside more than its yes allows.");
        Must(
            payment is not { State: PaymentState.Authorised } || session.State is PumpSessionState.Held
                or PumpSessionState.Fuelling or PumpSessionState.Lost or PumpSessionState.Delivered,
            $"{session} keeps money set aside.");
    }

    /// <summary>The ledger frees a hold whose time is over by itself; its payment learns it when it is read.</summary>
    private bool IsOverdue(IEnumerable<Payment> payments, Guid owner) => payments.Any(each =>
        each.Person == owner && each.State == PaymentState.Authorised && each.DueAt <= _clock.GetUtcNow());

    private void Must(bool holds, string what)
    {
        if (!holds) throw new BrokenPromiseException(_seed, what);
    }

    private static bool One<T>(IEnumerable<T> values)
    {
        var all = values.ToList();
        return all.Distinct().Count() == all.Count;
    }
}
