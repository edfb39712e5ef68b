using System.Globalization;
using SightPay.Ledger;
using SightPay.Ledger.Commit;
using SightPay.Server.Audit;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;

namespace SightPay.Simulation.Tests;

/// <summary>
/// The server's own writer, rules, payment plans and companion tables on a store in memory. Only what surrounds them is
/// simulated: requests arrive by calls, and a step is taken when the world says so.
/// </summary>
internal sealed class SimulatedServer
{
    public const string Shop = "merchant:shop";
    public const string Provider = "provider_clearing:bank";

    /// <summary>Told before anything is decided, so nothing is recorded either.</summary>
    public static readonly Answer Invalid = new(422, "amount_invalid");

    /// <summary>Low enough to be met.</summary>
    public static readonly SpendingLimit Limit = new(SpentBy.Consent, 250, 1500, 12);

    private static readonly PaymentTimes Times = new(TimeSpan.FromMinutes(5), TimeSpan.FromDays(7), 15);

    private readonly MemoryLedgerStore _store;
    private readonly SimulatedClock _clock;
    private readonly PaymentPlans _plans;
    private readonly LedgerWriter _writer;
    private List<(Wish Wish, Action<Reply> Send, Task<ActResult> Result)> _waiting = [];

    public SimulatedServer(MemoryLedgerStore store, SimulatedClock clock)
    {
        (_store, _clock, _plans) = (store, clock, new PaymentPlans(clock));
        var registry = new CompanionRegistry(
            [new PaymentTable(), new SpendingTable(), new ReceiptWriter(), new OutboxWriter(), new AuditWriter()]);
        _writer = LedgerWriter.ByHand(store, registry, new LedgerOptions(QueueCapacity: 64, BatchMax: 16, clock));
        _writer.Pace = clock;
    }

    /// <summary>False once its process is gone: what it was doing is lost.</summary>
    public bool Lives { get; set; } = true;

    public static Dictionary<Guid, Payment> PaymentsOf(MemoryLedgerStore store) =>
        store.Tables.States<PaymentRow, Guid, Payment>();

    public void Take(Wish wish, Action<Reply> send)
    {
        if (!Lives) return;
        if (wish.AmountMinor <= 0) send(new Reply(Invalid));
        else if (_store.Attempts.TryGetValue(wish.Id, out var known))
            send(new Reply(known.Replay(wish.Fingerprint, replayed: true).Answer));
        else if (Plan(wish) is { } act) _waiting.Add((wish, send, _writer.Enqueue(act)));
        else send(new Reply(null));
    }

    /// <summary>One turn of the writer, then the answers of what it decided.</summary>
    public void Step()
    {
        if (!Lives) return;
        var step = _writer.StepAsync();
        if (!step.IsCompleted) throw new InvalidOperationException("A step must not wait for another thread.");
        step.GetAwaiter().GetResult();
        var waiting = _waiting;
        _waiting = [];
        foreach (var (wish, send, result) in waiting)
        {
            if (!result.IsCompleted) _waiting.Add((wish, send, result));
            else if (result.IsFaulted) send(new Reply(null));
            else if (Decided(result).End == ActEnd.Stale) Take(wish, send);
            else send(new Reply(Decided(result).Answer));
        }
    }

    private static ActResult Decided(Task<ActResult> result) => result.GetAwaiter().GetResult();

    private Act? Plan(Wish wish)
    {
        var payment = wish.PaymentId is { } id ? PaymentsOf(_store).GetValueOrDefault(id) : null;
        if (wish.PaymentId is not null && payment is null && wish.Kind != WishKind.Chargeback) return null;
        return new Act
        {
            Id = wish.Id,
            Fingerprint = wish.Fingerprint,
            Plans = [.. PlansOf(wish, payment)],
            Refuse = refusal => payment is null
                ? new Answer(409, refusal.Code)
                : ChangePayment.Refused(payment, refusal),
        };
    }

    private IEnumerable<Plan> PlansOf(Wish wish, Payment? payment) => wish.Kind switch
    {
        WishKind.TopUp => [TopUp(wish)],
        WishKind.Chargeback => [Chargeback(wish)],
        WishKind.Ask => [_plans.Ask(New(wish), Times)],
        WishKind.PayNow => [_plans.PayNow(New(wish), Limit)],
        _ => Changes(wish, payment!),
    };

    private IEnumerable<Plan> Changes(Wish wish, Payment payment)
    {
        var happened = EventOf(wish.Kind, payment);
        if (happened == PaymentEvent.Capture && wish.Kind == WishKind.Capture && payment.AuthorisedAt is null
            || PaymentLifetime.Refusal(payment, happened) is not null
            || (wish.Kind == WishKind.CaptureLate && payment.AuthorisedAt is null))
            return [Illegal(payment)];
        var most = Math.Min(wish.AmountMinor, PaymentPlans.CaptureMinorMax(payment, Times));
        return wish.Kind switch
        {
            WishKind.Confirm => _plans.Confirm(payment, Times, Limit),
            WishKind.Capture => _plans.Capture(payment, most),
            WishKind.CaptureLate => _plans.CaptureLate(payment, most),
            WishKind.Extend => _plans.Extend(payment, Times),
            WishKind.Cancel => _plans.Cancel(payment),
            WishKind.Reopen => _plans.Reopen(payment, Times),
            WishKind.Refund =>
            [
                _plans.Refund(
                    payment, Ids.Next(_clock), wish.AmountMinor, [new AuditRow("operator", "refund_paid", "refund")],
                    _ => new Answer(201, wish.Id.ToString())),
            ],
            WishKind.Dispute => [_plans.Dispute(payment, "not me", [])],
            WishKind.ResolveForPayer => [_plans.Resolve(payment, forThePayer: true, [])],
            WishKind.ResolveForPayee => [_plans.Resolve(payment, forThePayer: false, [])],
            _ => throw new InvalidOperationException($"{wish.Kind} changes no payment."),
        };
    }

    private static PaymentEvent EventOf(WishKind kind, Payment payment) => kind switch
    {
        WishKind.Confirm => payment.CapturesLater ? PaymentEvent.Authorise : PaymentEvent.Capture,
        WishKind.Capture => PaymentEvent.Capture,
        WishKind.CaptureLate => PaymentEvent.CaptureLate,
        WishKind.Extend => PaymentEvent.Extend,
        WishKind.Cancel => PaymentEvent.Cancel,
        WishKind.Reopen => PaymentEvent.Reopen,
        WishKind.Refund => PaymentEvent.RefundPart,
        WishKind.Dispute => PaymentEvent.Dispute,
        WishKind.ResolveForPayer => PaymentEvent.LoseDispute,
        WishKind.ResolveForPayee => PaymentEvent.WinDispute,
        _ => throw new InvalidOperationException($"{kind} changes no payment."),
    };

    /// <summary>Expired payments are ended as the server's worker would do it.</summary>
    public void Expire()
    {
        foreach (var payment in PaymentsOf(_store).Values.ToList())
        {
            if (!Lives || payment.AsOf(_clock.GetUtcNow()).State == payment.State) continue;
            var id = Ids.Next(_clock);
            _writer.Enqueue(new Act
            {
                Id = id,
                Fingerprint = new byte[32],
                Plans = _plans.Expire(payment),
                Refuse = refusal => new Answer(409, refusal.Code),
            });
        }
    }

    private Plan TopUp(Wish wish)
    {
        var wallet = Person.WalletKey(wish.Person);
        return new Plan
        {
            Transfers =
            [
                // The id of the money that came in is the wish's own, so that the bank can name it later.
                Transfer.Post(Taken(wish.Id), Provider, wallet, wish.AmountMinor, TransferCode.TopUp),
                Transfer.PostUpTo(
                    Ids.Next(_clock), wallet, Person.ReceivableKey(wish.Person),
                    wish.AmountMinor, TransferCode.DebtCollect),
            ],
            Rows =
            [
                new ReceiptRow(
                    Ids.Next(_clock), ReceiptKind.TopUp, wish.Person, "bank", new Money(wish.AmountMinor, "INR"),
                    wish.Id),
            ],
            Compose = outcome => new Answer(
                201, outcome.Account(wallet).BalanceMinor.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private Plan Chargeback(Wish wish)
    {
        var paid = Transfer.PostUpTo(
            Ids.Next(_clock), Person.WalletKey(wish.Person), Provider, wish.AmountMinor,
            TransferCode.Chargeback) with { RefId = Taken(wish.PaymentId!.Value) };
        return new Plan
        {
            Transfers =
            [
                paid,
                Transfer.PostRest(
                    Ids.Next(_clock), Person.ReceivableKey(wish.Person), Provider, paid),
            ],
            Rows =
            [
                new ReceiptRow(
                    Ids.Next(_clock), ReceiptKind.Chargeback, wish.Person, "bank",
                    new Money(wish.AmountMinor, "INR"), wish.Id, wish.PaymentId),
            ],
            Compose = outcome => new Answer(
                200, outcome.MovedMinor(paid.Id).ToString(CultureInfo.InvariantCulture)),
        };
    }

    private static Guid Taken(Guid topUp)
    {
        var bytes = topUp.ToByteArray(bigEndian: true);
        bytes[15] ^= 0xFF;
        return new Guid(bytes, bigEndian: true);
    }

    private static Payment New(Wish wish) => new()
    {
        // The payment's id follows from the wish's, so that its device can name it in its next wish.
        Id = wish.Id,
        Kind = PaymentKind.Retail,
        Person = wish.Person,
        Payee = new Payee("shop", Shop),
        Amount = new Money(wish.AmountMinor, "INR"),
        State = PaymentState.Created,
        CapturesLater = wish.CapturesLater,
    };

    /// <summary>What its state does not allow is refused by the payment's own guard, for the record.</summary>
    private static Plan Illegal(Payment payment) => new()
    {
        Rows =
        [
            new PaymentRow(
                payment, payment,
                Enum.GetValues<PaymentEvent>().First(each => PaymentLifetime.Refusal(payment, each) is not null), null),
        ],
        Compose = _ => throw new InvalidOperationException("An illegal change was not refused."),
    };
}
