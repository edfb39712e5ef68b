using System.Globalization;

namespace SightPay.Ledger.Tests;

/// <summary>
/// The ledger's rules written a second time, as plainly as they can be: a list of what happened, and every counter
/// computed from it anew. Shares no code with the ledger.
/// </summary>
internal sealed class LedgerModel
{
    private readonly Dictionary<string, (string Asset, AccountKind Kind, bool Closed)> _accounts = [];
    private readonly Dictionary<Guid, (string Body, ActEnd End, Answer Answer, string? Code)> _decided = [];
    private List<(Transfer Transfer, string Debit, string Credit, long AmountMinor, DateTimeOffset Until)>
        _history = [];
    private readonly Dictionary<string, int> _tallies = [];
    private readonly List<string> _notes = [];
    private Dictionary<Guid, long> _moved = [];

    public DateTimeOffset Now { get; set; }
    public int DecidedCount => _decided.Count;
    public int CommittedTransfers => _history.Count;
    public IEnumerable<string> Keys => _accounts.Keys;
    public IEnumerable<string> Tallies => _tallies.Select(tally => $"{tally.Key}:{tally.Value}").Order();
    public IReadOnlyList<string> Notes => _notes;

    public void Open(string key, string asset, AccountKind kind, bool closed = false) =>
        _accounts[key] = (asset, kind, closed);

    public ActResult Submit(Guid id, string body, IReadOnlyList<PlanSpec> plans)
    {
        if (_decided.TryGetValue(id, out var first))
            return first.Body == body
                ? new ActResult(first.End, first.Answer, first.Code, true)
                : new ActResult(ActEnd.OtherBody, Answer.None, null, false);

        var codes = new List<string>();
        foreach (var plan in plans)
        {
            if (plan.After is not null && !codes.Contains(plan.After)) continue;
            var before = _history;
            _history = [.. before];
            _moved = [];
            var code = _tallies.GetValueOrDefault(plan.Tally) + 1 > TallyRow.Max
                ? TallyRow.Full
                : plan.Chain.Select(Apply).FirstOrDefault(refusal => refusal is not null);
            if (code is null)
            {
                _tallies[plan.Tally] = _tallies.GetValueOrDefault(plan.Tally) + 1;
                _notes.Add($"{id} {plan.Tally}");
                var answer = new Answer(200, plan.Describe(Account, each => _moved[each]));
                return Decide(id, body, ActEnd.Committed, answer, null);
            }
            _history = before;
            codes.Add(code);
        }
        return Decide(id, body, ActEnd.Refused, new Answer(402, codes[^1]), codes[^1]);
    }

    public (long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted) Counters(string key)
    {
        (long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted) sum = default;
        foreach (var (transfer, debit, credit, amount, _) in _history)
        {
            var posted = transfer.Kind is TransferKind.Post or TransferKind.Capture;
            var pending = transfer.Kind == TransferKind.Hold && Resolution(transfer.Id) is null;
            if (debit == key && posted) sum.DebitsPosted += amount;
            if (credit == key && posted) sum.CreditsPosted += amount;
            if (debit == key && pending) sum.DebitsPending += amount;
            if (credit == key && pending) sum.CreditsPending += amount;
        }
        return sum;
    }

    private ActResult Decide(Guid id, string body, ActEnd end, Answer answer, string? code)
    {
        _decided.Add(id, (body, end, answer, code));
        return new ActResult(end, answer, code, false);
    }

    private Account Account(string key)
    {
        var c = Counters(key);
        return new Account(0, key, _accounts[key].Asset, default, default, _accounts[key].Closed,
            c.DebitsPending, c.DebitsPosted, c.CreditsPending, c.CreditsPosted);
    }

    private string? Apply(Transfer t)
    {
        if (_history.Exists(past => past.Transfer.Id == t.Id)) return "transfer_id_taken";
        return t.HoldId is { } holdId ? ApplyResolution(t, holdId) : ApplyMove(t);
    }

    private string? ApplyMove(Transfer t)
    {
        if (t.AmountMinor <= 0) return "amount_invalid";
        if (t.DebitKey == t.CreditKey) return "same_account";
        if (!_accounts.TryGetValue(t.DebitKey, out var debit) || !_accounts.TryGetValue(t.CreditKey, out var credit))
            return "account_unknown";
        if (debit.Closed || credit.Closed) return "account_closed";
        if (debit.Asset != credit.Asset) return "asset_mismatch";
        var (d, c) = (Counters(t.DebitKey), Counters(t.CreditKey));
        var spendable = d.CreditsPosted - d.DebitsPosted - d.DebitsPending;
        var isWallet = debit.Kind == AccountKind.Wallet;
        var amount = t.AmountMinor;
        if (t.Limit == PostLimit.Rest) amount -= _moved[t.RestOf!.Value];
        if (t.Limit == PostLimit.UpTo && isWallet) amount = Math.Min(amount, spendable);
        if (t.Limit == PostLimit.UpTo && credit.Kind == AccountKind.Receivable)
            amount = Math.Min(amount, c.DebitsPosted - c.CreditsPosted - c.CreditsPending);
        if (t.Limit == PostLimit.UpTo) amount = Math.Max(amount, 0);
        _moved[t.Id] = amount;
        if (amount == 0) return null;
        if ((Int128)d.DebitsPending + d.DebitsPosted + amount > long.MaxValue) return "amount_overflow";
        if ((Int128)c.CreditsPending + c.CreditsPosted + amount > long.MaxValue) return "amount_overflow";
        if (isWallet && amount > spendable) return "insufficient_funds";
        if (t is { RefId: { } taken, Code: TransferCode.Refund or TransferCode.Chargeback } && amount > Left(taken))
            return "refund_above_captured";
        if (t is { RefId: { } addedTo, Code: var code } && Adds(code))
        {
            if (!_history.Exists(past => past.Transfer.Id == addedTo
                && past.Transfer.Kind is TransferKind.Post or TransferKind.Capture)) return "refund_above_captured";
            if ((Int128)Left(addedTo) + amount > long.MaxValue) return "amount_overflow";
        }
        _history.Add((t, t.DebitKey, t.CreditKey, amount, t.HoldFor is { } life ? Now + life : default));
        return null;
    }

    private static bool Adds(TransferCode code) =>
        code is TransferCode.OverCapture or TransferCode.ChargebackWon or TransferCode.RefundFailed;

    /// <summary>What a transfer took and was added to it, less what was given back.</summary>
    private long Left(Guid taken) => _history.Sum(past => past.Transfer switch
    {
        { Kind: TransferKind.Post or TransferKind.Capture } own when own.Id == taken => past.AmountMinor,
        { RefId: { } of } other when of != taken || other.Kind != TransferKind.Post => 0,
        { RefId: not null, Code: var code } when Adds(code) => past.AmountMinor,
        { RefId: not null, Code: TransferCode.Refund or TransferCode.Chargeback } => -past.AmountMinor,
        _ => 0,
    });

    private string? ApplyResolution(Transfer t, Guid holdId)
    {
        if (t.AmountMinor < 0) return "amount_invalid";
        var hold = _history.Find(past => past.Transfer.Id == holdId && past.Transfer.Kind == TransferKind.Hold);
        if (hold.Transfer is null) return "hold_unknown";
        if (Resolution(holdId) is { } resolution) return resolution;
        if (t.AmountMinor > hold.Transfer.AmountMinor) return "capture_above_hold";
        if (t.Kind == TransferKind.Capture && (_accounts[hold.Debit].Closed || _accounts[hold.Credit].Closed))
            return "account_closed";
        _history.Add((t, hold.Debit, hold.Credit, t.Kind == TransferKind.Void ? 0 : t.AmountMinor, default));
        return null;
    }

    /// <summary>Null while the hold is open, else the refusal that its next resolution gets.</summary>
    private string? Resolution(Guid holdId)
    {
        foreach (var (transfer, _, _, _, until) in _history)
        {
            if (transfer.HoldId == holdId)
                return transfer.Kind == TransferKind.Capture ? "hold_already_captured" : "hold_already_voided";
            if (transfer.Id == holdId && until <= Now && !_history.Exists(later => later.Transfer.HoldId == holdId))
                return "hold_expired";
        }
        return null;
    }
}

/// <summary>A plan that both the ledger and the model can carry out.</summary>
internal sealed record PlanSpec(string? After, string Tally, IReadOnlyList<Transfer> Chain)
{
    public string Describe(Func<string, Account> account, Func<Guid, long> moved) => string.Join(' ', Chain
        .Where(transfer => transfer.HoldId is null)
        .SelectMany(transfer => new[] { account(transfer.DebitKey), account(transfer.CreditKey) })
        .Select(a => $"{a.Key}:{a.DebitsPending},{a.DebitsPosted},{a.CreditsPending},{a.CreditsPosted}")
        .Concat(Chain.Where(transfer => transfer.Kind == TransferKind.Post)
            .Select(transfer => moved(transfer.Id).ToString(CultureInfo.InvariantCulture))));

    public Plan ToPlan(Guid act) => new()
    {
        After = After,
        Transfers = Chain,
        Rows = [new TallyRow(Tally, 1), new NoteRow($"{act} {Tally}")],
        Compose = outcome => new Answer(200, Describe(outcome.Account, outcome.MovedMinor)),
    };
}
